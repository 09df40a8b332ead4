import { transformFileSync } from '@swc/core';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SOURCE = fileURLToPath(new URL('./', import.meta.url));

/**
 * Writes `compose.ts` into a folder as JavaScript, and gives its path: the plays call it a hundred times, and to compile it took longer
 * than what it does. Only what starts a service is compiled when it is called.
 */
export function compiledCompose(dir: string): string {
  for (const name of ['compose', 'detached-process']) {
    const { code } = transformFileSync(join(SOURCE, `${name}.ts`), { swcrc: false, configFile: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
    writeFileSync(join(dir, `${name}.js`), code);
  }
  const url = (path: string): string => JSON.stringify(pathToFileURL(path).href);
  const tsx = join(SOURCE, '../../../node_modules/tsx/dist/esm/api/index.mjs');
  const startService = `import { register } from ${url(tsx)};\nregister();\nexport const { startService } = await import(${url(join(SOURCE, 'start-service.ts'))});\n`;
  writeFileSync(join(dir, 'start-service.js'), startService);
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  return join(dir, 'compose.js');
}
