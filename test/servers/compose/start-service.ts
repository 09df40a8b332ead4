import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseComposeFile, type Service, type Services } from '../../support/compose-file.js';
import type { DetachedProcess } from './detached-process.js';
import { standInFor, type PlacedService } from './programs.js';

/** Starts a service of compose files, and does what its image does once the server answers. Thrown: `RangeError` for one that no program here can stand in for. */
export async function startService(files: readonly string[], name: string, process: DetachedProcess): Promise<void> {
  const placed = placedService(files, name);
  const { service } = placed;
  const standIn = standInFor(name, service);
  const graceMs = 1_000 * Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '10s')![1]);
  await process.start(await standIn.command(placed), { signal: service.stop_signal ?? standIn.stopSignal ?? 'SIGTERM', graceMs });
  await standIn.afterStart?.(placed);
}

function placedService(given: readonly string[], name: string): PlacedService {
  const files = given.map((file) => resolve(file));
  const parsed = files.map((file) => parseComposeFile(readFileSync(file, 'utf8'), process.env).services);
  const service = merged(parsed, name);
  const { extra_hosts: hosts = {}, volumes = [] } = service;
  const address = hosts[name];
  if (address === undefined) throw new RangeError(`${files.at(-1)} gives ${name} no address (extra_hosts)`);
  const mounts = new Map(volumes.map((volume) => volume.split(':') as [string, string]).map(([source, target]) => [target, resolve(dirname(files[0]!), source)]));
  return { service, dir: join(dirname(files.at(-1)!), 'data', name), address, hosts, mounts };
}

/** A service of several files: later ones add to what it has, or replace it. Thrown: `RangeError` when none has it. */
function merged(files: readonly Services[], service: string): Service {
  const parts = files.flatMap((services) => services[service] ?? []);
  if (parts.length === 0) throw new RangeError(`no such service: ${service}`);
  return parts.reduce((one, two) => ({ ...one, ...two, environment: { ...one.environment, ...two.environment }, volumes: [...(one.volumes ?? []), ...(two.volumes ?? [])] }));
}
