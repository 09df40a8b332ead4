import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/cli/simulator/random.js';
import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import { isoTime, systemClock } from '../../src/clock.js';
import { checkAll, type Check, type History, type HistoryEvent } from './checks.js';
import { Child } from './child.js';
import type { EventStoreServer } from './event-store-server.js';
import { readMailbox } from './mailbox.js';
import { Product, type ApiAlarm, type Ports } from './product.js';

export interface RunOptions {
  /** A folder of its own, empty. */
  readonly folder: string;
  readonly ports: Ports;
  readonly seed: string;
  readonly compress: number;
  /** Send for so many seconds only; null for all messages of the preset. */
  readonly seconds: number | null;
  readonly kills: number;
  /** Null for the embedded event store. It is killed as often as the product, and runs already. */
  readonly store: EventStoreServer | null;
  /** Further variables of the product's environment. */
  readonly settings: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

export interface RunResult {
  readonly report: SimulationReport;
  readonly checks: readonly Check[];
  /** From the last acknowledgement until all was processed. */
  readonly settledMs: number;
  readonly startupMs: number;
}

/** The source's second case in its own time. */
const CASE2_MS = 1_800_000;

const SENSORS = 50_000;

/** Each sample costs a process or a request. */
const REPLAYED_SENSORS = 8;
const AUDITED_SENSORS = 300;
const CUSTOMERS_READ = 60;

/** A whole run: start, send (killing meanwhile), wait until all is processed, gather the outputs, judge. */
export async function runOnce(options: RunOptions): Promise<RunResult> {
  const { folder, say } = options;
  const dataDir = join(folder, 'data');
  const product = new Product({ dataDir, logFile: join(folder, 'product.log') }, options.ports, SENSORS, options.settings);
  product.start();
  const startupMs = await product.waitUntilUp();
  say(`up after ${(startupMs / 1000).toFixed(1)} s, with ${SENSORS} customers`);

  const report = await sendWhileKilling(product, options);
  say(`${report.acknowledged} messages acknowledged in ${report.durationSeconds.toFixed(0)} s; waiting until all is processed`);
  const settledMs = await product.waitUntilSettled();
  options.store?.endCuts();

  say('reading the outputs');
  const alarms = await product.alarms();
  const sensorIds = sampleOf(alarms, options.seed);
  const outputs = {
    report,
    reconciliation: JSON.parse(await product.command('reconcile', '--json')) as { records: number; normal: number; unaccounted: number; doubled: number },
    alarms,
    mails: await readMailbox(join(dataDir, 'mailbox')),
    customers: await readCustomers(product, sensorIds.slice(0, CUSTOMERS_READ)),
    counts: await readCounts(product, report),
    map: await readMap(product),
    expectedSensors: SENSORS,
    histories: await readHistories(product, sensorIds),
    kills: { wanted: options.kills, done: product.restarts },
    store: options.store?.outputs() ?? null,
  };
  const { tookMs: shutdownMs } = await product.interrupt();
  return { report, checks: checkAll({ ...outputs, shutdownMs }), settledMs, startupMs };
}

async function sendWhileKilling(product: Product, { folder, seed, compress, seconds, kills, store, say }: RunOptions): Promise<SimulationReport> {
  const reportFile = join(folder, 'report.json');
  const args = ['simulate', '--url', product.ingestUrl, '--preset', 'case2', '--compress', String(compress), '--seed', seed, '--message-ids', '--json', reportFile];
  if (seconds !== null) args.push('--duration', `${seconds}s`);
  const simulator = new Child({ args: [join('dist', 'cli', 'vigia.js'), ...args] });
  const startMs = systemClock.now();
  const end = new AbortController();
  const ended = simulator.ended.finally(() => end.abort());
  const durationMs = seconds === null ? CASE2_MS / compress : seconds * 1000;
  const storeKilled = store?.killAt(killTimes(`store ${seed}`, kills, durationMs), Random.seeded(`away ${seed}`), say, end.signal);
  // Looked at below; until then a failure must not count as unhandled.
  storeKilled?.catch(() => undefined);
  for (const atMs of killTimes(seed, kills, durationMs)) {
    await systemClock.sleep(startMs + atMs - systemClock.now(), end.signal);
    if (end.signal.aborted) break;
    say(`kill -9 after ${(atMs / 1000).toFixed(1)} s`);
    await product.killAndRestart();
  }
  while (simulator.isRunning) {
    product.assertRunning();
    await systemClock.sleep(1000, end.signal);
  }
  await storeKilled;
  const { code, signal } = await ended;
  if (code !== 0) throw new Error(`the simulator ended with ${code ?? signal}`);
  return JSON.parse(readFileSync(reportFile, 'utf8')) as SimulationReport;
}

/** A random moment in each of `kills` equal stretches of the run, without its first and last tenth. */
function killTimes(seed: string, kills: number, durationMs: number): number[] {
  const random = Random.seeded(`kills ${seed}`);
  return Array.from({ length: kills }, (_, i) => durationMs * (0.1 + (0.8 * (i + random.fraction())) / kills));
}

/** Sensors with alarms, in a random order. */
function sampleOf(alarms: readonly ApiAlarm[], seed: string): string[] {
  const sensorIds = [...new Set(alarms.map(({ sensorId }) => sensorId))].sort();
  Random.seeded(`sample ${seed}`).shuffle(sensorIds);
  return sensorIds;
}

async function readCustomers(product: Product, sensorIds: readonly string[]): Promise<Map<string, { name: string; surname: string; emailaddress: string }>> {
  const customers = new Map<string, { name: string; surname: string; emailaddress: string }>();
  for (const id of sensorIds) customers.set(id, (await product.get(`/api/customers/${id}`)) as { name: string; surname: string; emailaddress: string });
  return customers;
}

async function readCounts(product: Product, report: SimulationReport): Promise<{ minute: string; type: string; count: number }[]> {
  const from = encodeURIComponent(isoTime(Date.parse(report.startedAt) - 3_600_000));
  const to = encodeURIComponent(isoTime(systemClock.now() + 3_600_000));
  const { items } = (await product.get(`/api/counts?from=${from}&to=${to}`)) as { items: { minute: string; type: string; count: number }[] };
  return items;
}

async function readMap(product: Product): Promise<{ sensors: number; active: number }> {
  const { cells, unplaced } = (await product.get('/api/map?prefixLength=1')) as { cells: SensorCounts[]; unplaced: SensorCounts };
  const parts = [...cells, unplaced];
  return { sensors: parts.reduce((sum, part) => sum + part.sensors, 0), active: parts.reduce((sum, part) => sum + part.active, 0) };
}

interface SensorCounts {
  readonly sensors: number;
  readonly active: number;
}

async function readHistories(product: Product, sensorIds: readonly string[]): Promise<History[]> {
  const histories: History[] = [];
  for (const sensorId of sensorIds.slice(0, REPLAYED_SENSORS)) {
    histories.push({ sensorId, from: 'vigia replay', events: JSON.parse(await product.command('replay', sensorId, '--json')) as HistoryEvent[] });
  }
  for (const sensorId of sensorIds.slice(0, AUDITED_SENSORS)) {
    const newestFirst = await product.list<HistoryEvent>(`/api/audit/sensors/${sensorId}`);
    histories.push({ sensorId, from: 'the audit API', events: newestFirst.reverse() });
  }
  return histories;
}
