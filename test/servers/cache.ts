import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemProgram } from './system-program.js';

/** Where what was downloaded or built is kept between runs. */
export function serversCache(): string {
  const dir = process.env['VIGIA_SERVERS_CACHE'] || join(homedir(), '.cache', 'vigia-servers');
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** The path of a Go program of an exact version, built into the cache the first time (a minute or two), in a folder called `name-version`. */
export function goProgram(module: string, version: string, binary: string, name = binary): string {
  const dir = join(serversCache(), `${name}-${version}`);
  const path = join(dir, binary);
  if (!existsSync(path)) {
    mkdirSync(dir, { recursive: true });
    run('go', ['install', `${module}@${version}`], { env: { ...process.env, GOBIN: dir, GOFLAGS: '' } });
  }
  return path;
}

/** The folder of a Maven project's libraries, downloaded into the cache the first time and again whenever its pom changes. */
export function mavenLibraries(name: string, pom: string): string {
  return cachedFolder(`${name}-${digestOf(pom)}`, (dir) => {
    run(systemProgram('mvn', 'maven'), ['--quiet', '--batch-mode', 'dependency:copy-dependencies', `-DoutputDirectory=${dir}`, '--file', pom]);
  });
}

/** The folder of what a requirements file names, installed by pip into the cache the first time and again whenever it, or one of the files that it includes, changes. */
export function pythonLibraries(name: string, requirements: string, ...included: readonly string[]): string {
  return cachedFolder(`${name}-${digestOf(requirements, ...included)}`, (dir) => run('python3', ['-m', 'pip', 'install', '--quiet', '--target', dir, '--requirement', requirements]));
}

function digestOf(...files: readonly string[]): string {
  return files.reduce((hash, file) => hash.update(readFileSync(file)), createHash('sha256')).digest('hex').slice(0, 12);
}

/** A folder of the cache, filled the first time. It takes its name only when it is complete: one that was interrupted is not mistaken for it. */
export function cachedFolder(name: string, fill: (dir: string) => void): string {
  const dir = join(serversCache(), name);
  if (existsSync(dir)) return dir;
  const unfinished = mkdtempSync(`${dir}.`);
  try {
    fill(unfinished);
    // Another process may have been faster; its folder is as good.
    if (!existsSync(dir)) renameSync(unfinished, dir);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return dir;
}

/** Runs a build or download. Thrown: an error with its output when it fails. */
export function run(program: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): void {
  try {
    execFileSync(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 << 20 });
  } catch (error) {
    const { message, stdout = '', stderr = '' } = error as Error & { stdout?: Buffer; stderr?: Buffer };
    throw new Error(`${program} failed: ${message}\n${`${stdout.toString()}${stderr.toString()}`.slice(-4_000)}`);
  }
}
