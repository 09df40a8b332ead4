import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseCsvText } from 'csv-parse/sync';
import { Kafka, logLevel } from 'kafkajs';
import { ZONES } from '../../src/customers/zones.js';
import { Child, stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';
import { asSent, choicesOf, questionsOf, storedDashboards, type Question, type Settings, type StoredDashboard } from './grafana-questions.js';
import { HaProxy } from './haproxy.js';
import { InfluxServer } from './influxdb.js';
import { KafkaCluster } from './kafka.js';
import { GROWTH_PER_SECOND, PlayedExposition } from './played-exposition.js';
import { PrometheusServer, type Sample } from './prometheus.js';
import { freePort, ServerProcess } from './server-process.js';
import { systemProgram } from './system-program.js';

const SENSORS = 2_000;
const RATE = 200;
const BUCKET = 'vigia';
const RECORDED = fileURLToPath(new URL('../fixtures/expositions/', import.meta.url));

/** Long enough for rates over a minute, short enough to wait for. */
const SECONDS = 45;
const STEP_SECONDS = 5;

type Row = Readonly<Record<string, string>>;

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
  let node: ServerProcess;
  let played: PlayedExposition[];
  let prometheus: PrometheusServer;
  const range = { startMs: 0, endMs: 0 };
  const dashboards = storedDashboards();
  const dashboardOf = (uid: string): StoredDashboard => dashboards.find((each) => each.uid === uid)!;
  const questionOf = (name: string): Question => {
    const found = dashboards.flatMap(questionsOf).find((question) => question.name === name);
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
    const nodePort = await freePort();
    const nodeUrl = `http://127.0.0.1:${nodePort}/metrics`;
    node = await ServerProcess.start('node-exporter', systemProgram('prometheus-node-exporter'), [`--web.listen-address=127.0.0.1:${nodePort}`], async () => (await fetch(nodeUrl)).ok);
    played = [];
    for (const name of ['cadvisor', 'cassandra', 'vigia-on-cassandra']) played.push(await PlayedExposition.start(readFileSync(`${RECORDED}${name}.txt`, 'utf8')));
    const [cadvisor, cassandra, onCassandra] = played.map(({ address }) => address) as [string, string, string];
    prometheus = await PrometheusServer.start({
      vigia: [`127.0.0.1:${ports.console}`, onCassandra], haproxy: [hostOf(proxy.metricsUrl)], kafka: kafka.metricsUrls.map(hostOf),
      influxdb: [hostOf(influx.url)], node: [`127.0.0.1:${nodePort}`], cadvisor: [cadvisor], cassandra: [cassandra],
    });
    await waitFor('all jobs scraped', async () => (await prometheus.jobsUp()).join() === 'cadvisor,cassandra,haproxy,influxdb,kafka,node,vigia', 40_000);
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

  async function askFlux(name: string, settings: Settings): Promise<Row[]> {
    const query = asSent(questionOf(name), settings, range, BUCKET);
    const text = await influx.call('POST', `/api/v2/query?org=${encodeURIComponent(influx.org)}`, { query, dialect: { annotations: [], header: true } });
    return rowsOf(text);
  }

  function askPrometheus(question: Question, settings: Settings): Promise<Sample[]> {
    const query = asSent(question, settings, range, BUCKET);
    return question.isInstant ? prometheus.instant(query, range.endMs) : prometheus.range(query, range.startMs, range.endMs, STEP_SECONDS);
  }

  /** All that is chosen at first, then each variable on one value of its own. */
  async function settingsOf({ templating: { list } }: StoredDashboard): Promise<Settings[]> {
    const first: Record<string, string | readonly string[]> = {};
    const others: Settings[] = [];
    for (const variable of list) {
      const choices = choicesOf(variable);
      const values = 'metric' in choices ? await prometheus.labelValues(choices.metric, choices.label) : choices;
      expect([variable.name, values.length]).not.toEqual([variable.name, 0]);
      first[variable.name] = variable.multi ? (variable.allValue ?? values) : (values[0] as string);
      for (const value of values) others.push({ [variable.name]: variable.multi ? [value] : value });
    }
    return [first, ...others.map((changed) => ({ ...first, ...changed }))];
  }

  const open = async (): Promise<Alarm[]> => (await product.list<Alarm>('/api/alarms')).filter(({ status }) => status === 'open');
  const cellsOf = async (zone: string | null): Promise<Cell[]> => ((await product.get(`/api/map?prefixLength=3${zone === null ? '' : `&zone=${zone}`}`)) as { cells: Cell[] }).cells;
  const first = async (uid: string): Promise<Settings> => (await settingsOf(dashboardOf(uid)))[0] as Settings;

  it('ask Prometheus nothing that has no answer, whatever their variables are set to', async () => {
    const empty: string[] = [];
    for (const dashboard of dashboards) {
      const [all, ...single] = await settingsOf(dashboard);
      for (const question of questionsOf(dashboard).filter(({ language }) => language === 'promql')) {
        const numbers = (await askPrometheus(question, all as Settings)).map(({ value }) => value).filter(Number.isFinite);
        if (numbers.length === 0) empty.push(question.name);
        else if (!MAY_BE_ZERO.has(question.name) && !numbers.some((value) => value > 0)) empty.push(`${question.name}: only 0`);
        // At least one value of a variable has an answer, and each has a query that Prometheus takes.
        if (!/\$(?!__)/.test(question.text)) continue;
        let answered = 0;
        for (const settings of single) answered += (await askPrometheus(question, settings)).length;
        if (answered === 0) empty.push(`${question.name}: with one value of its variable`);
      }
    }
    expect(empty).toEqual([]);
  });

  it('ask InfluxDB nothing that has no answer, whatever their variables are set to', async () => {
    const wrong: string[] = [];
    const byZone = new Map<string | null, { readonly normal: number; readonly active: number }>();
    for (const zone of [null, ...ZONES]) {
      const cells = await cellsOf(zone);
      byZone.set(zone, { normal: sum(cells.map(({ sensors, active }) => sensors - active)), active: sum(cells.map(({ active }) => active)) });
    }
    for (const dashboard of dashboards) {
      const zone = /^vigia-zone-(.+)$/.exec(dashboard.uid)?.[1] ?? null;
      for (const settings of await settingsOf(dashboard)) {
        for (const { name } of questionsOf(dashboard).filter(({ language }) => language === 'flux')) {
          const rows = await askFlux(name, settings);
          const isOfActive = / \/ (Active sensors|Open alarms by type) \/ A$| \/ (Map of \w+|World) \/ B$/.test(name);
          const mayBeEmpty = isOfActive && byZone.get(zone)!.active === 0;
          if (rows.length === 0 && !mayBeEmpty) wrong.push(`${name} with ${JSON.stringify(settings)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
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
      const samples = await askPrometheus(questionOf(name), await first(name.split(' ')[0]!));
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
    const alerts = await askPrometheus(questionOf('vigia-alarm-path / Alerts / A'), await first('vigia-alarm-path'));
    const named = new Set(alerts.map(({ labels }) => `${labels['alertname']} ${labels['alertstate']}`));
    expect(named).toContain('EmailsParked firing');
    expect(named).toContain('DeadLetters firing');
    expect([...named].filter((name) => /Down|Stopped|Lost|Without|Twice|NoEndpoint/.test(name))).toEqual([]);
  });

  it('show of containers what cAdvisor tells, and nothing that is no container', async () => {
    const settings = await first('vigia-containers');
    const last = async (panel: string): Promise<Record<string, number>> => {
      const samples = await askPrometheus(questionOf(`vigia-containers / ${panel} / A`), settings);
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

/** Figures that are 0 in a run in which nothing else goes wrong; that they are there is what is asked. */
const MAY_BE_ZERO = new Set([
  'vigia-alarm-path / Waiting records / A',
  'vigia-alarm-path / Batches handled again, conflicts of writers / A',
  'vigia-alarm-path / Batches handled again, conflicts of writers / B',
  'vigia-alarm-path / Oldest e-mail that waits / A',
  'vigia-alarm-path / E-mails that wait / A',
  'vigia-alarm-path / Topic COUNT / A',
  'vigia-alarm-path / Projections behind / A',
  'vigia-alarm-path / Lines to InfluxDB / B',
  'vigia-kafka / Partitions without a leader / A',
  'vigia-kafka / Partitions that lack a replica / A',
  'vigia-kafka / Garbage collection / A',
  'vigia-cassandra / Nodes that a node believes to be down / A',
  'vigia-cassandra / Compactions that wait / A',
  'vigia-cassandra / Requests that failed / A',
  'vigia-hosts / Disk reads / A',
  // Loopback is not counted, and a machine may have nothing else to do.
  'vigia-hosts / Network in / A',
  'vigia-hosts / Network out / A',
  'vigia-hosts / Disk writes / A',
]);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function hostOf(url: string): string {
  return new URL(url).host;
}

/** The rows of an answer in CSV: tables one below the other, each set of columns with a header of its own. */
function rowsOf(csv: string): Row[] {
  const rows: Row[] = [];
  for (const part of csv.trim().split(/\r?\n\r?\n/).filter((text) => text.trim() !== '')) {
    const table: string[][] = parseCsvText(part, { relax_column_count: true });
    const [header = [], ...lines] = table;
    for (const cells of lines) rows.push(Object.fromEntries(header.map((column, index) => [column, cells[index] ?? ''] as const).filter(([column]) => !['', 'result', 'table'].includes(column))));
  }
  return rows;
}
