import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Says which Debian package to install. */
export class MissingProgram extends Error {
  constructor(name: string, aptPackage: string) {
    super(`${name} is not on this machine: apt-get install ${aptPackage}`);
    this.name = 'MissingProgram';
  }
}

/** The path of a program that comes with the system. Thrown: `MissingProgram`. */
export function systemProgram(name: string, aptPackage: string = name): string {
  // Servers are in /usr/sbin, which a plain user's PATH may lack.
  for (const dir of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(dir, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new MissingProgram(name, aptPackage);
}

/** The exit code of a checking tool and all that it wrote. */
export function check(program: string, aptPackage: string, args: readonly string[], input?: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(systemProgram(program, aptPackage), args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  return { status, output: stdout + stderr };
}
