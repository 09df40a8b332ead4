import { parse as parseCsvText } from 'csv-parse/sync';
import { asSent, choicesOf, questionsOf, storedDashboards, type Question, type Settings, type StoredDashboard } from './grafana-questions.js';
import type { InfluxServer } from './influxdb.js';
import type { PrometheusServer, Sample } from './prometheus.js';

const STEP_SECONDS = 5;

export type Row = Readonly<Record<string, string>>;

export interface DashboardServers {
  readonly influx: InfluxServer;
  readonly bucket: string;
  readonly prometheus: PrometheusServer;
  /** The time range that is chosen. */
  readonly range: { readonly startMs: number; readonly endMs: number };
}

/** What the stored dashboards' queries are answered by the servers that Grafana asks. */
export class DashboardAnswers {
  readonly dashboards: readonly StoredDashboard[];

  /** `leaveOut`: dashboards of what is not there, by uid. */
  constructor(
    private readonly servers: DashboardServers,
    leaveOut: readonly string[] = [],
  ) {
    this.dashboards = storedDashboards().filter(({ uid }) => !leaveOut.includes(uid));
  }

  async askFlux(question: Question, settings: Settings): Promise<Row[]> {
    const { influx, bucket, range } = this.servers;
    const query = asSent(question, settings, range, bucket);
    return rowsOf(await influx.call('POST', `/api/v2/query?org=${encodeURIComponent(influx.org)}`, { query, dialect: { annotations: [], header: true } }));
  }

  askPrometheus(question: Question, settings: Settings): Promise<Sample[]> {
    const { prometheus, bucket, range } = this.servers;
    const query = asSent(question, settings, range, bucket);
    return question.isInstant ? prometheus.instant(query, range.endMs) : prometheus.range(query, range.startMs, range.endMs, STEP_SECONDS);
  }

  /** All that is chosen at first, then each variable on one value of its own. Thrown: an error naming a variable without a value. */
  async settingsOf({ uid, templating: { list } }: StoredDashboard): Promise<[Settings, ...Settings[]]> {
    const first: Record<string, string | readonly string[]> = {};
    const others: Settings[] = [];
    for (const variable of list) {
      const choices = choicesOf(variable);
      const values = 'metric' in choices ? await this.servers.prometheus.labelValues(choices.metric, choices.label) : choices;
      if (values.length === 0) throw new Error(`${uid}: variable ${variable.name} has no value`);
      first[variable.name] = variable.multi ? (variable.allValue ?? values) : (values[0] as string);
      for (const value of values) others.push({ [variable.name]: variable.multi ? [value] : value });
    }
    return [first, ...others.map((changed) => ({ ...first, ...changed }))];
  }

  /** Queries to Prometheus that have no number for an answer, or 0 alone where that tells nothing. `quiet` names those of what did not happen. */
  async unansweredPromql(quiet: readonly string[] = []): Promise<string[]> {
    const empty: string[] = [];
    for (const dashboard of this.dashboards) {
      const [all, ...single] = await this.settingsOf(dashboard);
      for (const question of questionsOf(dashboard).filter(({ name, language }) => language === 'promql' && !quiet.includes(name))) {
        const numbers = (await this.askPrometheus(question, all)).map(({ value }) => value).filter(Number.isFinite);
        if (numbers.length === 0) empty.push(question.name);
        else if (!MAY_BE_ZERO.has(question.name) && !numbers.some((value) => value > 0)) empty.push(`${question.name}: only 0`);
        // At least one value of a variable has an answer, and each has a query that Prometheus takes.
        if (!/\$(?!__)/.test(question.text)) continue;
        let answered = 0;
        for (const settings of single) answered += (await this.askPrometheus(question, settings)).length;
        if (answered === 0) empty.push(`${question.name}: with one value of its variable`);
      }
    }
    return empty;
  }

  /** Queries to InfluxDB without a row for an answer. `activeIn` tells how many sensors are active in a zone, or in the world. */
  async unansweredFlux(activeIn: (zone: string | null) => number, settingsOf = (dashboard: StoredDashboard): Promise<readonly Settings[]> => this.settingsOf(dashboard)): Promise<string[]> {
    const wrong: string[] = [];
    for (const dashboard of this.dashboards) {
      const zone = /^vigia-zone-(.+)$/.exec(dashboard.uid)?.[1] ?? null;
      for (const settings of await settingsOf(dashboard)) {
        for (const question of questionsOf(dashboard).filter(({ language }) => language === 'flux')) {
          const rows = await this.askFlux(question, settings);
          const isOfActive = / \/ (Active sensors|Open alarms by type) \/ A$| \/ (Map of \w+|World) \/ B$/.test(question.name);
          const mayBeEmpty = isOfActive && activeIn(zone) === 0;
          if (rows.length === 0 && !mayBeEmpty) wrong.push(`${question.name} with ${JSON.stringify(settings)}`);
        }
      }
    }
    return wrong;
  }
}

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

/** The rows of an answer in CSV: tables one below the other, each set of columns with a header of its own. */
export function rowsOf(csv: string): Row[] {
  const rows: Row[] = [];
  for (const part of csv.trim().split(/\r?\n\r?\n/).filter((text) => text.trim() !== '')) {
    const table: string[][] = parseCsvText(part, { relax_column_count: true });
    const [header = [], ...lines] = table;
    for (const cells of lines) rows.push(Object.fromEntries(header.map((column, index) => [column, cells[index] ?? ''] as const).filter(([column]) => !['', 'result', 'table'].includes(column))));
  }
  return rows;
}
