import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { ALL_DASHBOARDS, dashboardFiles } from '../../docker/grafana/source/all-dashboards.js';
import { INFLUXDB, PROMETHEUS } from '../../docker/grafana/source/queries.js';
import { ZONES } from '../../src/customers/zones.js';
import { VARIABLE_NAMES } from '../../src/config-variables.js';
import { metricNames, recordedNames } from '../prometheus/metric-names.js';
import { recordingRules } from '../prometheus/rules.js';
import { choicesOf, questionsOf, storedDashboards } from '../servers/grafana-questions.js';

const FOLDER = new URL('../../docker/grafana/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, FOLDER), 'utf8');
const stored = storedDashboards();

interface Layer {
  readonly name: string;
  readonly filterData: { readonly options: string };
  readonly location: { readonly mode: string; readonly geohash: string };
  readonly config: { readonly style: { readonly color: { readonly fixed: string }; readonly symbol: { readonly fixed: string }; readonly text: { readonly field: string } } };
}

interface StoredPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly refId: string; readonly datasource: { readonly uid: string } }[];
  readonly options?: { readonly layers?: readonly Layer[] };
}

const panelsOf = (dashboard: unknown): readonly StoredPanel[] => (dashboard as { panels: StoredPanel[] }).panels;

describe('the dashboards', () => {
  it('are stored as they are generated: `npm run dashboards` after a change', () => {
    const files = new Map(readdirSync(new URL('dashboards/', FOLDER)).map((name) => [name, read(`dashboards/${name}`)]));
    expect([...files.keys()].sort()).toEqual([...dashboardFiles().keys()].sort());
    for (const [name, text] of dashboardFiles()) expect([name, files.get(name) === text]).toEqual([name, true]);
  });

  it('are one for each zone, and one for each other thing to watch', () => {
    expect(ALL_DASHBOARDS.map(({ uid }) => uid).sort()).toEqual([
      'vigia-alarm-history', 'vigia-alarm-path', 'vigia-cassandra', 'vigia-containers', 'vigia-hosts', 'vigia-kafka', 'vigia-world', ...ZONES.map((zone) => `vigia-zone-${zone}`),
    ].sort());
  });

  it.each(stored)('$uid has panels that say what they show, do not overlap, and ask one data source that is provisioned', (dashboard) => {
    const { datasources } = load(read('provisioning/datasources/vigia.yaml')) as { datasources: { uid: string }[] };
    const taken = new Set<string>();
    for (const { type, title, description, gridPos: { x, y, w, h }, datasource, targets } of panelsOf(dashboard)) {
      for (let cell = 0; cell < w * h; cell += 1) {
        const at = `${x + (cell % w)},${y + Math.floor(cell / w)}`;
        expect([title, at, taken.has(at)]).toEqual([title, at, false]);
        taken.add(at);
      }
      expect(x + w).toBeLessThanOrEqual(24);
      if (type === 'row') continue;
      expect([title, description]).toEqual([title, expect.stringMatching(/\S.*\.$/)]);
      expect(datasources.map(({ uid }) => uid)).toContain(datasource?.uid);
      expect(new Set(targets!.map((target) => target.datasource.uid))).toEqual(new Set([datasource!.uid]));
      expect(new Set(targets!.map(({ refId }) => refId)).size).toBe(targets!.length);
    }
    expect(new Set(panelsOf(dashboard).map(({ id }) => id)).size).toBe(panelsOf(dashboard).length);
  });

  it.each(stored)('$uid uses each of its variables, and no other', ({ panels, templating: { list } }) => {
    const text = JSON.stringify(panels).replace(/\$\{?__\w+(\.\w+)*\}?/g, '');
    const used = new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(list.map(({ name }) => name).sort());
    for (const variable of list) expect(choicesOf(variable)).toBeTruthy();
  });

  it('ask Prometheus for metrics that there are', () => {
    const known = new Set([...recordedNames(), ...recordingRules().map(({ record }) => record), 'up', 'ALERTS']);
    const questions = stored.flatMap(questionsOf).filter(({ language }) => language === 'promql');
    expect(questions.length).toBeGreaterThan(50);
    const unknown = questions.flatMap(({ name, text }) => metricNames(text).filter((metric) => !known.has(metric)).map((metric) => `${name}: ${metric}`));
    expect(unknown).toEqual([]);
    for (const { metric } of stored.flatMap(({ templating: { list } }) => list.map(choicesOf)).flatMap((choices) => ('metric' in choices ? [choices] : []))) expect(known).toContain(metric);
  });

  it('show active sensors on maps unlike normal ones, each with a label, at geohashes', () => {
    const maps = stored.flatMap((dashboard) => panelsOf(dashboard).filter(({ type }) => type === 'geomap'));
    expect(maps).toHaveLength(ZONES.length + 1);
    for (const { options, targets } of maps) {
      const [normal, active] = options!.layers as [Layer, Layer];
      expect([normal, active].map(({ filterData }) => filterData.options)).toEqual(targets!.map(({ refId }) => refId));
      for (const { location } of [normal, active]) expect(location).toEqual({ mode: 'geohash', geohash: 'geohash' });
      expect(active.config.style.color.fixed).not.toBe(normal.config.style.color.fixed);
      expect(active.config.style.symbol.fixed).not.toBe(normal.config.style.symbol.fixed);
      expect([normal.config.style.text.field, active.config.style.text.field]).toEqual(['normal', 'sensor']);
    }
  });
});

describe('what Grafana is provisioned with', () => {
  it('are the two data sources that the dashboards ask, by Vigía’s own variables', () => {
    const text = read('provisioning/datasources/vigia.yaml');
    const { datasources } = load(text) as { datasources: { uid: string; type: string; jsonData: Record<string, unknown> }[] };
    expect(datasources.map(({ uid, type }) => ({ uid, type }))).toEqual([PROMETHEUS, INFLUXDB]);
    expect(datasources[1]!.jsonData).toMatchObject({ version: 'Flux' });
    const variables = [...text.replace(/^#.*$/gm, '').matchAll(/\$(\w+)/g)].map(([, name]) => name);
    expect(variables.filter((name) => name !== 'PROMETHEUS_URL' && !VARIABLE_NAMES.includes(name!))).toEqual([]);
  });

  it('is a folder of dashboards that nobody changes by hand', () => {
    const { providers } = load(read('provisioning/dashboards/vigia.yaml')) as { providers: { type: string; allowUiUpdates: boolean; options: { path: string } }[] };
    expect(providers).toMatchObject([{ type: 'file', allowUiUpdates: false, options: { path: '/var/lib/grafana/dashboards' } }]);
  });
});
