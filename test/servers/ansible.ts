import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonLibraries } from './cache.js';
import { runPythonProgram, type ProgramRun } from './python-program.js';

/** The plays that users run, where they run them. */
export const PLAYS = fileURLToPath(new URL('../../docker/ansible/', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('./ansible/requirements.txt', import.meta.url));

/** The folder of Ansible of the users' version and of its linters, and a checker of schemas, installed into the cache the first time (half a minute). */
export const ansibleLibraries = (): string => pythonLibraries('ansible', REQUIREMENTS, join(PLAYS, 'requirements.txt'));

/** Runs a program of Ansible's, such as `ansible-playbook`, in the folder of the plays. `home` is where it keeps its own files. */
export function runAnsible(home: string, program: string, ...args: readonly string[]): Promise<ProgramRun> {
  const libraries = ansibleLibraries();
  const env = { PATH: `${join(libraries, 'bin')}${delimiter}${process.env['PATH']}`, ANSIBLE_NOCOLOR: '1', ANSIBLE_HOME: join(home, '.ansible') };
  return runPythonProgram(libraries, program, args, { home, cwd: PLAYS, env });
}
