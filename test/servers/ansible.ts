import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedFolder, run } from './cache.js';

/** The plays that users run, where they run them. */
export const PLAYS = fileURLToPath(new URL('../../docker/ansible/', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('./ansible/requirements.txt', import.meta.url));

/** The folder of Ansible of the users' version and of its linters, and a checker of schemas, installed into the cache the first time (half a minute). */
export function ansibleLibraries(): string {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(readFileSync(join(PLAYS, 'requirements.txt'))).digest('hex').slice(0, 12);
  return cachedFolder(`ansible-${digest}`, (dir) => run('python3', ['-m', 'pip', 'install', '--quiet', '--target', dir, '--requirement', REQUIREMENTS]));
}

export interface AnsibleRun {
  readonly code: number;
  /** What it printed, errors too. */
  readonly output: string;
}

/** Runs a program of Ansible's, such as `ansible-playbook`, in the folder of the plays. `home` is where it keeps its own files. */
export function runAnsible(home: string, program: string, ...args: readonly string[]): Promise<AnsibleRun> {
  const libraries = ansibleLibraries();
  const env = {
    ...process.env, HOME: home, PYTHONPATH: libraries, PATH: `${join(libraries, 'bin')}${delimiter}${process.env['PATH']}`,
    ANSIBLE_NOCOLOR: '1', ANSIBLE_HOME: join(home, '.ansible'), LC_ALL: 'C.UTF-8',
  };
  return new Promise((done) => {
    execFile(join(libraries, 'bin', program), args, { cwd: PLAYS, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), output: `${stdout}${stderr}` });
    });
  });
}
