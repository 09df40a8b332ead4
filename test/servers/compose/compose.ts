import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseComposeFile, type Service, type Services } from '../../support/compose-file.js';
import { DetachedProcess } from './detached-process.js';
import { standInFor, type PlacedService } from './programs.js';

/**
 * Takes the calls of `docker compose` that the Ansible plays make, and answers them as it does, with programs of this machine in
 * place of containers. The last file must give the service its machine's addresses (`extra_hosts`); data are kept beside it.
 *
 *     npx tsx test/servers/compose/compose.ts --file docker/compose.yaml --file machine.compose.yaml up --detach --no-deps kafka-1
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: 'string', multiple: true, default: [] },
    profile: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    detach: { type: 'boolean' },
    'no-deps': { type: 'boolean' },
    all: { type: 'boolean' },
    format: { type: 'string' },
    tail: { type: 'string', default: '100' },
  },
});
const [call = '', name = ''] = positionals;

const COMMANDS: Readonly<Record<string, (placed: PlacedService, running: DetachedProcess) => Promise<void> | void>> = {
  async up(placed, running) {
    if (running.state === 'running') return tell('Running');
    if (!values['dry-run']) {
      const standIn = standInFor(name, placed.service);
      await running.start(await standIn.command(placed));
      await standIn.afterStart?.(placed);
    }
    tell('Started');
  },
  async stop({ service }, running) {
    if (values['dry-run']) return tell('Stopped');
    const graceMs = 1_000 * Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '10s')![1]);
    const outcome = await running.stop(service.stop_signal ?? standInFor(name, service).stopSignal ?? 'SIGTERM', graceMs);
    tell(outcome === 'killed' ? `Stopped (killed after ${graceMs} ms)` : 'Stopped');
  },
  ps(_placed, { state }) {
    if (state !== null) console.log(JSON.stringify({ Service: name, State: state }));
  },
  logs(_placed, running) {
    console.log(running.lastLines(Number(values.tail)));
  },
};

/** Where docker compose tells what it does. */
function tell(what: string): void {
  console.error(`${values['dry-run'] ? 'DRY-RUN MODE - ' : ''} Container vigia-${name}-1 ${what}`);
}

function placedService(): PlacedService {
  const files = values.file.map((file) => resolve(file));
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

const command = COMMANDS[call];
if (command === undefined) throw new RangeError(`no such command: ${call}; there are ${Object.keys(COMMANDS).join(', ')}`);
const placed = placedService();
await command(placed, new DetachedProcess(placed.dir));
