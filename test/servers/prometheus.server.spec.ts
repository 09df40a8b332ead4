import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { exposedNames, recordedNames } from '../prometheus/metric-names.js';
import { alertRules, prometheusFile, type AlertRule } from '../prometheus/rules.js';
import { PROMETHEUS_FILES } from './prometheus.js';
import { freePort } from './server-process.js';
import { check } from './system-program.js';

const promtool = (args: readonly string[], input?: string) => check('promtool', 'prometheus', args, input);

describe('the configuration of Prometheus', () => {
  it('is taken by promtool, rules included', () => {
    expect(promtool(['check', 'config', join(PROMETHEUS_FILES, 'prometheus.yml')])).toMatchObject({ status: 0 });
  });

  it('has alerts that fire when they should and are quiet when they should', () => {
    expect(promtool(['test', 'rules', join(PROMETHEUS_FILES, 'tests', 'alerts.yml')])).toMatchObject({ status: 0 });
  });

  it('has tests that notice an alert that does not wait as long as it says, or never fires', () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-rules-'));
    try {
      cpSync(PROMETHEUS_FILES, dir, { recursive: true });
      const suite = prometheusFile('tests/alerts.yml') as { tests: { name: string }[] };
      const rules = prometheusFile('rules/alerts.yml') as { groups: { name: string; rules: AlertRule[] }[] };
      /** What promtool says of an alert's own test, with that alert changed. JSON is YAML. */
      const isNoticed = (name: string, change: (rule: AlertRule) => AlertRule): boolean => {
        const groups = rules.groups.map((group) => ({ ...group, rules: group.rules.filter(({ alert }) => alert === name).map(change) }));
        writeFileSync(join(dir, 'rules', 'alerts.yml'), JSON.stringify({ groups }));
        writeFileSync(join(dir, 'tests', 'alerts.yml'), JSON.stringify({ ...suite, tests: suite.tests.filter((test) => test.name === name) }));
        return promtool(['test', 'rules', join(dir, 'tests', 'alerts.yml')]).status !== 0;
      };
      for (const { alert, for: wait, expr } of alertRules()) {
        expect([alert, 'as it is', isNoticed(alert, (rule) => rule)]).toEqual([alert, 'as it is', false]);
        expect([alert, 'never fires', isNoticed(alert, (rule) => ({ ...rule, expr: `(${expr}) < -1e9` }))]).toEqual([alert, 'never fires', true]);
        if (wait === undefined) continue;
        const atOnce = isNoticed(alert, ({ for: _wait, ...rule }) => rule);
        expect([alert, 'fires at once', atOnce]).toEqual([alert, 'fires at once', true]);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('the configuration of Alertmanager', () => {
  const amtool = (...args: string[]) => check('amtool', 'prometheus-alertmanager', [...args, `--config.file=${join(PROMETHEUS_FILES, 'alertmanager.yml')}`]);

  it('is taken by amtool', () => {
    expect(check('amtool', 'prometheus-alertmanager', ['check-config', join(PROMETHEUS_FILES, 'alertmanager.yml')])).toMatchObject({ status: 0 });
  });

  it.each([['critical', 'on-call'], ['warning', 'operators']])('routes %s alerts to %s', (severity, receiver) => {
    const { status, output } = amtool('config', 'routes', 'test', 'alertname=VigiaDown', `severity=${severity}`);
    expect([status, output.split('\n')[0]]).toEqual([0, receiver]);
  });
});

describe('the metrics of a running Vigía', () => {
  let dir: string;
  let product: Product;
  let text: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-metrics-'));
    product = new Product({ dataDir: join(dir, 'data'), logFile: join(dir, 'product.log') }, { ingest: await freePort(), console: await freePort() }, 100);
    product.start();
    await product.waitUntilUp();
    text = await (await fetch(`${product.consoleUrl}/metrics`)).text();
  });
  afterAll(async () => {
    await stopAll();
    rmSync(dir, { recursive: true });
  });

  it('pass promtool check metrics', () => {
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' });
  });

  it('are those that are recorded for rules and dashboards', () => {
    const recorded = recordedNames();
    expect(exposedNames(text).filter((name) => name.startsWith('vigia_') && !recorded.has(name))).toEqual([]);
    expect(text).toMatch(/^vigia_part_status\{part="disk",status="up"\} 1$/m);
    expect(text).toMatch(/^vigia_part_status\{part="disk",status="down"\} 0$/m);
    expect(text).toMatch(/^vigia_records_processed_total\{topic="ENTRY",outcome="dead_lettered"\} 0$/m);
  });
});
