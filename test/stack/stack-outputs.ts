import { systemClock } from '../../src/clock.js';
import { ZONES } from '../../src/customers/zones.js';
import type { Outputs } from '../acceptance/checks.js';
import { DashboardAnswers } from '../servers/dashboard-answers.js';
import type { StoredDashboard } from '../servers/grafana-questions.js';
import { metricOf } from '../support/metrics.js';
import type { StackOutputs } from './stack-checks.js';
import { BUCKET, type Stack } from './stack.js';

/** What Prometheus watches here; of the source's, containers and Grafana are missing. */
export const JOBS = ['cassandra', 'eventstoredb', 'haproxy', 'influxdb', 'kafka', 'node', 'prometheus', 'vigia'];

/** While the event store is away, batches are handled again and again; the alert looks back on five minutes. */
const EXPECTED_ALERTS = ['BatchesFail'];

/** Scrapes and rules are 5 s apart, and an alert ends with the minute it looks back on. */
const WATCH_LIMIT_MS = 90_000;

/** Customers by sensor id, asked of Cassandra itself. */
export async function readCassandra({ systems: { cassandra } }: Stack, sensorIds: readonly string[]): Promise<Outputs['customers']> {
  const customers = new Map<string, { name: string; surname: string; emailaddress: string }>();
  await cassandra.withClient(async (client) => {
    for (const id of sensorIds) {
      const { rows } = await client.execute('SELECT name, surname, emailaddress FROM world.datosclientes WHERE id = ?', [Number(id)], { prepare: true });
      for (const row of rows) customers.set(id, { name: String(row['name']), surname: String(row['surname']), emailaddress: String(row['emailaddress']) });
    }
  });
  return customers;
}

/** How many questions for map and counts each has answered for the shown console. */
export async function answersOfInflux({ console: shown }: Stack): Promise<{ influx: number; embedded: number }> {
  const valueOf = async (name: string): Promise<number> => (await metricOf(shown.consoleUrl, name)) ?? NaN;
  return { influx: await valueOf('vigia_influx_reads_total'), embedded: await valueOf('vigia_influx_embedded_reads_total') };
}

/** The jobs that Prometheus reaches and the unexpected alerts that fire, when all are reached and none does, or after a while. */
export async function readWatch({ prometheus }: Stack): Promise<Omit<StackOutputs['watch'], 'jobs'>> {
  for (const untilMs = systemClock.now() + WATCH_LIMIT_MS; ; await systemClock.sleep(1000)) {
    const jobsUp = await prometheus.jobsUp();
    const alerts = await prometheus.instant('ALERTS{alertstate="firing"}', systemClock.now());
    const unexpected = alerts.filter(({ labels: { alertname = '' } }) => !EXPECTED_ALERTS.includes(alertname));
    const firing = unexpected.map(({ labels: { alertname, instance, part } }) => [alertname, instance, part].filter(Boolean).join(' '));
    const isQuiet = JOBS.every((job) => jobsUp.includes(job)) && firing.length === 0;
    if (isQuiet || systemClock.now() > untilMs) return { jobsUp, firing };
  }
}

/** Needs cAdvisor, which watches a container engine. */
const WITHOUT_SYSTEM = ['vigia-containers'];

/** What shows things that did not happen in the run. */
const QUIET = [
  'vigia-alarm-path / E-mails parked / A',
  'vigia-alarm-path / Parts that are not up / A',
  'vigia-alarm-path / Refused / A',
  'vigia-alarm-path / Dead letters / A',
  'vigia-world / E-mails that wait for an operator / A',
];

/** Queries of the dashboards that have no answer for the time of the run, with all chosen that can be. */
export async function readDashboards({ systems: { influx }, prometheus, console: shown }: Stack, range: { readonly startMs: number; readonly endMs: number }): Promise<string[]> {
  const answers = new DashboardAnswers({ influx, bucket: BUCKET, prometheus, range }, WITHOUT_SYSTEM);
  const active = new Map<string | null, number>();
  for (const zone of [null, ...ZONES]) {
    const { cells } = (await shown.get(`/api/map?prefixLength=1${zone === null ? '' : `&zone=${zone}`}`)) as { cells: { active: number }[] };
    active.set(zone, cells.reduce((sum, cell) => sum + cell.active, 0));
  }
  const first = async (dashboard: StoredDashboard) => (await answers.settingsOf(dashboard)).slice(0, 1);
  return [...(await answers.unansweredPromql(QUIET)), ...(await answers.unansweredFlux((zone) => active.get(zone) ?? 0, first))];
}
