import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface ProgramRun {
  readonly code: number;
  /** What it printed, errors too. */
  readonly output: string;
}

/** Runs a program that `pythonLibraries` has installed. `home`: where it may leave files of its own. */
export function runPythonProgram(libraries: string, program: string, args: readonly string[], { home, cwd, env = {} }: { readonly home: string; readonly cwd: string; readonly env?: NodeJS.ProcessEnv }): Promise<ProgramRun> {
  const all = { ...process.env, HOME: home, PYTHONPATH: libraries, LC_ALL: 'C.UTF-8', ...env };
  return new Promise((done) => {
    execFile(join(libraries, 'bin', program), args, { cwd, env: all, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), output: `${stdout}${stderr}` });
    });
  });
}
