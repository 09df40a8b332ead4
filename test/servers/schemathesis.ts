import { fileURLToPath } from 'node:url';
import { pythonLibraries } from './cache.js';
import { runPythonProgram, type ProgramRun } from './python-program.js';

const REQUIREMENTS = fileURLToPath(new URL('./schemathesis/requirements.txt', import.meta.url));

/** The folder of Schemathesis, installed into the cache the first time. */
export const schemathesisLibraries = (): string => pythonLibraries('schemathesis', REQUIREMENTS);

/** Has Schemathesis call every operation that an OpenAPI document describes. `home`: where it may leave files of its own. */
export function runSchemathesis(home: string, documentUrl: string, ...options: readonly string[]): Promise<ProgramRun> {
  return runPythonProgram(schemathesisLibraries(), 'schemathesis', ['--no-color', 'run', documentUrl, ...options], { home, cwd: home });
}
