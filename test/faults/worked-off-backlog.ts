import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import type { Reconciliation } from '../../src/ingestion/reconcile.js';
import type { MessageLog } from '../../src/message-log/message-log.js';
import { readMailbox } from '../acceptance/mailbox.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import { metricOf } from '../support/metrics.js';

/** Less than what so many readings take as objects. */
export const HEAP_MB = 64;
/** Beyond what it had at the start, mostly some 10: less than the bytes of a million readings that are kept. */
export const GROWTH_MB = 50;

const AT_ONCE = 5_000;

/** One reading in so many is of motion, each of another sensor. */
const ALARM_EVERY = 2_000;
const SENSORS = 50_000;

export interface WorkedOffBacklog {
  readonly reconciliation: Reconciliation;
  /** Sensors, sorted: those that had to have an alarm, and those that have one. */
  readonly owed: readonly string[];
  readonly alarmed: readonly string[];
  /** The alarms of the e-mails in the mailbox folder. */
  readonly mailed: readonly (string | null)[];
  /** How much more memory the process had at the most than at the start. */
  readonly grownMb: number;
  readonly exitCode: number | null;
}

export interface BacklogSite {
  readonly folder: string;
  /** The log, while the process does not run. */
  readonly openLog: () => Promise<Pick<MessageLog, 'append' | 'close'>>;
  /** How the process reaches it. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Has a process with a heap of `HEAP_MB` work off so many readings that waited in the log while there was none. */
export async function workOffBacklog(records: number, { folder, openLog, settings }: BacklogSite): Promise<WorkedOffBacklog> {
  const log = await openLog();
  const owed = await appendBacklog(log, records).finally(() => log.close());
  const dataDir = join(folder, 'data');
  const ports = { ingest: await freePort(), console: await freePort() };
  const product = new Product({ dataDir, logFile: join(folder, 'log') }, ports, 0, { ...settings, NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
  product.start();
  await product.waitUntilUp();
  const residentMb = async (): Promise<number> => ((await metricOf(product.consoleUrl, 'process_resident_memory_bytes')) ?? 0) / 2 ** 20;
  const beganWithMb = await residentMb();
  let mostMb = beganWithMb;
  const isOver = new AbortController();
  const watching = (async () => {
    while (!isOver.signal.aborted) {
      mostMb = Math.max(mostMb, await residentMb());
      await systemClock.sleep(50, isOver.signal);
    }
  })();
  await product.waitUntilSettled();
  const reconciliation = JSON.parse(await product.command('reconcile', '--json')) as Reconciliation;
  isOver.abort();
  await watching;
  const alarmed = (await product.alarms()).map(({ sensorId }) => sensorId).sort();
  const { code } = await product.interrupt();
  const mailed = (await readMailbox(join(dataDir, 'mailbox'))).map(({ alarmId }) => alarmId);
  return { reconciliation, owed: owed.sort(), alarmed, mailed, grownMb: mostMb - beganWithMb, exitCode: code };
}

/** Gives the sensors that will have an alarm. */
async function appendBacklog(log: Pick<MessageLog, 'append'>, count: number): Promise<string[]> {
  const owed: string[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const records = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => {
      const isMotion = (first + index) % ALARM_EVERY === 0;
      const sensor = String(isMotion ? SENSORS + (first + index) / ALARM_EVERY : (first + index) % SENSORS);
      if (isMotion) owed.push(sensor);
      return { key: sensor, value: Buffer.from(`{"${sensor}", "${isMotion}", "false", "25.5", "30.0"}`) };
    });
    await log.append('ENTRY', records);
  }
  return owed;
}

/** That nothing is lost, and that memory does not grow with the number of readings. */
export function expectNothingLost(records: number, { reconciliation, owed, alarmed, mailed, grownMb, exitCode }: WorkedOffBacklog): void {
  const { records: found, unaccounted, doubled, problems } = reconciliation;
  expect({ records: found, unaccounted, doubled, problems }).toEqual({ records, unaccounted: 0, doubled: 0, problems: [] });
  expect(alarmed).toEqual(owed);
  expect([mailed.length, new Set(mailed).size]).toEqual([owed.length, owed.length]);
  expect(grownMb).toBeLessThan(GROWTH_MB);
  expect(exitCode).toBe(0);
}
