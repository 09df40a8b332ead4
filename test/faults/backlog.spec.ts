import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import type { Reconciliation } from '../../src/ingestion/reconcile.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { stopAll } from '../acceptance/child.js';
import { readMailbox } from '../acceptance/mailbox.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import { metricOf } from '../support/metrics.js';

/** A million takes some minutes: BACKLOG=1000000 npm run jest -- test/faults/backlog. */
const RECORDS = Number(process.env['BACKLOG'] ?? 200_000);
const AT_ONCE = 5_000;

/** Less than what so many readings take as objects. */
const HEAP_MB = 64;
/** Beyond what it had at the start: buffers, caches of the databases, the young generation. */
const GROWTH_MB = 200;

/** One reading in so many is of motion, each of another sensor. */
const ALARM_EVERY = 2_000;
const SENSORS = 50_000;

/** What readings waited in the log while there was no process, as the embedded default keeps it. */
describe('a backlog of readings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-backlog-'));
  const dataDir = join(folder, 'data');
  afterAll(async () => {
    await stopAll();
    rmSync(folder, { recursive: true });
  });

  /** Gives the sensors that have an alarm. */
  async function appendBacklog(): Promise<string[]> {
    const log = await LibsqlMessageLog.open(dataDir, { clock: systemClock });
    const alarmed: string[] = [];
    for (let first = 0; first < RECORDS; first += AT_ONCE) {
      const records = Array.from({ length: Math.min(AT_ONCE, RECORDS - first) }, (_, index) => {
        const isMotion = (first + index) % ALARM_EVERY === 0;
        const sensor = String(isMotion ? SENSORS + (first + index) / ALARM_EVERY : (first + index) % SENSORS);
        if (isMotion) alarmed.push(sensor);
        return { key: sensor, value: Buffer.from(`{"${sensor}", "${isMotion}", "false", "25.5", "30.0"}`) };
      });
      await log.append('ENTRY', records);
    }
    await log.close();
    return alarmed;
  }

  it(`is worked off with a heap of ${HEAP_MB} MB, whatever its length, and nothing is lost`, async () => {
    const alarmed = await appendBacklog();
    const product = new Product({ dataDir, logFile: join(folder, 'log') }, { ingest: await freePort(), console: await freePort() }, 0, { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
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
    const { records, unaccounted, doubled, problems } = JSON.parse(await product.command('reconcile', '--json')) as Reconciliation;
    isOver.abort();
    await watching;
    expect({ records, unaccounted, doubled, problems }).toEqual({ records: RECORDS, unaccounted: 0, doubled: 0, problems: [] });
    expect((await product.alarms()).map(({ sensorId }) => sensorId).sort()).toEqual(alarmed.sort());
    const mailed = (await readMailbox(join(dataDir, 'mailbox'))).map(({ alarmId }) => alarmId);
    expect([mailed.length, new Set(mailed).size]).toEqual([alarmed.length, alarmed.length]);
    expect(mostMb - beganWithMb).toBeLessThan(GROWTH_MB);
    expect((await product.interrupt()).code).toBe(0);
  }, 600_000);
});
