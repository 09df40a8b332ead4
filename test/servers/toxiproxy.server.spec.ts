import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { CompressionTypes } from 'kafkajs';
import { Random } from '../../src/cli/simulator/random.js';
import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import { systemClock } from '../../src/clock.js';
import { CUSTOMER_COLUMNS } from '../../src/customers/customer.js';
import { MEASUREMENTS } from '../../src/projections/influx/influx-points.js';
import { ROLES, type Role } from '../../src/roles.js';
import { Child, stopAll } from '../acceptance/child.js';
import { EventStoreServer } from '../acceptance/event-store-server.js';
import { acceptedMail, readMailpit } from '../acceptance/mailbox.js';
import { Product, type ApiAlarm } from '../acceptance/product.js';
import { brokenLines } from '../faults/hostile/broken-lines.js';
import { drawHostileRecord, type HostileRecord } from '../faults/hostile/draw-hostile-record.js';
import { expectHarmlessMail } from '../faults/hostile/expect-harmless-mail.js';
import { NASTY_CUSTOMERS, nastyCustomers } from '../faults/hostile/nasty-customers.js';
import { judgeRun } from '../faults/run-outputs.js';
import { testClient } from '../support/kafka-group.js';
import { MAIL_SEND_SECONDS } from '../support/mail-send-seconds.js';
import { waitFor } from '../support/wait-for.js';
import { CassandraRing } from './cassandra.js';
import { influxModels, influxSchema } from './influx-outputs.js';
import { InfluxServer } from './influxdb.js';
import { KafkaCluster } from './kafka.js';
import { Mailpit } from './mailpit.js';
import { freePort } from './server-process.js';
import { temporarySite } from './site.js';
import { Toxiproxy, type Toxic } from './toxiproxy.js';

const SENSORS = 1_000;
const BUCKET = 'vigia';

/** Of loopback, as the nodes' own are; Cassandra tells its clients this one. */
const CASSANDRA_PROXY = '127.0.1.2';

const SYSTEMS = ['kafka', 'cassandra', 'influxdb', 'eventstoredb', 'smtp'] as const;

/** In each round every system has another one. */
const FAULTS: readonly (readonly Toxic[])[] = [
  [{ type: 'reset_peer', attributes: { timeout: 150 } }],
  [{ type: 'limit_data', attributes: { bytes: 2_000 } }, { type: 'slow_close', attributes: { delay: 2_000 } }],
  [{ type: 'latency', attributes: { latency: 400, jitter: 300 } }],
  [{ type: 'bandwidth', attributes: { rate: 8 } }],
  [{ type: 'timeout', attributes: { timeout: 0 } }],
];
/** Requests that come half, and some that come while nobody hears of it. */
const FAULTS_OF_REQUESTS: readonly (readonly Toxic[])[] = [
  [{ type: 'limit_data', attributes: { bytes: 3_000 } }],
  [{ type: 'reset_peer', attributes: { timeout: 150 } }],
  [{ type: 'bandwidth', attributes: { rate: 8 } }],
];
const ROUND_MS = 4_000;

/** Longer than anything waits for an answer: 30 s, for InfluxDB's to a write. */
const BLACK_HOLE_MS = 35_000;

/** A process must be gone in this time, or whoever runs it will kill it. */
const ORDERLY_END_MS = 5_000;

/** What others put onto the topics, of sensors that are no one else's. */
const HOSTILE_RECORDS = 600;
const FIRST_HOSTILE_SENSOR = 2_001;
const HOSTILE_SENSORS = NASTY_CUSTOMERS;

const MOST_IN_BATCH = 40;
const HUGE_BYTES = 100_000;

function inBatches(records: readonly HostileRecord[]): HostileRecord[][] {
  const batches: HostileRecord[][] = [];
  let isFull = true;
  for (const record of records) {
    const isHuge = (record.value?.length ?? 0) > HUGE_BYTES;
    if (isFull || isHuge) batches.push([]);
    const batch = batches.at(-1) as HostileRecord[];
    batch.push(record);
    isFull = isHuge || batch.length === MOST_IN_BATCH;
  }
  return batches;
}

/** Each role of Vigía as a process of its own, and Toxiproxy between them and each system. Readings are sent from the first test to the last. */
describe('Vigía behind Toxiproxy', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-toxic-'));
  const [reportFile, answersFile] = [join(dir, 'report.json'), join(dir, 'answers.jsonl')];
  const dataDirOf = (role: Role): string => join(dir, role);
  let toxiproxy: Toxiproxy;
  let kafka: KafkaCluster;
  let cassandra: CassandraRing;
  let influx: InfluxServer;
  let store: EventStoreServer;
  let mailpit: Mailpit;
  let members: Readonly<Record<Role, Product>>;
  let simulator: Child;

  beforeAll(async () => {
    toxiproxy = await Toxiproxy.start();
    const [kafkaPort, kafkaProxy, storeProxy, influxProxy, smtpProxy] = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
    // A broker tells its clients where it is: there is the proxy, before the first of them asks.
    await toxiproxy.forward('kafka', `127.0.0.1:${kafkaProxy}`, `127.0.0.1:${kafkaPort}`);
    store = new EventStoreServer(dir, await freePort(), false);
    const site = { ...temporarySite, port: async (purpose: string) => (purpose === 'kafka-1' ? kafkaPort : freePort()) };
    [kafka, cassandra, influx, mailpit] = await Promise.all([
      KafkaCluster.start({ brokers: 1, properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${kafkaProxy}` }, site }),
      CassandraRing.start({ nodes: 1, reachedAt: CASSANDRA_PROXY }),
      InfluxServer.start(),
      Mailpit.start(),
      store.start(),
    ]);
    await toxiproxy.forward('cassandra', `${CASSANDRA_PROXY}:${cassandra.port}`, cassandra.contactPoints[0] as string);
    await toxiproxy.forward('influxdb', `127.0.0.1:${influxProxy}`, new URL(influx.url).host);
    await toxiproxy.forward('eventstoredb', `127.0.0.1:${storeProxy}`, store.address);
    await toxiproxy.forward('smtp', `127.0.0.1:${smtpProxy}`, new URL(mailpit.smtpUrl).host);
    const settings = {
      ...cassandra.environment,
      CASSANDRA_CONTACT_POINTS: `${CASSANDRA_PROXY}:${cassandra.port}`,
      CASSANDRA_REPLICATION_FACTOR: '1',
      KAFKA_BROKERS: `127.0.0.1:${kafkaProxy}`,
      KAFKA_REPLICATION_FACTOR: '1',
      EVENTSTORE_URL: `esdb://127.0.0.1:${storeProxy}?tls=false`,
      INFLUX_URL: `http://127.0.0.1:${influxProxy}`,
      INFLUX_ORG: influx.org,
      INFLUX_TOKEN: influx.token,
      INFLUX_BUCKET: BUCKET,
      SMTP_URL: `smtp://127.0.0.1:${smtpProxy}`,
      VIGIA_MAIL_SEND_SECONDS: MAIL_SEND_SECONDS,
    };
    const memberOf = async (role: Role): Promise<Product> => {
      const ports = { ingest: await freePort(), console: await freePort() };
      return new Product({ dataDir: dataDirOf(role), logFile: join(dir, `${role}.log`) }, ports, role === 'console' ? SENSORS : 0, { ...settings, VIGIA_ROLES: role });
    };
    members = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await memberOf(role)]))) as Record<Role, Product>;
    // The first sets up the customers.
    for (const first of [['console', 'ingest', 'process'], ['project', 'notify']] as const) {
      for (const role of first) members[role].start();
      await Promise.all(first.map((role) => members[role].waitUntilUp()));
    }
    const load = ['--seed', 'toxic', '--rate', '200', '--sensors', String(SENSORS), '--abnormal', '0.02', '--message-ids', '--duration', 'forever'];
    simulator = new Child({ args: ['dist/cli/vigia.js', 'simulate', '--url', members.ingest.ingestUrl, ...load, '--quiet', '--json', reportFile, '--answers', answersFile] });
  }, 240_000);
  afterAll(async () => {
    await stopAll();
    await Promise.all([kafka?.stop(), cassandra?.stop(), influx?.stop(), mailpit?.stop(), toxiproxy?.stop()]);
    rmSync(dir, { recursive: true });
  });

  const untilMailed = (what: string, since: string): Promise<void> =>
    waitFor(what, async () => {
      const { items } = (await members.console.get('/api/alarms?email=sent&limit=50').catch(() => ({ items: [] }))) as { items: ApiAlarm[] };
      return items.some(({ triggeredAt }) => triggeredAt > since);
    }, 120_000);

  it('goes on by itself when latency, little bandwidth, cut and slow ends, resets and black holes at every system are over', async () => {
    await untilMailed('an e-mail', '');
    for (const [faults, stream] of [[FAULTS, 'downstream'], [FAULTS_OF_REQUESTS, 'upstream']] as const) {
      for (const round of faults.keys()) {
        await Promise.all(SYSTEMS.map((system, index) => toxiproxy.spoil(system, faults[(round + index) % faults.length] as readonly Toxic[], stream)));
        await systemClock.sleep(ROUND_MS);
        await toxiproxy.heal();
      }
    }
    await Promise.all(SYSTEMS.map((system) => toxiproxy.spoil(system, [{ type: 'timeout', attributes: { timeout: 0 } }])));
    await systemClock.sleep(BLACK_HOLE_MS);
    await toxiproxy.heal();
    const healedAt = new Date().toISOString();
    for (const role of ROLES) members[role].assertRunning();
    expect(simulator.isRunning).toBe(true);
    await untilMailed('an e-mail for an alarm from after the faults', healedAt);
    await Promise.all(ROLES.map((role) => members[role].waitUntilUp()));
  }, 240_000);

  it('takes what other producers put straight onto the topics, and customers whose every text may do harm', async () => {
    const file = join(dir, 'nasty.csv');
    writeFileSync(file, nastyCustomers(FIRST_HOSTILE_SENSOR));
    await members.console.command('customers', 'import', file);
    const records = Array.from({ length: HOSTILE_RECORDS }, (_, index) => drawHostileRecord(Random.seeded(`kafka ${index}`), FIRST_HOSTILE_SENSOR, HOSTILE_SENSORS));
    const producer = testClient(kafka).producer({ allowAutoTopicCreation: false });
    await producer.connect();
    // A broker takes so many at once, and of the huge ones one at a time.
    for (const [index, batch] of inBatches(records).entries()) {
      const topicMessages = (['ENTRY', 'OK'] as const).map((topic) => ({ topic, messages: batch.filter((each) => each.topic === topic) }));
      await producer.sendBatch({ topicMessages, compression: index % 2 === 0 ? CompressionTypes.None : CompressionTypes.GZIP });
    }
    await producer.disconnect();
    const hostileAlarms = async () => (await members.console.alarms()).filter(({ sensorId }) => Number(sensorId) >= FIRST_HOSTILE_SENSOR);
    await waitFor('their alarms', async () => (await hostileAlarms()).length >= HOSTILE_SENSORS);
    for (const role of ROLES) members[role].assertRunning();
  }, 120_000);

  it('rolls out each role in turn: each ends in good order on SIGTERM, and comes back', async () => {
    for (const role of ROLES) {
      const { code, tookMs } = await members[role].end('SIGTERM');
      expect({ role, code, isInTime: tookMs < ORDERLY_END_MS }).toEqual({ role, code: 0, isInTime: true });
      members[role].start();
      await members[role].waitUntilUp();
      expect(simulator.isRunning).toBe(true);
    }
  }, 240_000);

  /** By records or customers into e-mails, rows of CQL, line protocol, lists for spreadsheets, or lines of the log. */
  async function expectNothingInjected(): Promise<void> {
    for (const { ID: id } of await mailpit.list()) await expectHarmlessMail(id, await mailpit.raw(id), 'monitoring@vigia.local');
    const [, ...customers] = parseCsv(nastyCustomers(FIRST_HOSTILE_SENSOR));
    for (const row of customers) {
      const customer = (await members.console.get(`/api/customers/${row[0]}`)) as Record<string, unknown>;
      expect(CUSTOMER_COLUMNS.map((column) => String(customer[column]))).toEqual(row);
    }
    expect(await influxSchema(influx, BUCKET)).toEqual({ measurements: Object.values(MEASUREMENTS).sort(), oddSensors: [] });
    const listed = parseCsv<Record<string, string>>(await (await fetch(`${members.console.consoleUrl}/api/export/alarms.csv`)).text(), { bom: true, columns: true });
    expect(listed).toHaveLength((await members.console.alarms()).length);
    expect(listed.flatMap((row) => Object.values(row)).filter((field) => /^\s*[=+@]|^\s*-\D/.test(field))).toEqual([]);
    expect(ROLES.flatMap((role) => brokenLines(join(dir, `${role}.log`)))).toEqual([]);
  }

  it('has lost and doubled nothing', async () => {
    expect((await simulator.stop('SIGINT', 30_000)).code).toBe(0);
    const { sent, acknowledged, refused, unknown, notStored } = JSON.parse(readFileSync(reportFile, 'utf8')) as SimulationReport;
    // Each message has an id, so it is sent again until it is known to be stored.
    expect({ acknowledged, refused, unknown, notStored }).toEqual({ acknowledged: sent, refused: 0, unknown: 0, notStored: 0 });
    expect(sent).toBeGreaterThan(1_000);

    await members.console.waitUntilSettled();
    await Promise.all(ROLES.map((role) => members[role].waitUntilCaughtUp()));
    const readModels = [await influxModels(influx, BUCKET)];
    const mails = (await readMailpit(mailpit)).map(acceptedMail);
    await expectNothingInjected();
    await Promise.all(ROLES.map((role) => members[role].end('SIGTERM')));
    // Faults that nothing met would prove nothing.
    const sentBytes = await toxiproxy.sentBytes();
    expect(SYSTEMS.filter((system) => !((sentBytes.get(system) ?? 0) > 10_000))).toEqual([]);

    const dataDirs = Object.fromEntries(ROLES.map((role) => [role, dataDirOf(role)]));
    const { problems, figures } = await judgeRun(join(dir, 'outputs'), { answersFiles: [answersFile], dataDirs, readModels, kafka, store, mails });
    expect(problems).toEqual([]);
    expect(figures.records).toBeGreaterThanOrEqual(acknowledged);
    expect(figures.alarms).toBeGreaterThan(50);
  }, 240_000);
});
