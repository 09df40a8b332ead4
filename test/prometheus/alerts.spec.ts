import { readFileSync } from 'node:fs';
import { metricNames, recordedNames } from './metric-names.js';
import { alertRules, prometheusFile, recordingRules } from './rules.js';

const alerts = alertRules();
const names = alerts.map(({ alert }) => alert);
const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

interface RuleTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
}

describe('the alerts', () => {
  it('have a section each in the runbook, and the runbook none beside, in the same order', () => {
    expect([...runbook.matchAll(/^## (\S+)$/gm)].map(([, name]) => name)).toEqual(names);
  });

  it('have sections that say what it means, what to look at and what to do', () => {
    for (const section of runbook.split(/^## /m).slice(1)) expect(section.match(/^\*\*(.+?)\*\*/gm)).toEqual(['**Means**', '**Look at**', '**Do**']);
    const anchors = new Set(names.map((name) => `#${name.toLowerCase()}`));
    for (const [, anchor] of runbook.matchAll(/\]\((#\w+)\)/g)) expect(anchors).toContain(anchor);
  });

  it.each(alerts)('$alert names its section, how bad it is, and what is wrong in one line', ({ alert, labels, annotations }) => {
    expect(annotations).toEqual({ summary: expect.stringMatching(/^\S.{10,}$/), runbook: `docs/runbook.md#${alert.toLowerCase()}` });
    expect(labels).toEqual({ severity: expect.stringMatching(/^(critical|warning)$/) });
  });

  it('are each shown by promtool’s tests to fire and not to fire', () => {
    const { tests } = prometheusFile('tests/alerts.yml') as { tests: RuleTest[] };
    const expectations = tests.flatMap((test) => test.alert_rule_test);
    for (const name of names) {
      const fires = expectations.filter(({ alertname }) => alertname === name).map(({ exp_alerts = [] }) => exp_alerts.length > 0);
      expect([name, fires]).toEqual([name, [false, true]]);
    }
    expect(expectations.map(({ alertname }) => alertname).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('ask for metrics that there are', () => {
    const recorded = new Set(recordingRules().map(({ record }) => record));
    const known = recordedNames();
    const unknown = [...alerts, ...recordingRules()].flatMap(({ expr }) => metricNames(expr)).filter((name) => name !== 'up' && !recorded.has(name) && !known.has(name));
    expect(unknown).toEqual([]);
  });

  it('that others keep quiet, and those that they keep quiet, are there; and each severity has a receiver', () => {
    const { route, inhibit_rules, receivers } = prometheusFile('alertmanager.yml') as {
      route: { receiver: string; routes: { matchers: string[]; receiver: string }[] };
      inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
      receivers: { name: string }[];
    };
    const named = inhibit_rules.flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers]).flatMap((matcher) => /^alertname=~?"(.+)"$/.exec(matcher)![1]!.split('|'));
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
    expect([route.receiver, ...route.routes.map(({ receiver }) => receiver)].sort()).toEqual(receivers.map(({ name }) => name).sort());
    expect(route.routes.map(({ matchers }) => matchers)).toEqual([['severity="critical"']]);
  });
});

describe('what is scraped', () => {
  it('has a file of targets for each job, at ports that the compose files or the systems have', () => {
    const { scrape_configs } = prometheusFile('prometheus.yml') as { scrape_configs: { job_name: string; scrape_interval?: string; file_sd_configs: { files: string[] }[] }[] };
    expect(scrape_configs.map(({ job_name }) => job_name).sort()).toEqual([
      'alertmanager', 'cadvisor', 'cassandra', 'eventstoredb', 'grafana', 'haproxy', 'influxdb', 'kafka', 'node', 'prometheus', 'vigia',
    ]);
    for (const { job_name, scrape_interval = '5s', file_sd_configs } of scrape_configs) {
      expect(['5s', '15s']).toContain(scrape_interval);
      expect(file_sd_configs.flatMap(({ files }) => files)).toEqual([`targets/${job_name}.yml`]);
      const [{ targets }] = prometheusFile(`targets/${job_name}.yml`) as [{ targets: string[] }];
      for (const target of targets) expect(target).toMatch(/^[a-z][a-z0-9-]*:\d+$/);
    }
  });
});
