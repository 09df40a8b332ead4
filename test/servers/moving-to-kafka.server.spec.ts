import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { Reconciliation } from '../../src/ingestion/reconcile.js';
import { Child, stopAll } from '../acceptance/child.js';
import { Product, type ApiAlarm } from '../acceptance/product.js';
import { EventStoreDbDouble } from '../doubles/eventstoredb/eventstoredb-double.js';
import { Pipeline } from '../support/pipeline.js';
import { readTopic } from '../support/read-topic.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { KafkaCluster } from './kafka.js';
import { freePort } from './server-process.js';

const motionOf = (sensor: number): string => `{"${sensor}", "true", "false", "20.0", "30.0"}`;
const smokeOf = (sensor: number): string => `{"${sensor}", "false", "true", "20.0", "30.0"}`;

/** As docs/moving.md tells it: begun embedded, moved to EventStoreDB (the double) and Kafka, by the command line. */
describe('the built product, moved from embedded to Kafka and EventStoreDB', () => {
  let dir: string;
  let logFile: string;
  let brokers: KafkaCluster;
  let events: EventStoreDbDouble;
  let smtp: SmtpTestServer;
  let ports: { ingest: number; console: number };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-moving-'));
    logFile = join(dir, 'product.log');
    brokers = await KafkaCluster.start({ brokers: 1 });
    events = await EventStoreDbDouble.start();
    smtp = await SmtpTestServer.start();
    ports = { ingest: await freePort(), console: await freePort() };
  }, 120_000);
  afterAll(async () => {
    await stopAll();
    await smtp?.stop();
    await events?.stop();
    await brokers?.stop();
    rmSync(dir, { recursive: true });
  });

  const dataDir = (): string => join(dir, 'data');
  const product = (settings: Record<string, string> = {}): Product => new Product({ dataDir: dataDir(), logFile }, ports, 50, { SMTP_URL: smtp.url, ...settings });
  const moved = (): Record<string, string> => ({ EVENTSTORE_URL: events.url, KAFKA_BROKERS: brokers.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1' });

  async function vigia(args: readonly string[], settings: Record<string, string> = {}): Promise<{ code: number | null; stdout: string }> {
    const env = { VIGIA_DATA_DIR: dataDir(), VIGIA_CUSTOMERS: '0', ...settings };
    const { code, stdout } = await new Child({ args: [join('dist', 'cli', 'vigia.js'), ...args], env }).ended;
    return { code, stdout };
  }

  /** The end of a start that is refused. */
  async function refusedStart(settings: Record<string, string>): Promise<string> {
    const file = join(dir, 'refused.log');
    rmSync(file, { force: true });
    const env = { VIGIA_DATA_DIR: dataDir(), VIGIA_INGEST_PORT: String(ports.ingest), VIGIA_CONSOLE_PORT: String(ports.console), SMTP_URL: smtp.url, ...settings };
    const { code } = await new Child({ args: ['dist/main.js'], env, logFile: file }).ended;
    expect(code).toBe(1);
    return readFileSync(file, 'utf8');
  }

  async function post(to: Product, body: string): Promise<void> {
    const answer = await fetch(`${to.ingestUrl}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    expect(answer.status).toBe(200);
  }

  const named = (alarms: readonly ApiAlarm[]): string[] => alarms.map(({ sensorId, type, email }) => `${sensorId} ${type} ${email}`).sort();

  it('loses no record and sends each e-mail once', async () => {
    const embedded = product();
    embedded.start();
    await embedded.waitUntilUp();
    for (let sensor = 1; sensor <= 10; sensor += 1) await post(embedded, motionOf(sensor));
    for (let times = 0; times < 2; times += 1) await post(embedded, smokeOf(20));
    await embedded.waitUntilSettled();
    await embedded.interrupt();

    // Accepted, and never processed: as after a kill.
    const pipeline = await Pipeline.open({ dir: dataDir() });
    await pipeline.send('ENTRY', { key: '11', body: motionOf(11) }, { key: '20', body: smokeOf(20) }, { key: '9', body: 'hello' });
    await pipeline.close();
    expect((await vigia(['log', 'status'])).code).toBe(1);
    expect(await refusedStart({ KAFKA_BROKERS: brokers.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1' })).toMatch(/has an embedded message log with .*records of ENTRY-\d.*\n.*vigia log drain/);

    expect(await vigia(['log', 'drain'])).toMatchObject({ code: 1, stdout: 'left in the embedded message log: 1 open dead letters\n' });
    expect(await vigia(['dead-letters', 'drop', '--all'])).toMatchObject({ stdout: '1 dropped\n' });
    expect(await vigia(['log', 'status'])).toMatchObject({ code: 0 });

    const file = join(dir, 'events.jsonl');
    expect(await refusedStart(moved())).toContain('vigia events export');
    expect((await vigia(['events', 'export', file])).code).toBe(0);
    expect((await vigia(['events', 'import', file], { EVENTSTORE_URL: events.url })).code).toBe(0);

    const mailsBefore = smtp.attempts;
    expect(mailsBefore).toBe(10);
    const there = product(moved());
    there.start();
    await there.waitUntilUp();
    await there.waitUntilSettled();
    // Two alarms were decided by the drain; their e-mails were owed since.
    const alarms = await there.alarms();
    expect(named(alarms)).toEqual([...Array.from({ length: 11 }, (_, index) => `${index + 1} motion sent`), '20 smoke sent'].sort());
    expect(smtp.attempts).toBe(12);
    await post(there, motionOf(3));
    await post(there, motionOf(30));
    await there.waitUntilSettled();
    expect(named(await there.alarms())).toEqual([...named(alarms), '30 motion sent'].sort());
    expect(smtp.attempts).toBe(13);
    const kafka = new Kafka({ clientId: 'spec', brokers: brokers.bootstrapServers.split(','), logLevel: logLevel.NOTHING });
    const counted = (await readTopic(kafka, 'COUNT')).map(({ headers }) => headers['ce_id']).sort();
    expect(counted).toEqual((await there.alarms()).map(({ alarmId }) => alarmId).sort());
    const sums = JSON.parse(await there.command('reconcile', '--json')) as Reconciliation;
    expect(sums).toMatchObject({ records: 2, events: 1, ignored: { 'alarm-open': 1 }, unaccounted: 0, doubled: 0 });
    await there.interrupt();
  });
});
