import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BOOKKEEPING_EVENTS } from '../test/catalogue/bookkeeping-events.js';
import { EventStoreDbDouble } from '../test/doubles/eventstoredb/eventstoredb-double.js';
import { event } from '../test/support/moving-stores.js';
import { newDir } from '../test/support/projection-events.js';
import { SmtpTestServer } from '../test/support/smtp-test-server.js';
import { waitFor } from '../test/support/wait-for.js';
import { Application } from './application.js';
import { isoTime, systemClock } from './clock.js';
import { readConfig } from './config.js';
import type { HealthPart } from './console/health-report.js';
import { EVENT_SCHEMAS } from './event-store/event-schemas.js';
import type { EventStore } from './event-store/event-store.js';
import { EventStoreDbEventStore } from './event-store/eventstoredb-event-store.js';
import { LibsqlEventStore } from './event-store/libsql-event-store.js';
import type { Reconciliation } from './ingestion/reconcile.js';
import { LibsqlMessageLog } from './message-log/libsql-message-log.js';
import { COUNT_TOPIC } from './message-log/message-log.js';
import { exportEvents } from './moving/export-events.js';
import { ExportFile } from './moving/export-file.js';
import { checkExport, importEvents } from './moving/import-events.js';
import { DataDirLock } from './storage/data-dir-lock.js';

const clock = systemClock;
const quiet = () => undefined;

/** Embedded for a while, then moved, then started again on the other store with the same folder. */
describe('the application after its events were moved', () => {
  let dir: string;
  let dataDir: string;
  let smtp: SmtpTestServer;
  let running: Application | null;
  let startedAtMs: number;

  beforeEach(async () => {
    dir = newDir();
    dataDir = join(dir, 'data');
    smtp = await SmtpTestServer.start();
    running = null;
    startedAtMs = systemClock.now();
  });
  afterEach(async () => {
    await running?.stop();
    await smtp.stop();
    await rm(dir, { recursive: true });
  });

  async function start(settings: Record<string, string> = {}): Promise<{ consoleUrl: string; ingestUrl: string }> {
    const config = readConfig({
      VIGIA_DATA_DIR: dataDir, VIGIA_CUSTOMERS: '50', VIGIA_LOG_LEVEL: 'silent', VIGIA_INGEST_PORT: '0', VIGIA_CONSOLE_PORT: '0', SMTP_URL: smtp.url, ...settings,
    });
    running = await Application.create(config, DataDirLock.acquire(dataDir));
    const { consoleUrl, ingestUrl } = await running.start();
    return { consoleUrl, ingestUrl: ingestUrl as string };
  }

  async function stop(): Promise<void> {
    await running?.stop();
    running = null;
  }

  async function post(ingestUrl: string, topic: 'ENTRY' | 'OK', body: string): Promise<void> {
    const answer = await fetch(`${ingestUrl}/topics/${topic}/messages`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    expect(answer.status).toBe(200);
  }
  const motion = (sensor: number) => `[${sensor},true,false,20,30]`;
  const smoke = (sensor: number) => `[${sensor},false,true,20,30]`;

  const get = async (consoleUrl: string, path: string): Promise<unknown> => {
    const answer = await fetch(`${consoleUrl}${path}`);
    if (!answer.ok && path !== '/api/health') throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };

  /** All that the read models say, but for the position, which is of one store. */
  const models = async (consoleUrl: string) => ({
    alarms: (await get(consoleUrl, '/api/alarms?limit=500')) as { items: { sensorId: string; type: string }[] },
    map: { ...((await get(consoleUrl, '/api/map?prefixLength=5')) as object), position: null },
    counts: (await get(consoleUrl, `/api/counts?from=${isoTime(startedAtMs - 3_600_000)}&to=${isoTime(startedAtMs + 3_600_000)}`)) as { items: { count: number }[] },
  });

  async function settled(consoleUrl: string): Promise<void> {
    await waitFor('all parts', async () => {
      const { parts } = (await get(consoleUrl, '/api/health')) as { parts: HealthPart[] };
      return parts.every(({ lagEvents = 0 }) => lagEvents === 0) && !parts.some(({ status }) => status === 'down');
    });
  }

  async function reconcile(consoleUrl: string): Promise<Reconciliation> {
    const answer = await fetch(`${consoleUrl}/api/operations/reconcile`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } });
    const last = (await answer.text()).trim().split('\n').at(-1) as string;
    return (JSON.parse(last) as { result: Reconciliation }).result;
  }

  async function countRecords(): Promise<string[]> {
    const log = await LibsqlMessageLog.open(dataDir, { clock });
    const ids: string[] = [];
    for (const { partition } of await log.describe(COUNT_TOPIC)) {
      for await (const { headers } of log.read(COUNT_TOPIC, partition, 0)) ids.push(String(headers['ce_id']));
    }
    await log.close();
    return ids.sort();
  }

  async function move(target: EventStore, appendsAtATime: number): Promise<void> {
    const file = join(dir, 'events.jsonl');
    const source = await LibsqlEventStore.open(dataDir, { clock });
    const to = await ExportFile.open(file);
    await exportEvents(source, to, quiet);
    await to.close();
    await source.close();
    await importEvents(await checkExport(file, quiet), target, { clock, appendsAtATime, onProgress: quiet });
    await target.close();
  }

  /** Alarms, a strike short of one, a recovery, a mail that is parked and one that is sent, and a dead letter. */
  async function workEmbedded(): Promise<object> {
    smtp.behave = (attempt) => (attempt === 2 ? { refuseAt: 'rcpt-to', code: 550 } : 'accept');
    const { consoleUrl, ingestUrl } = await start();
    await post(ingestUrl, 'ENTRY', motion(1));
    await waitFor('the first e-mail', () => smtp.mails.length === 1);
    await post(ingestUrl, 'ENTRY', motion(2));
    await waitFor('the parked e-mail', async () => JSON.stringify(await get(consoleUrl, '/api/health')).includes('1 parked'));
    for (let times = 0; times < 3; times += 1) await post(ingestUrl, 'ENTRY', smoke(3));
    for (let times = 0; times < 2; times += 1) await post(ingestUrl, 'ENTRY', smoke(4));
    await post(ingestUrl, 'OK', motion(1));
    await waitFor('the e-mail of smoke', () => smtp.mails.length === 2);
    await settled(consoleUrl);
    const before = await models(consoleUrl);
    expect(before.counts.items.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    await stop();
    const log = await LibsqlMessageLog.open(dataDir, { clock });
    await log.append('ENTRY', [{ key: '9', value: Buffer.from('hello') }]);
    await log.close();
    const again = await start();
    await settled(again.consoleUrl);
    await waitFor('the dead letter', async () => (await reconcile(again.consoleUrl)).deadLettered === 1);
    expect(await models(again.consoleUrl)).toEqual(before);
    await stop();
    return before;
  }

  /** What holds after the move, on whatever store. */
  async function expectTheSame(before: object, counted: readonly string[], settings: Record<string, string>): Promise<void> {
    const { consoleUrl, ingestUrl } = await start(settings);
    await settled(consoleUrl);
    expect(await models(consoleUrl)).toEqual(before);
    expect(await reconcile(consoleUrl)).toMatchObject({ deadLettered: 1, unaccounted: 0, doubled: 0 });
    // The alarm that was open stays so; the third strike completes the two; both are what the state says.
    const attempts = smtp.attempts;
    await post(ingestUrl, 'ENTRY', motion(2));
    await post(ingestUrl, 'ENTRY', smoke(4));
    await waitFor('the e-mail of the new alarm', () => smtp.mails.length === 3);
    await systemClock.sleep(300);
    expect(smtp.attempts).toBe(attempts + 1);
    expect(attempts).toBe(3);
    const { alarms: { items } } = await models(consoleUrl);
    expect(items.map(({ sensorId, type }) => `${sensorId} ${type}`)).toEqual(['4 smoke', '3 smoke', '2 motion', '1 motion']);
    await settled(consoleUrl);
    await stop();
    const now = await countRecords();
    expect(now).toHaveLength(counted.length + 1);
    expect(now).toEqual(expect.arrayContaining([...counted]));
    expect(new Set(now).size).toBe(now.length);
  }

  it('to EventStoreDB sends no e-mail again, puts no alarm on COUNT twice, and has the same map, counts and alarms', async () => {
    const before = await workEmbedded();
    const counted = await countRecords();
    const double = await EventStoreDbDouble.start();
    await expect(start({ EVENTSTORE_URL: double.url })).rejects.toThrow('vigia events export');
    await move(await EventStoreDbEventStore.open(double.url, { clock }), 1);
    await expectTheSame(before, counted, { EVENTSTORE_URL: double.url });
    const known = new Set([...Object.keys(EVENT_SCHEMAS), ...BOOKKEEPING_EVENTS.map(({ type }) => type)]);
    const types = double.log.all.map(({ type }) => type).filter((type) => !type.startsWith('$'));
    expect([...new Set(types)].filter((type) => !known.has(type))).toEqual([]);
    await double.stop();
  }, 60_000);

  it('to another embedded store in its place does so too, though the read models beside it are of the first', async () => {
    const before = await workEmbedded();
    const counted = await countRecords();
    const elsewhere = join(dir, 'elsewhere');
    mkdirSync(elsewhere);
    const target = await LibsqlEventStore.open(elsewhere, { clock });
    // The positions of the first store are among those of the second, of other events.
    for (let number = 0; number < 100; number += 1) await target.append('checkpoint-x', [event({ number })], 'any');
    await move(target, 256);
    const files = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('event-store.db'));
    for (const name of files(dataDir)) rmSync(join(dataDir, name));
    for (const name of files(elsewhere)) renameSync(join(elsewhere, name), join(dataDir, name));
    await expectTheSame(before, counted, {});
  }, 60_000);

  it('is refused a store that lacks what came after the export', async () => {
    await workEmbedded();
    const double = await EventStoreDbDouble.start();
    await move(await EventStoreDbEventStore.open(double.url, { clock }), 1);
    const { ingestUrl } = await start();
    await post(ingestUrl, 'ENTRY', motion(30));
    await waitFor('the e-mail', () => smtp.mails.length === 3);
    await stop();
    await expect(start({ EVENTSTORE_URL: double.url })).rejects.toThrow('vigia events export');
    await move(await EventStoreDbEventStore.open(double.url, { clock }), 1);
    await start({ EVENTSTORE_URL: double.url });
    await stop();
    await double.stop();
  }, 60_000);
});
