import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedFolder, run } from './cache.js';

const REQUIREMENTS = fileURLToPath(new URL('./schemathesis/requirements.txt', import.meta.url));

/** The folder of Schemathesis, installed into the cache the first time. */
export function schemathesisLibraries(): string {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  return cachedFolder(`schemathesis-${digest}`, (dir) => run('python3', ['-m', 'pip', 'install', '--quiet', '--target', dir, '--requirement', REQUIREMENTS]));
}

export interface SchemathesisRun {
  readonly code: number;
  /** What it printed, errors too. */
  readonly output: string;
}

/** Has Schemathesis call every operation that an OpenAPI document describes. `home`: where it may leave files of its own. */
export function runSchemathesis(home: string, documentUrl: string, ...options: readonly string[]): Promise<SchemathesisRun> {
  const libraries = schemathesisLibraries();
  const env = { ...process.env, HOME: home, PYTHONPATH: libraries, LC_ALL: 'C.UTF-8' };
  return new Promise((done) => {
    execFile(join(libraries, 'bin', 'schemathesis'), ['--no-color', 'run', documentUrl, ...options], { cwd: home, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), output: `${stdout}${stderr}` });
    });
  });
}
