import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PRESETS } from '../../src/cli/simulator/presets.js';
import { runOnce, SENSORS, type RunResult } from './acceptance-run.js';
import type { Check } from './comparing.js';
import { killAll } from '../stack/begun.js';
import { EventStoreServer } from './event-store-server.js';
import { KafkaCluster } from '../servers/kafka.js';
import { freePort } from '../servers/server-process.js';
import { runOnStack } from '../stack/stack-run.js';
import type { Ports } from './product.js';

/**
 * The main promise, end to end, by outputs only: `npm run acceptance`.
 *
 * Sends the source's second case, ten times as fast, to the built product: once undisturbed, once with five
 * kill -9. Exits with 1 when any check fails.
 */
const USAGE = `npm run acceptance -- [options]
  --kills N       one run with N times kill -9 (default: two runs, without and with 5)
  --compress F    the source's 30 minutes in so many times less time (default: 10)
  --short         20 seconds of it only
  --kafka         with the message log on two real Kafka brokers, replication 2
  --eventstore    with the events in a double of EventStoreDB, which in a run with kills is killed as often
                  and cuts appends after it has stored them
  --stack         on everything, each system a process of its own, as npm run stack starts it; a node of each is killed and
                  brought back N times (default: one run with 1); --short then takes 30 s and a tenth of the sensors
  --seed TEXT     decides what is sent and when it is killed (default: 1)
  --port-base P   listen on P and P + 1 (default: free ports)
  --keep          keep the data folders`;

interface Asked {
  readonly kills: readonly number[];
  readonly compress: number;
  readonly seconds: number | null;
  readonly isOnKafka: boolean;
  readonly isOnEventStore: boolean;
  readonly isOnStack: boolean;
  readonly seed: string;
  readonly portBase: number | null;
  readonly keep: boolean;
}

/** A kill and a return of each system, one after the other, take their time. */
const SHORT_ON_STACK = { seconds: 30, sensors: SENSORS / 10 };

/** Differences shown for a check; the first ones tell what is wrong. */
const SHOWN_DIFFERENCES = 12;

async function main(): Promise<boolean> {
  const asked = readArguments();
  const results: { readonly kills: number; readonly result: RunResult }[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'vigia-acceptance-'));
  // Also after Ctrl-C, where nothing below is reached.
  process.once('exit', (code) => {
    const isWanted = asked.keep || code === 1;
    if (isWanted) console.log(`\ndata and logs are in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  });
  try {
    for (const kills of asked.kills) {
      const disturbed = `with ${kills} × kill -9${asked.isOnStack ? ' of a node of each system' : ''}`;
      console.log(`\n== ${kills === 0 ? 'undisturbed' : disturbed}, seed ${asked.seed}`);
      const result = await runWithServers(asked, kills, join(folder, `kills-${kills}`));
      results.push({ kills, result });
      result.checks.forEach(printCheck);
      console.log(`   processed ${(result.settledMs / 1000).toFixed(1)} s after the last acknowledgement`);
    }
    printBesideSource(results.map(({ result }) => result));
    return results.every(({ result }) => result.checks.every(({ differences }) => differences.length === 0));
  } finally {
    await killAll();
  }
}

/** Each run has servers of its own. */
async function runWithServers(asked: Asked, kills: number, folder: string): Promise<RunResult> {
  const { isOnKafka, isOnEventStore, isOnStack, portBase, seed, compress, seconds } = asked;
  mkdirSync(folder);
  const say = (line: string): void => console.log(`   ${line}`);
  if (isOnStack) return runOnStack({ folder, seed, compress, ...(seconds === null ? { seconds, sensors: SENSORS } : SHORT_ON_STACK), rounds: kills, say });
  const kafka = isOnKafka ? await KafkaCluster.start({ brokers: 2, heapMb: 384 }) : null;
  if (kafka) say(`two Kafka brokers: ${kafka.bootstrapServers}`);
  const store = isOnEventStore ? new EventStoreServer(folder, await freePort(), kills > 0) : null;
  try {
    await store?.start();
    if (store) say(`a double of EventStoreDB: ${store.url}`);
    const settings = { ...(kafka && { KAFKA_BROKERS: kafka.bootstrapServers }), ...(store && { EVENTSTORE_URL: store.url }) };
    return await runOnce({ folder, ports: await choosePorts(portBase), seed, compress, seconds, kills, store, kafka, settings, say });
  } finally {
    await store?.stop();
    await kafka?.stop();
  }
}

function printCheck({ name, figures, differences }: Check): void {
  console.log(`   ${differences.length === 0 ? '✓' : '✗'} ${name}: ${figures}`);
  for (const difference of differences.slice(0, SHOWN_DIFFERENCES)) console.log(`       ${difference}`);
  if (differences.length > SHOWN_DIFFERENCES) console.log(`       and ${differences.length - SHOWN_DIFFERENCES} more`);
}

/** The source's results table, with ours in its last columns. */
function printBesideSource(results: readonly RunResult[]): void {
  const source = [PRESETS.case1, PRESETS.case2].map(({ messages, rate, alarms, recovered }) => [messages, rate, 30, alarms, recovered]);
  const ours = results.map(({ report }) => [report.acknowledged, report.rate, report.durationSeconds / 60, report.alarms.total, report.alarms.recovered]);
  const rows = ['messages', 'messages/s (mean)', 'minutes', 'alarms activated', 'alarms recovered'].map((name, row) =>
    [name, ...[...source, ...ours].map((column) => (column[row] ?? 0).toLocaleString('en-US', { maximumFractionDigits: row === 2 ? 1 : 0 }))],
  );
  const heads = ['', 'source, case 1', 'source, case 2', ...results.map((_, i) => `ours, run ${i + 1}`)];
  console.log();
  for (const cells of [heads, ...rows]) console.log(`   ${cells.map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(16))).join('')}`);
}

async function choosePorts(base: number | null): Promise<Ports> {
  return base === null ? { ingest: await freePort(), console: await freePort() } : { ingest: base, console: base + 1 };
}

function readArguments(): Asked {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string' },
      compress: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      'port-base': { type: 'string' },
      short: { type: 'boolean', default: false },
      kafka: { type: 'boolean', default: false },
      eventstore: { type: 'boolean', default: false },
      stack: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (values.stack && (values.kafka || values.eventstore || values['port-base'] !== undefined)) throw new Error('--stack has systems and ports of its own: leave out --kafka, --eventstore and --port-base');
  return {
    kills: values.kills === undefined ? (values.stack ? [1] : [0, 5]) : [numberOf('--kills', values.kills)],
    compress: numberOf('--compress', values.compress),
    seconds: values.short ? 20 : null,
    isOnKafka: values.kafka,
    isOnEventStore: values.eventstore,
    isOnStack: values.stack,
    seed: values.seed,
    portBase: values['port-base'] === undefined ? null : numberOf('--port-base', values['port-base']),
    keep: values.keep,
  };
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === '') throw new Error(`${option}: expected a number, got ${JSON.stringify(text)}`);
  return value;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log(`\n${signal}: stopping what was started`);
    void killAll().finally(() => process.exit(130));
  });
}
/** Ends the process although a run that failed may still be at its faults, and stops what those have started. */
async function end(code: number): Promise<never> {
  await killAll();
  process.exit(code);
}

main().then(
  (isSound) => end(isSound ? 0 : 1),
  (error: unknown) => {
    console.error(`\n✗ ${error instanceof Error ? error.message : String(error)}`);
    return end(1);
  },
);
