import { readFileSync } from 'node:fs';
import { MODULE_FILE, renderModule } from './usual-records-module.js';

describe('src/ingestion/usual-records.wasm.ts', () => {
  it('is what `npm run wasm` writes today', async () => {
    expect(readFileSync(MODULE_FILE, 'utf8')).toBe(await renderModule());
  });
});
