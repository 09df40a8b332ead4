import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what was downloaded or built is kept between runs. */
export function serversCache(): string {
  const dir = process.env['VIGIA_SERVERS_CACHE'] || join(homedir(), '.cache', 'vigia-servers');
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** The path of a Go program of an exact version, built into the cache the first time (a minute or two). */
export function goProgram(module: string, version: string, binary: string): string {
  const dir = join(serversCache(), `${binary}-${version}`);
  const path = join(dir, binary);
  if (!existsSync(path)) {
    mkdirSync(dir, { recursive: true });
    execFileSync('go', ['install', `${module}@${version}`], { env: { ...process.env, GOBIN: dir, GOFLAGS: '' }, stdio: 'inherit' });
  }
  return path;
}
