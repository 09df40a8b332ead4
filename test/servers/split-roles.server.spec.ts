import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import { systemClock } from '../../src/clock.js';
import type { Reconciliation } from '../../src/ingestion/reconcile.js';
import { Child, stopAll } from '../acceptance/child.js';
import { EventStoreServer } from '../acceptance/event-store-server.js';
import { Product } from '../acceptance/product.js';
import { assignments, testClient } from '../support/kafka-group.js';
import { MAIL_SEND_SECONDS } from '../support/mail-send-seconds.js';
import { metricOf } from '../support/metrics.js';
import { readTopic } from '../support/read-topic.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';
import { KafkaCluster } from './kafka.js';
import { freePort } from './server-process.js';

const SENSORS = 300;
const RATE = 300;

/** A member of Kafka's group that is not heard of for 10 s loses its partitions. */
const LONGER_THAN_A_SESSION_MS = 12_000;

/** Each takes some 15 s. */
const MOST_FREEZES = 4;

const PAIRS = [['ENTRY-0', 'OK-0'], ['ENTRY-1', 'OK-1']];

/** Two processes with role `process`, and two with what reads the events, one of which also takes the readings. */
describe('roles split over processes, on Kafka and a double of EventStoreDB', () => {
  let dir: string;
  let kafka: KafkaCluster;
  let store: EventStoreServer;
  let mailServer: SmtpTestServer;
  let workers: readonly [Product, Product];
  let front: Product;
  let second: Product;
  const logOf = (name: string): string => join(dir, `${name}.log`);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-split-'));
    kafka = await KafkaCluster.start({ brokers: 1 });
    store = new EventStoreServer(dir, await freePort(), false);
    await store.start();
    mailServer = await SmtpTestServer.start();
    const settings = { KAFKA_BROKERS: kafka.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1', EVENTSTORE_URL: store.url, SMTP_URL: mailServer.url, VIGIA_MAIL_SEND_SECONDS: MAIL_SEND_SECONDS };
    const product = async (name: string, roles: string): Promise<Product> =>
      new Product({ dataDir: join(dir, name), logFile: logOf(name) }, { ingest: await freePort(), console: await freePort() }, SENSORS, { ...settings, VIGIA_ROLES: roles });
    second = await product('second', 'project,notify,console');
    front = await product('front', 'ingest,project,notify,console');
    workers = [await product('worker-1', 'process'), await product('worker-2', 'process')];
    // The lease-holder is the one that will be killed.
    for (const each of [second, front, workers[0]]) {
      each.start();
      await each.waitUntilUp();
    }
    expect(await metricOf(second.consoleUrl, 'vigia_lease_held', { role: 'notify' })).toBe(1);
    expect(await metricOf(second.consoleUrl, 'vigia_lease_held', { role: 'count' })).toBe(1);
  }, 240_000);
  afterAll(async () => {
    await stopAll();
    await mailServer?.stop();
    await kafka?.stop();
    rmSync(dir, { recursive: true });
  });

  /** Each member's partitions, in order. */
  const untilShared = (wanted: readonly (readonly string[])[]) =>
    waitFor(`assignment ${JSON.stringify(wanted)}`, async () => JSON.stringify(Object.values(await assignments(kafka)).sort()) === JSON.stringify(wanted), 40_000);

  const handled = async (product: Product): Promise<number> => (await metricOf(product.consoleUrl, 'vigia_records_processed_total')) ?? 0;
  async function untilHandles(product: Product, more: number): Promise<void> {
    const before = await handled(product);
    await waitFor(`${more} more records handled`, async () => (await handled(product)) >= before + more, 40_000);
  }
  /** Comments on alarms that are open, one after the other, by `front`, until it is told to end; gives how many were taken. */
  function keepCommenting(): { end(): Promise<number> } {
    let isOver = false;
    const run = async (): Promise<number> => {
      let taken = 0;
      for (let round = 0; !isOver; round += 1) {
        const { items } = (await front.get('/api/alarms?status=open&limit=20')) as { items: { alarmId: string }[] };
        const alarm = items[round % Math.max(items.length, 1)];
        if (alarm === undefined) continue;
        const headers = { 'content-type': 'application/json', 'if-match': '*' };
        const { status } = await fetch(`${front.consoleUrl}/api/alarms/${alarm.alarmId}/comments`, { method: 'POST', headers, body: '{"operator":"ana","note":"seen"}' });
        expect(status).toBe(201);
        taken += 1;
        await systemClock.sleep(20);
      }
      return taken;
    };
    const running = run();
    running.catch(() => undefined);
    return {
      end: () => {
        isOver = true;
        return running;
      },
    };
  }
  const receiptEvents = () => store.outputs().events.filter(({ stream }) => stream.startsWith('receipts-'));

  it('P1–P4 hold while members join, are killed and frozen, and the process that sends the e-mails is killed', async () => {
    const reportFile = join(dir, 'report.json');
    const simulator = new Child({
      args: [
        'dist/cli/vigia.js', 'simulate', '--url', front.ingestUrl, '--seed', 'split', '--rate', String(RATE), '--batch', '1', '--sensors', String(SENSORS),
        '--abnormal', '0.02', '--duration', 'forever', '--message-ids', '--quiet', '--json', reportFile,
      ],
    });
    await untilShared([PAIRS.flat().sort()]);
    await untilHandles(workers[0], 300);
    const commenting = keepCommenting();

    workers[1].start();
    await workers[1].waitUntilUp();
    await untilShared(PAIRS);
    await Promise.all(workers.map((worker) => untilHandles(worker, 300)));

    await workers[0].kill();
    await untilShared([PAIRS.flat().sort()]);
    await untilHandles(workers[1], 300);
    workers[0].start();
    await workers[0].waitUntilUp();
    await untilShared(PAIRS);
    await Promise.all(workers.map((worker) => untilHandles(worker, 300)));

    // In the milliseconds between two receipts a worker may have nothing in hand, and then none of its is refused: it is frozen again.
    const lengthBefore = readFileSync(logOf('worker-2'), 'utf8').length;
    const isRefused = (): boolean => /the receipt for receipts-\S+ \d+ to \d+ was refused/.test(readFileSync(logOf('worker-2'), 'utf8').slice(lengthBefore));
    for (let freezes = 0; freezes < MOST_FREEZES && !isRefused(); freezes += 1) {
      workers[1].signal('SIGSTOP');
      await systemClock.sleep(LONGER_THAN_A_SESSION_MS);
      await untilShared([PAIRS.flat().sort()]);
      await untilHandles(workers[0], 300);
      workers[1].signal('SIGCONT');
      await untilShared(PAIRS);
      await Promise.all(workers.map((worker) => untilHandles(worker, 300)));
    }
    expect(isRefused()).toBe(true);

    const killedAt = performance.now();
    await second.kill();
    await waitFor('the other’s taking of all leases', async () => (await metricOf(front.consoleUrl, 'vigia_lease_held')) === 3, 10_000);
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    await systemClock.sleep(2_000);

    const comments = await commenting.end();
    expect((await simulator.stop('SIGINT')).code).toBe(0);
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as SimulationReport;
    const { sent, acknowledged, refused, unknown, notStored, retries } = report;
    expect({ acknowledged, refused, unknown, notStored }).toEqual({ acknowledged: sent, refused: 0, unknown: 0, notStored: 0 });
    await front.waitUntilSettled();

    const { records, unaccounted, doubled, problems } = JSON.parse(await front.command('reconcile', '--json')) as Reconciliation;
    expect({ unaccounted, doubled, problems }).toEqual({ unaccounted: 0, doubled: 0, problems: [] });
    expect(records).toBeGreaterThanOrEqual(sent);
    expect(records).toBeLessThanOrEqual(sent + retries);
    expect(new Set(receiptEvents().map(({ id }) => id)).size).toBe(receiptEvents().length);

    // What operators did is there, each once, whatever the workers wrote to the same streams.
    expect(comments).toBeGreaterThan(100);
    expect(store.outputs().events.filter(({ type }) => type === 'AlarmCommented')).toHaveLength(comments);

    const alarms = await front.alarms();
    const foretold = report.foretold.map(({ sensorId, type, recovered }) => `${sensorId} ${type} ${recovered ? 'recovered' : 'open'}`);
    expect(foretold.length).toBeGreaterThan(50);
    expect(alarms.map(({ sensorId, type, status }) => `${sensorId} ${type} ${status}`).sort()).toEqual(foretold.sort());

    const mails = (await mailServer.parsed()).map(({ headers }) => ({ alarmId: headers.get('x-vigia-alarm-id') as string, isFlagged: headers.has('x-vigia-possible-duplicate') }));
    const ids = alarms.map(({ alarmId }) => alarmId).sort();
    expect([...new Set(mails.map(({ alarmId }) => alarmId))].sort()).toEqual(ids);
    const unflagged = mails.filter(({ isFlagged }) => !isFlagged).map(({ alarmId }) => alarmId);
    expect(new Set(unflagged).size).toBe(unflagged.length);
    // Only what was on its way when its sender was killed.
    expect(mails.length - unflagged.length).toBeLessThanOrEqual(8);

    const counted = (await readTopic(testClient(kafka), 'COUNT')).map(({ headers }) => headers['ce_id']);
    expect(counted.sort()).toEqual(ids);
  }, 400_000);

  it('each process says what it does, and what others do', async () => {
    const partOf = async (product: Product, name: string) =>
      ((await product.get('/api/health')) as { parts: { name: string; status: string; detail: string }[] }).parts.find((part) => part.name === name);
    expect(await partOf(front, 'ingestion')).toMatchObject({ status: 'up', detail: 'done by other processes, whose receipts are 0 records behind the log' });
    expect(await partOf(workers[0], 'ingestion')).toMatchObject({ status: 'up', detail: '0 records behind the log' });
    expect(await partOf(workers[0], 'notifications')).toBeUndefined();
    second.start();
    await second.waitUntilUp();
    expect(await partOf(second, 'notifications')).toMatchObject({ status: 'up', detail: expect.stringMatching(/^done by .+, term 2$/) });
    expect(await partOf(second, 'count-topic')).toMatchObject({ status: 'up', detail: expect.stringMatching(/^done by .+, term 2$/) });
    const { code } = await workers[1].interrupt();
    expect(code).toBe(0);
    await untilShared([PAIRS.flat().sort()]);
    await expect(workers[0].get('/api/alarms')).rejects.toThrow('404');
  }, 120_000);
});
