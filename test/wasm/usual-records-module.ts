import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = 'src/ingestion/assembly/usual-records.ts';
export const MODULE_FILE = join(ROOT, 'src/ingestion/usual-records.wasm.ts');

/** Pages of 64 KiB; memory that can't grow never moves away from under those who look at it. */
const MEMORY_PAGES = '151';

/** The text of the module's file, compiled from its AssemblyScript sources. */
export async function renderModule(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-wasm-'));
  try {
    const wasm = join(dir, 'module.wasm');
    const memory = ['--initialMemory', MEMORY_PAGES, '--maximumMemory', MEMORY_PAGES];
    await promisify(execFile)(
      process.execPath,
      [join(ROOT, 'node_modules/assemblyscript/bin/asc.js'), SOURCE, '--outFile', wasm, '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', ...memory],
      { cwd: ROOT },
    );
    const base64 = (await readFile(wasm)).toString('base64');
    return `/** Compiled from ${SOURCE} by \`npm run wasm\`. */\nexport const USUAL_RECORDS_WASM =\n  '${base64}';\n`;
  } finally {
    await rm(dir, { recursive: true });
  }
}
