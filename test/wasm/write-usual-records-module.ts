import { writeFileSync } from 'node:fs';
import { MODULE_FILE, renderModule } from './usual-records-module.js';

/** Compiles the WebAssembly module anew: `npm run wasm`. */
writeFileSync(MODULE_FILE, await renderModule());
