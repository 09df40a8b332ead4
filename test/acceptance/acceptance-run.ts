import { join } from 'node:path';
import { Random } from '../../src/cli/simulator/random.js';
import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import { judgeRun } from '../faults/run-outputs.js';
import type { KafkaCluster } from '../servers/kafka.js';
import { Case2, killTimes } from './case2.js';
import { checkAll } from './checks.js';
import type { Check } from './comparing.js';
import type { EventStoreServer } from './event-store-server.js';
import { acceptedMail, readMailbox } from './mailbox.js';
import { Product, type Ports } from './product.js';
import { CUSTOMERS_READ, readCustomers, readOutputs } from './read-outputs.js';

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
  /** Null for the embedded log. */
  readonly kafka: KafkaCluster | null;
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

export const SENSORS = 50_000;

/** A whole run: start, send (killing meanwhile), wait until all is processed, gather the outputs, judge. */
export async function runOnce(options: RunOptions): Promise<RunResult> {
  const { folder, say, kills, store } = options;
  const dataDir = join(folder, 'data');
  const product = new Product({ dataDir, logFile: join(folder, 'product.log') }, options.ports, SENSORS, options.settings);
  product.start();
  const startupMs = await product.waitUntilUp();
  say(`up after ${(startupMs / 1000).toFixed(1)} s, with ${SENSORS} customers`);

  const { report, answersFile } = await sendWhileKilling(product, options);
  say(`${report.acknowledged} messages acknowledged in ${report.durationSeconds.toFixed(0)} s; waiting until all is processed`);
  const settledMs = await product.waitUntilSettled();
  store?.endCuts();

  say('reading the outputs');
  const { sensorIds, ...read } = await readOutputs(product, report, options.seed);
  const mails = await readMailbox(join(dataDir, 'mailbox'));
  const outputs = {
    ...read,
    report,
    mails,
    mayBeFlagged: 0,
    customers: await readCustomers(product, sensorIds.slice(0, CUSTOMERS_READ)),
    expectedSensors: SENSORS,
    kills: { wanted: kills, done: product.restarts },
    store: store?.outputs() ?? null,
  };
  const { tookMs: shutdownMs } = await product.interrupt();
  say('having the verifier judge all that is left');
  const verdict = await judgeRun(join(folder, 'outputs'), { answersFiles: [answersFile], sentHas: 'every message', dataDirs: { product: dataDir }, kafka: options.kafka, store, mails: mails.map(acceptedMail) });
  return { report, checks: checkAll({ ...outputs, shutdownMs, verdict }), settledMs, startupMs };
}

async function sendWhileKilling(product: Product, { folder, seed, compress, seconds, kills, store, say }: RunOptions): Promise<{ report: SimulationReport; answersFile: string }> {
  const sending = new Case2({ url: product.ingestUrl, folder, seed, compress, seconds, sensors: SENSORS });
  const storeKilled = store?.killAt(killTimes(`store ${seed}`, kills, sending.durationMs), Random.seeded(`away ${seed}`), say, sending.over);
  // Looked at below; until then a failure must not count as unhandled.
  storeKilled?.catch(() => undefined);
  for (const atMs of killTimes(seed, kills, sending.durationMs)) {
    if (!(await sending.isSentAt(atMs))) break;
    say(`kill -9 after ${(atMs / 1000).toFixed(1)} s`);
    await product.killAndRestart();
  }
  const report = await sending.report(() => product.assertRunning());
  await storeKilled;
  return { report, answersFile: sending.answersFile };
}
