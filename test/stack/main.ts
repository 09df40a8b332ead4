import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Child } from '../acceptance/child.js';
import { PortTaken, refuseTaken, siteIn } from '../servers/site.js';
import { systemProgram } from '../servers/system-program.js';
import { killAll } from './begun.js';
import { STACK_PORTS } from './stack-plan.js';
import { Stack } from './stack.js';

const USAGE = `npm run stack -- [options]

Starts every system of the source and every role of Vigía on this machine, each as a process of its own, without Docker:
Kafka (2 brokers and a controller), Cassandra (3 nodes), InfluxDB, Mailpit, a double of EventStoreDB, HAProxy, node-exporter and
Prometheus, and seven processes of Vigía. Ctrl-C stops all of them, a second one at once. It takes about 5 GB of memory.

  --sensors N      so many customers, each with a sensor (default: 50000)
  --rate R         simulated readings per second (default: 692, as the source's first case)
  --no-simulator   no simulated readings
  --data DIR       keep the data there, and go on with them at the next start (default: they are removed at the end)
  --no-build       run what is in dist/, without building it first
  --free-ports     listen on any free ports instead of the usual ones; not with --data
  --help           this`;

/** Cached by test/servers/prepare.ts: what is not there yet is downloaded or built. */
const PREPARED = ['kafka', 'cassandra', 'influxdb', 'mailpit'];

interface Asked {
  readonly sensors: number;
  /** Null for no simulator. */
  readonly rate: number | null;
  readonly dataDir: string | null;
  readonly hasFreePorts: boolean;
  readonly isBuilt: boolean;
}

class BadOptions extends Error {}

/** The end was asked for. */
const ending = new AbortController();

/** Gives the exit code. */
async function main(): Promise<number> {
  const asked = readArguments();
  if (asked === null) return 0;
  const ports = asked.hasFreePorts ? null : STACK_PORTS;
  if (ports !== null) await refuseTaken(ports);
  await prepare(asked);
  const begunMs = Date.now();
  const say = (line: string): void => console.log(`${((Date.now() - begunMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const folder = asked.dataDir === null ? mkdtempSync(join(tmpdir(), 'vigia-stack-')) : resolve(asked.dataDir);
  mkdirSync(folder, { recursive: true });
  say(`data and logs are in ${folder}`);
  // What is being started is not waited for.
  const stopStarting = (): void => void killAll();
  ending.signal.addEventListener('abort', stopStarting);
  try {
    const stack = await Stack.start({ site: siteIn(folder, ports, asked.dataDir !== null), folder, sensors: asked.sensors, cutsAppends: false, say });
    ending.signal.removeEventListener('abort', stopStarting);
    const simulator = asked.rate === null ? null : simulate(stack, asked.sensors, asked.rate);
    say(`everything is up, ${simulator === null ? 'without a simulator' : `with ${asked.rate} simulated readings per second`}; Ctrl-C stops it`);
    if (!ending.signal.aborted) await once(ending.signal, 'abort');
    await simulator?.stop('SIGINT');
    await stack.stop();
  } catch (error) {
    if (ending.signal.aborted) return 130;
    console.error(`not started; logs are in ${folder}`);
    throw error;
  } finally {
    await killAll();
    if (asked.dataDir === null && ending.signal.aborted) rmSync(folder, { recursive: true, force: true });
  }
  console.log('stopped');
  return 0;
}

function simulate(stack: Stack, sensors: number, rate: number): Child {
  const load = ['--rate', String(rate), '--sensors', String(sensors), '--duration', 'forever', '--message-ids', '--quiet'];
  return new Child({ args: [join('dist', 'cli', 'vigia.js'), 'simulate', '--url', stack.haproxy.url, ...load] });
}

/** What is needed before the first process. Thrown: an error that names what is to be installed. */
async function prepare({ isBuilt }: Asked): Promise<void> {
  systemProgram('java', 'default-jre-headless');
  systemProgram('haproxy');
  systemProgram('prometheus');
  systemProgram('prometheus-node-exporter');
  if (!isBuilt) await run('npm', ['run', '--silent', 'build']);
  await run(process.execPath, ['--import', 'tsx', 'test/servers/prepare.ts', ...PREPARED]);
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [code] = (await once(spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] }), 'exit')) as [number | null];
  if (ending.signal.aborted) process.exit(130);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed`);
}

function readArguments(): Asked | null {
  const { values } = parse();
  if (values.help) {
    console.log(USAGE);
    return null;
  }
  if (values.data !== undefined && values['free-ports']) throw new BadOptions('--data and --free-ports do not go together: what is in the data has its ports');
  if (values.rate !== undefined && values['no-simulator']) throw new BadOptions('--rate and --no-simulator do not go together');
  return {
    sensors: numberOf('--sensors', values.sensors, { isWhole: true }),
    rate: values['no-simulator'] ? null : numberOf('--rate', values.rate ?? '692', { isWhole: false }),
    dataDir: values.data ?? null,
    hasFreePorts: values['free-ports'],
    isBuilt: values['no-build'],
  };
}

function parse() {
  try {
    return parseArgs({
      options: {
        sensors: { type: 'string', default: '50000' },
        rate: { type: 'string' },
        'no-simulator': { type: 'boolean', default: false },
        data: { type: 'string' },
        'no-build': { type: 'boolean', default: false },
        'free-ports': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new BadOptions((error as Error).message);
  }
}

function numberOf(option: string, text: string, { isWhole }: { readonly isWhole: boolean }): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value > 0 && value < 1e7) || (isWhole && !Number.isInteger(value))) throw new BadOptions(`${option}: expected a ${isWhole ? 'whole ' : ''}number above 0, got ${JSON.stringify(text)}`);
  return value;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The kernel kills what still runs.
    if (ending.signal.aborted) process.exit(130);
    console.log(`\n${signal}: stopping`);
    ending.abort();
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isTaken = error instanceof PortTaken;
    console.error(error instanceof Error ? error.message : String(error));
    if (isTaken) console.error('stop what listens there, or use --free-ports');
    if (error instanceof BadOptions) console.error('npm run stack -- --help says what there is');
    process.exit(error instanceof BadOptions ? 2 : 1);
  },
);
