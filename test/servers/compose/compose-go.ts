import { spawnSync } from 'node:child_process';
import { goProgram } from '../cache.js';

/** The path of the checker that comes with compose-go, built into the cache the first time (half a minute). */
export const composeGoProgram = (): string => goProgram('github.com/compose-spec/compose-go/v2/cmd', 'v2.9.1', 'cmd', 'compose-go');

/**
 * What keeps these compose files, the later ones over the first, from being read, merged and allowed by compose-go, the library by which
 * `docker compose config` does that; empty when nothing does. It needs neither Docker nor an engine.
 */
export function problemOf(...files: readonly string[]): string {
  const { status, stderr } = spawnSync(composeGoProgram(), [...files], { encoding: 'utf8', maxBuffer: 16 << 20, env: { ...process.env, COMPOSE_PROFILES: '*' } });
  return status === 0 ? '' : stderr;
}
