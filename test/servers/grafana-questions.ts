import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../docker/grafana/dashboards/', import.meta.url));

interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string };
  readonly expr?: string;
  readonly instant?: boolean;
  readonly query?: string;
}

interface Variable {
  readonly name: string;
  readonly type: 'custom' | 'query';
  readonly query: string | { readonly query: string };
  readonly multi: boolean;
  readonly allValue?: string;
}

export interface StoredDashboard {
  readonly uid: string;
  readonly time: { readonly from: string };
  readonly panels: readonly { readonly title: string; readonly type: string; readonly targets?: readonly Target[] }[];
  readonly templating: { readonly list: readonly Variable[] };
}

/** One query of a panel. */
export interface Question {
  /** `vigia-kafka / Messages in / A` */
  readonly name: string;
  readonly language: 'flux' | 'promql';
  /** Asked for the end of the time range alone. */
  readonly isInstant: boolean;
  readonly text: string;
}

/** The dashboards that Grafana is provisioned with, as they are stored. */
export function storedDashboards(): StoredDashboard[] {
  return readdirSync(FOLDER).map((file) => JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) as StoredDashboard);
}

export function questionsOf({ uid, panels }: StoredDashboard): Question[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, datasource, expr, query, instant }) => {
      const name = `${uid} / ${title} / ${refId}`;
      if (datasource.type === 'influxdb' && query !== undefined) return { name, language: 'flux' as const, isInstant: false, text: query };
      if (datasource.type === 'prometheus' && expr !== undefined) return { name, language: 'promql' as const, isInstant: instant === true, text: expr };
      throw new Error(`${name}: a query of no known data source`);
    }),
  );
}

/** What a variable may be set to: the values of a custom one, or `{ metric, label }` whose values in Prometheus it has. */
export function choicesOf({ type, query }: Variable): readonly string[] | { readonly metric: string; readonly label: string } {
  const text = typeof query === 'string' ? query : query.query;
  if (type === 'custom') return text.split(',');
  const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(text) ?? [];
  if (metric === undefined || label === undefined) throw new Error(`a variable’s query of no known form: ${text}`);
  return { metric, label };
}

/** Values of the variables: a text, or all that are chosen of one that takes several. */
export type Settings = Readonly<Record<string, string | readonly string[]>>;

/** Scrapes are 5 s apart, and Grafana takes four of them at least. */
const RATE_INTERVAL = '20s';

/**
 * The query as Grafana sends it, by the rules of its two data sources: `$name`, `${name}`, `${name:json}`,
 * `$__rate_interval`, `v.timeRangeStart`… Thrown: an error naming a variable that the dashboard does not have.
 */
export function asSent({ name, language, text }: Question, settings: Settings, range: { readonly startMs: number; readonly endMs: number }, bucket: string): string {
  const valueOf = (variable: string, format: string | undefined): string => {
    if (variable === '__rate_interval') return RATE_INTERVAL;
    const value = settings[variable];
    if (value === undefined) throw new Error(`${name} asks for a variable that the dashboard does not have: ${variable}`);
    if (format === 'json') return JSON.stringify(value);
    return typeof value === 'string' ? value : value.length === 1 ? (value[0] as string) : `(${value.join('|')})`;
  };
  const filled = text.replace(/\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g, (_whole, braced: string | undefined, format: string | undefined, bare: string | undefined) => valueOf((braced ?? bare) as string, format));
  if (language === 'promql') return filled;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return filled.replaceAll('v.timeRangeStart', iso(range.startMs)).replaceAll('v.timeRangeStop', iso(range.endMs)).replaceAll('v.defaultBucket', JSON.stringify(bucket));
}
