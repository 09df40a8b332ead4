import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from '../../acceptance/child.js';
import { EventStoreServer } from '../../acceptance/event-store-server.js';
import { Product } from '../../acceptance/product.js';
import { exposedNames, recordedNames } from '../../prometheus/metric-names.js';
import { testClient } from '../../support/kafka-group.js';
import { MAIL_SEND_SECONDS } from '../../support/mail-send-seconds.js';
import { metricOf } from '../../support/metrics.js';
import { readTopic } from '../../support/read-topic.js';
import { SmtpTestServer } from '../../support/smtp-test-server.js';
import { waitFor } from '../../support/wait-for.js';
import type { CassandraRing } from '../cassandra.js';
import { InfluxServer } from '../influxdb.js';
import { KafkaCluster } from '../kafka.js';
import { freePort } from '../server-process.js';
import { check } from '../system-program.js';

const SENSORS = 300;

interface Totals {
  readonly sensors: number;
  readonly active: number;
  readonly counted: number;
}

/** Customers on the ring, map and counts in InfluxDB, events in a double of EventStoreDB: what reads the events is in a process for each role, `project` in two. */
export function splitReadingRolesSuite(ring: () => CassandraRing): void {
  describe('project, notify and console in processes of their own', () => {
    let dir: string;
    let kafka: KafkaCluster;
    let influx: InfluxServer;
    let store: EventStoreServer;
    let mailServer: SmtpTestServer;
    let worker: Product;
    let projects: [Product, Product];
    let notify: Product;
    let console: Product;
    let raised = 0;

    beforeAll(async () => {
      await ring().clear();
      dir = mkdtempSync(join(tmpdir(), 'vigia-split-reading-'));
      kafka = await KafkaCluster.start({ brokers: 1 });
      influx = await InfluxServer.start();
      store = new EventStoreServer(dir, await freePort(), false);
      await store.start();
      mailServer = await SmtpTestServer.start();
      const settings = {
        KAFKA_BROKERS: kafka.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1', EVENTSTORE_URL: store.url, SMTP_URL: mailServer.url, VIGIA_MAIL_SEND_SECONDS: MAIL_SEND_SECONDS,
        INFLUX_URL: influx.url, INFLUX_ORG: influx.org, INFLUX_TOKEN: influx.token, ...ring().environment,
      };
      const product = async (name: string, roles: string, customers = 0): Promise<Product> =>
        new Product({ dataDir: join(dir, name), logFile: join(dir, `${name}.log`) }, { ingest: await freePort(), console: await freePort() }, customers, { ...settings, VIGIA_ROLES: roles });
      projects = [await product('project-1', 'project', SENSORS), await product('project-2', 'project')];
      [notify, console, worker] = [await product('notify', 'notify'), await product('console', 'console'), await product('worker', 'ingest,process')];
      for (const each of [...projects, notify, console, worker]) {
        each.start();
        await each.waitUntilUp();
      }
    }, 300_000);
    afterAll(async () => {
      await stopAll();
      await mailServer?.stop();
      await influx?.stop();
      await kafka?.stop();
      rmSync(dir, { recursive: true });
    });

    async function raise(alarms: number): Promise<void> {
      for (let i = 0; i < alarms; i += 1) {
        const body = `{"${(raised += 1)}", "true", "false", "20.0", "30.0"}`;
        const answer = await fetch(`${worker.ingestUrl}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
        expect(answer.status).toBe(200);
      }
    }
    const metric = (product: Product, name: string) => metricOf(product.consoleUrl, name);
    const isWriting = async (product: Product): Promise<boolean> => (await metricOf(product.consoleUrl, 'vigia_lease_held', { role: 'influx' })) === 1;
    const partNames = async (product: Product): Promise<string[]> => ((await product.get('/api/health')) as { parts: { name: string }[] }).parts.map(({ name }) => name);
    const statusOf = async (product: Product, path: string): Promise<number> => (await fetch(`${product.consoleUrl}${path}`)).status;

    async function totals(): Promise<Totals> {
      const { cells } = (await console.get('/api/map?prefixLength=2')) as { cells: { sensors: number; active: number }[] };
      const { items } = (await console.get('/api/counts')) as { items: { count: number }[] };
      const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
      return { sensors: sum(cells.map((cell) => cell.sensors)), active: sum(cells.map((cell) => cell.active)), counted: sum(items.map(({ count }) => count)) };
    }
    /** The console's answers, all of them from InfluxDB. */
    async function expectShown(): Promise<void> {
      let shown: Totals | null = null;
      const expected = { sensors: SENSORS, active: raised, counted: raised };
      await waitFor('the totals', async () => JSON.stringify((shown = await totals())) === JSON.stringify(expected), 20_000).catch(() => undefined);
      expect(shown).toEqual(expected);
      const before = await metric(console, 'vigia_influx_embedded_reads_total');
      expect(await totals()).toEqual(expected);
      expect(await metric(console, 'vigia_influx_embedded_reads_total')).toBe(before);
    }
    /** One e-mail and one record of COUNT for each alarm. */
    async function expectTold(): Promise<void> {
      await waitFor(`${raised} e-mails`, () => mailServer.mails.length >= raised, 20_000);
      const ids = (await console.alarms()).map(({ alarmId }) => alarmId).sort();
      expect(ids).toHaveLength(raised);
      expect((await mailServer.parsed()).map(({ headers }) => headers.get('x-vigia-alarm-id')).sort()).toEqual(ids);
      let counted: unknown[] = [];
      await waitFor('COUNT', async () => (counted = (await readTopic(testClient(kafka), 'COUNT')).map(({ headers }) => headers['ce_id'])).length >= raised, 20_000).catch(() => undefined);
      expect(counted.sort()).toEqual(ids);
    }

    it('each does its own part, and the console shows what the others made', async () => {
      await raise(30);
      await expectShown();
      await expectTold();
      // On a machine that is slow enough a lease may be lost, and is taken again.
      await waitFor('one that writes', async () => (await Promise.all(projects.map(isWriting))).filter(Boolean).length === 1);
      expect(await partNames(notify)).toEqual(expect.arrayContaining(['notifications', 'customers']));
      expect(await partNames(notify)).not.toEqual(expect.arrayContaining(['count-topic']));
      expect(await partNames(projects[0])).toEqual(expect.arrayContaining(['influxdb', 'projection influx-sensor-state', 'count-topic']));
      expect(await partNames(projects[0])).not.toContain('notifications');
      expect(await partNames(console)).not.toEqual(expect.arrayContaining(['notifications']));
      expect(await metric(console, 'vigia_influx_lines_written_total')).toBe(0);
      // Customers are shown by the console alone.
      const paths = ['/api/customers/1', '/api/alarms', '/api/map', '/'];
      expect(await Promise.all(paths.map((path) => statusOf(console, path)))).toEqual([200, 200, 200, 200]);
      for (const other of [...projects, notify]) expect(await Promise.all(paths.map((path) => statusOf(other, path)))).toEqual([404, 404, 404, 404]);
    }, 90_000);

    it('the console tells its pages of a change when InfluxDB has what another process wrote', async () => {
      const ending = new AbortController();
      const { body } = await fetch(`${console.consoleUrl}/api/live`, { signal: ending.signal });
      let told = '';
      const listening = (async () => {
        for await (const chunk of body!.pipeThrough(new TextDecoderStream())) told += chunk;
      })().catch(() => undefined);
      try {
        await waitFor('the greeting', () => told.includes('event: hello'));
        await raise(1);
        // The feed would wait five seconds for read models that never say that they have it.
        await waitFor('a word that the map is another', () => told.includes('event: map'), 4_800);
        expect((await totals()).active).toBe(raised);
      } finally {
        ending.abort();
        await listening;
      }
    });

    it('the metrics of each pass promtool check metrics, and are recorded for rules and dashboards', async () => {
      const recorded = recordedNames();
      const exposed = new Set<string>();
      for (const product of [...projects, notify, console, worker]) {
        const text = await (await fetch(`${product.consoleUrl}/metrics`)).text();
        expect(check('promtool', 'prometheus', ['check', 'metrics'], text)).toEqual({ status: 0, output: '' });
        for (const name of exposedNames(text).filter((each) => each.startsWith('vigia_'))) exposed.add(name);
      }
      // Both ways: an alert on a metric that is gone would be silent.
      expect([...exposed].sort()).toEqual([...recorded].filter((name) => name.startsWith('vigia_')).sort());
    });

    it('the other project goes on when the one that writes is killed, and nothing is missing or twice', async () => {
      const [active, standby] = (await isWriting(projects[0])) ? projects : [projects[1], projects[0]];
      await raise(20);
      await active.kill();
      await raise(20);
      await waitFor('the taking of the lease', () => isWriting(standby), 10_000);
      await expectShown();
      await expectTold();
      active.start();
      await active.waitUntilUp();
      await raise(10);
      await expectShown();
      await expectTold();
      expect(await isWriting(active)).toBe(false);
      // Commands reach the process that does the work by its data folder, with or without a console.
      expect(await standby.command('rebuild', 'influx-alarms-per-minute')).toContain('equal true');
      await expectShown();
    }, 120_000);
  });
}
