import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { ZONES } from '../../src/customers/zones.js';
import { Child, stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';
import { DashboardAnswers, type Row } from './dashboard-answers.js';
import { questionsOf, type Question, type Settings, type StoredDashboard } from './grafana-questions.js';
import { HaProxy } from './haproxy.js';
import { InfluxServer } from './influxdb.js';
import { KafkaCluster } from './kafka.js';
import { NodeExporter } from './node-exporter.js';
import { GROWTH_PER_SECOND, PlayedExposition } from './played-exposition.js';
import { PrometheusServer, type Sample } from './prometheus.js';
import { freePort } from './server-process.js';

const SENSORS = 2_000;
const RATE = 200;
const BUCKET = 'vigia';
const RECORDED = fileURLToPath(new URL('../fixtures/expositions/', import.meta.url));

/** Long enough for rates over a minute, short enough to wait for. */
const SECONDS = 45;

interface Alarm {
  readonly sensorId: string;
  readonly type: string;
  readonly status: string;
}

interface Cell {
  readonly sensors: number;
  readonly active: number;
}

/** Every query of every dashboard, asked of the servers that Grafana asks, with what a run of the product has left there. */
describe('the dashboards', () => {
  let dir: string;
  let kafka: KafkaCluster;
  let influx: InfluxServer;
  let mailServer: SmtpTestServer;
  let product: Product;
  let proxy: HaProxy;
  let node: NodeExporter;
  let played: PlayedExposition[];
  let prometheus: PrometheusServer;
  let answers: DashboardAnswers;
  const range = { startMs: 0, endMs: 0 };
  const dashboardOf = (uid: string): StoredDashboard => answers.dashboards.find((each) => each.uid === uid)!;
  const questionOf = (name: string): Question => {
    const found = answers.dashboards.flatMap(questionsOf).find((question) => question.name === name);
    if (found === undefined) throw new Error(`no such query: ${name}`);
    return found;
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-dashboards-'));
    [kafka, influx, mailServer] = await Promise.all([KafkaCluster.start({ brokers: 1, jmx: true }), InfluxServer.start(), SmtpTestServer.start()]);
    // One e-mail is refused for good, and so parked.
    mailServer.behave = (attempt) => (attempt === 3 ? { refuseAt: 'rcpt-to', code: 550 } : 'accept');
    const ports = { ingest: await freePort(), console: await freePort() };
    const settings = {
      KAFKA_BROKERS: kafka.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1', SMTP_URL: mailServer.url,
      INFLUX_URL: influx.url, INFLUX_ORG: influx.org, INFLUX_TOKEN: influx.token, INFLUX_BUCKET: BUCKET,
    };
    product = new Product({ dataDir: join(dir, 'data'), logFile: join(dir, 'product.log') }, ports, SENSORS, settings);
    product.start();
    await product.waitUntilUp();
    proxy = await HaProxy.start([`127.0.0.1:${ports.ingest}`, `127.0.0.1:${await freePort()}`]);
    node = await NodeExporter.start();
    played = [];
    for (const name of ['cadvisor', 'cassandra', 'vigia-on-cassandra']) played.push(await PlayedExposition.start(readFileSync(`${RECORDED}${name}.txt`, 'utf8')));
    const [cadvisor, cassandra, onCassandra] = played.map(({ address }) => address) as [string, string, string];
    prometheus = await PrometheusServer.start({
      vigia: [`127.0.0.1:${ports.console}`, onCassandra], haproxy: [hostOf(proxy.metricsUrl)], kafka: kafka.metricsUrls.map(hostOf),
      influxdb: [hostOf(influx.url)], node: [node.address], cadvisor: [cadvisor], cassandra: [cassandra],
    });
    await waitFor('all jobs scraped', async () => (await prometheus.jobsUp()).join() === 'cadvisor,cassandra,haproxy,influxdb,kafka,node,prometheus,vigia', 40_000);
    answers = new DashboardAnswers({ influx, bucket: BUCKET, prometheus, range });
    range.startMs = Date.now() - 60_000;
    await run(ports.ingest);
    range.endMs = Date.now();
  }, 300_000);
  afterAll(async () => {
    await prometheus?.stop();
    await Promise.all([...(played ?? []).map((each) => each.stop()), node?.stop(), proxy?.stop()]);
    await stopAll();
    await mailServer?.stop();
    await influx?.stop();
    await kafka?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Readings for some time, and one of each thing that goes wrong. */
  async function run(ingestPort: number): Promise<void> {
    const args = ['simulate', '--url', proxy.url, '--seed', 'dashboards', '--rate', String(RATE), '--sensors', String(SENSORS), '--abnormal', '0.03', '--duration', `${SECONDS}s`, '--quiet'];
    const simulator = new Child({ args: ['dist/cli/vigia.js', ...args] });
    const producer = new Kafka({ clientId: 'spec', brokers: kafka.bootstrapServers.split(','), logLevel: logLevel.NOTHING }).producer({ allowAutoTopicCreation: false });
    await producer.connect();
    for (const topic of ['ENTRY', 'OK']) await producer.send({ topic, messages: [{ value: 'no reading' }] });
    await producer.disconnect();
    for (let sent = 0; simulator.isRunning; sent += 1) {
      const refused = await fetch(`http://127.0.0.1:${ingestPort}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'image/png' }, body: 'no reading' });
      expect(refused.status).toBe(415);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect((await simulator.ended).code).toBe(0);
    await product.waitUntilSettled();
    await waitFor('the parked e-mail scraped', async () => (await prometheus.instant('vigia:emails_parked:max', Date.now())).some(({ value }) => value === 1));
  }

  const askFlux = (name: string, settings: Settings): Promise<Row[]> => answers.askFlux(questionOf(name), settings);
  const open = async (): Promise<Alarm[]> => (await product.list<Alarm>('/api/alarms')).filter(({ status }) => status === 'open');
  const cellsOf = async (zone: string | null): Promise<Cell[]> => ((await product.get(`/api/map?prefixLength=3${zone === null ? '' : `&zone=${zone}`}`)) as { cells: Cell[] }).cells;
  const first = async (uid: string): Promise<Settings> => (await answers.settingsOf(dashboardOf(uid)))[0];

  it('ask Prometheus nothing that has no answer, whatever their variables are set to', async () => {
    expect(await answers.unansweredPromql()).toEqual([]);
  });

  it('ask InfluxDB nothing that has no answer, whatever their variables are set to', async () => {
    const active = new Map<string | null, number>();
    for (const zone of [null, ...ZONES]) active.set(zone, sum((await cellsOf(zone)).map((cell) => cell.active)));
    expect(await answers.unansweredFlux((zone) => active.get(zone)!)).toEqual([]);
  });

  it.each([null, ...ZONES].map((zone) => ({ zone, where: zone ?? 'the world' })))('show the sensors of $where as the product’s own map does', async ({ zone }) => {
    const uid = zone === null ? 'vigia-world' : `vigia-zone-${zone}`;
    const settings = await first(uid);
    const cells = await cellsOf(zone);
    const active = sum(cells.map((cell) => cell.active));
    const sensors = sum(cells.map((cell) => cell.sensors));
    const figures = questionsOf(dashboardOf(uid)).filter(({ name }) => name.includes('/ Active sensors /'));
    expect(sensors).toBeGreaterThan(0);
    expect(await askFlux(`${uid} / Sensors / A`, settings)).toEqual([{ sensors: String(sensors) }]);
    expect(await askFlux(figures[0]!.name, settings)).toEqual([{ active: String(active) }]);
    const map = `${uid} / ${zone === null ? 'World' : `Map of ${zone}`}`;
    const normal = await askFlux(`${map} / A`, settings);
    expect(sum(normal.map((row) => Number(row['normal'])))).toBe(sensors - active);
    for (const { geohash } of normal) expect(geohash).toHaveLength(Number(settings['precision']));
    const marked = await askFlux(`${map} / B`, settings);
    expect(marked).toHaveLength(active);
    const types = new Map<string, string[]>();
    for (const { sensorId, type } of await open()) types.set(String(sensorId), [...(types.get(String(sensorId)) ?? []), type].sort());
    for (const { sensor, types: shown, geohash } of marked) {
      expect(shown).toBe(types.get(sensor!)?.join(', '));
      expect(geohash!.length).toBeGreaterThan(5);
    }
    if (zone === null) {
      expect(marked.map(({ sensor }) => sensor).sort()).toEqual([...types.keys()].sort());
      expect(active).toBeGreaterThan(20);
      const zones = await askFlux('vigia-world / Zones / A', settings);
      for (const row of zones) {
        const ofZone = await cellsOf(row['zone']!);
        expect(row).toEqual({ zone: row['zone'], sensors: String(sum(ofZone.map((cell) => cell.sensors))), active: String(sum(ofZone.map((cell) => cell.active))) });
      }
      expect(zones.map((row) => row['zone']).sort()).toEqual([...ZONES].sort());
    }
  });

  it('show the alarms of each minute as the product counts them (R6)', async () => {
    const query = `from=${encodeURIComponent(new Date(range.startMs - 60_000).toISOString())}&to=${encodeURIComponent(new Date(range.endMs).toISOString())}`;
    const { items } = (await product.get(`/api/counts?${query}`)) as { items: { minute: string; type: string; count: number }[] };
    const counted = items.filter(({ minute }) => Date.parse(minute) >= range.startMs);
    expect(counted.length).toBeGreaterThan(2);
    const all = await first('vigia-alarm-history');
    const shown = (await askFlux('vigia-alarm-history / Alarms by type / A', all)).filter((row) => row['_value'] !== '0');
    const asText = (minute: string, type: string, count: number | string): string => `${new Date(minute).toISOString()} ${type} ${count}`;
    expect(shown.map((row) => asText(row['_time']!, row['type']!, row['_value']!)).sort()).toEqual(counted.map(({ minute, type, count }) => asText(minute, type, count)).sort());
    const motions = sum(counted.filter(({ type }) => type === 'motion').map(({ count }) => count));
    expect(await askFlux('vigia-alarm-history / Alarms in the time range / A', { ...all, type: ['motion'] })).toEqual([{ type: 'motion', alarms: String(motions) }]);
    const perHour = await askFlux('vigia-alarm-history / Alarms by type / A', { ...all, per: '1h' });
    expect(sum(perHour.map((row) => Number(row['_value'])))).toBe(sum(counted.map(({ count }) => count)));
    const busiest = await askFlux('vigia-alarm-history / Busiest minutes / A', all);
    expect(Number(busiest[0]!['alarms'])).toBe(Math.max(...[...new Set(counted.map(({ minute }) => minute))].map((at) => sum(counted.filter(({ minute }) => minute === at).map(({ count }) => count)))));
  });

  it('show the rates and totals of the run', async () => {
    const shown = async (name: string, labels: Readonly<Record<string, string>>): Promise<Sample[]> => {
      const samples = await answers.askPrometheus(questionOf(name), await first(name.split(' ')[0]!));
      return samples.filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value));
    };
    const highest = async (name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> => Math.max(...(await shown(name, labels)).map(({ value }) => value));
    for (const name of ['vigia-alarm-path / Accepted / A', 'vigia-kafka / Messages in / A']) {
      const rate = await highest(name, { topic: 'ENTRY' });
      expect([name, rate > RATE * 0.5, rate < RATE * 1.5]).toEqual([name, true, true]);
    }
    const processed = await highest('vigia-alarm-path / Processed / A', { topic: 'ENTRY', outcome: 'normal' });
    expect([processed > RATE * 0.5, processed < RATE * 1.5]).toEqual([true, true]);
    // The last value: of a counter's first two samples Prometheus makes up to twice the increase.
    expect((await shown('vigia-alarm-path / Dead letters / A', { topic: 'OK' })).at(-1)?.value).toBeCloseTo(1, 0);
    expect(await highest('vigia-alarm-path / Refused / A', { status: '415' })).toBeGreaterThan(0.5);
    expect(await highest('vigia-alarm-path / E-mails parked / A')).toBe(1);
    expect(await highest('vigia-alarm-path / Ingest endpoints behind the load balancer / A', { server: 'endpoint-1' })).toBe(1);
    expect(await highest('vigia-alarm-path / Ingest endpoints behind the load balancer / A', { server: 'endpoint-2' })).toBe(0);
    const alerts = await answers.askPrometheus(questionOf('vigia-alarm-path / Alerts / A'), await first('vigia-alarm-path'));
    const named = new Set(alerts.map(({ labels }) => `${labels['alertname']} ${labels['alertstate']}`));
    expect(named).toContain('EmailsParked firing');
    expect(named).toContain('DeadLetters firing');
    expect([...named].filter((name) => /Down|Stopped|Lost|Without|Twice|NoEndpoint/.test(name))).toEqual([]);
  });

  it('show of containers what cAdvisor tells, and nothing that is no container', async () => {
    const settings = await first('vigia-containers');
    const last = async (panel: string): Promise<Record<string, number>> => {
      const samples = await answers.askPrometheus(questionOf(`vigia-containers / ${panel} / A`), settings);
      return Object.fromEntries(samples.map(({ labels, value }) => [labels['name'] ?? '', value]));
    };
    const close = (values: Record<string, number>, wanted: Record<string, number>): void => {
      expect(Object.keys(values).sort()).toEqual(Object.keys(wanted).sort());
      for (const [name, value] of Object.entries(wanted)) expect([name, Math.abs(values[name]! / value - 1) < 0.1]).toEqual([name, true]);
    };
    close(await last('CPU'), { core: 100 * GROWTH_PER_SECOND, 'kafka-1': 30 * GROWTH_PER_SECOND });
    close(await last('Network in'), { core: 1_000_000 * GROWTH_PER_SECOND, 'kafka-1': 4_000_000 * GROWTH_PER_SECOND });
    close(await last('Memory'), { core: 209_715_200, 'kafka-1': 524_288_000 });
    expect(await last('Containers')).toEqual({ '': 2 });
    expect(await last('Running since')).toEqual({ core: 1_700_000_100_000, 'kafka-1': 1_700_000_000_000 });
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function hostOf(url: string): string {
  return new URL(url).host;
}
