import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DetachedProcess } from './detached-process.js';

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
const running = new DetachedProcess(join(dirname(resolve(values.file.at(-1) ?? '.')), 'data', name));

const COMMANDS: Readonly<Record<string, () => Promise<void> | void>> = {
  async up() {
    if (running.state === 'running') return tell('Running');
    if (!values['dry-run']) {
      // What the other calls, which are many, need not load.
      const { startService } = await import('./start-service.js');
      await startService(values.file, name, running);
    }
    tell('Started');
  },
  async stop() {
    const outcome = values['dry-run'] ? 'stopped' : await running.stop();
    tell(outcome === 'killed' ? 'Stopped (killed after its grace period)' : 'Stopped');
  },
  ps() {
    if (running.state !== null) console.log(JSON.stringify({ Service: name, State: running.state }));
  },
  logs() {
    console.log(running.lastLines(Number(values.tail)));
  },
};

/** Where docker compose tells what it does. */
function tell(what: string): void {
  console.error(`${values['dry-run'] ? 'DRY-RUN MODE - ' : ''} Container vigia-${name}-1 ${what}`);
}

const command = COMMANDS[call];
if (command === undefined) throw new RangeError(`no such command: ${call}; there are ${Object.keys(COMMANDS).join(', ')}`);
await command();
