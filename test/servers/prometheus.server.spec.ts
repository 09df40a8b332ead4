import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { exposedNames, recordedNames } from '../prometheus/metric-names.js';
import { PROMETHEUS_FILES } from './prometheus.js';
import { freePort } from './server-process.js';
import { systemProgram } from './system-program.js';

/** The exit code of a checking tool and all that it wrote. */
function check(program: string, aptPackage: string, args: readonly string[], input?: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(systemProgram(program, aptPackage), args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  return { status, output: stdout + stderr };
}
const promtool = (args: readonly string[], input?: string) => check('promtool', 'prometheus', args, input);

describe('the configuration of Prometheus', () => {
  it('is taken by promtool, rules included', () => {
    expect(promtool(['check', 'config', join(PROMETHEUS_FILES, 'prometheus.yml')])).toMatchObject({ status: 0 });
  });

  it('has alerts that fire when they should and are quiet when they should', () => {
    expect(promtool(['test', 'rules', join(PROMETHEUS_FILES, 'tests', 'alerts.yml')])).toMatchObject({ status: 0 });
  });

  it('has tests that notice every alert that does not wait as long as it says, or not fire at all', () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-rules-'));
    try {
      cpSync(PROMETHEUS_FILES, dir, { recursive: true });
      const rules = readFileSync(join(dir, 'rules', 'alerts.yml'), 'utf8');
      const waits = [...rules.matchAll(/- alert: (\w+)\n.*\n( +for: .*\n)/g)];
      const conditions = [...rules.matchAll(/- alert: (\w+)\n( +expr: ')(.*)'\n/g)];
      expect([waits.length > 20, conditions.length > 30]).toEqual([true, true]);
      const unnoticed: string[] = [];
      const isNoticed = (changed: string): boolean => {
        writeFileSync(join(dir, 'rules', 'alerts.yml'), changed);
        return promtool(['test', 'rules', join(dir, 'tests', 'alerts.yml')]).status !== 0;
      };
      for (const [whole, name, wait] of waits) if (!isNoticed(rules.replace(whole, whole.replace(wait!, '')))) unnoticed.push(`${name} without its for`);
      for (const [whole, name, before, expr] of conditions) if (!isNoticed(rules.replace(whole, `- alert: ${name}\n${before}(${expr}) unless vector(1) < 2'\n`.replace('unless vector(1) < 2', '< -1e9')))) unnoticed.push(`${name} that never fires`);
      expect(unnoticed).toEqual([]);
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
    expect(amtool('config', 'routes', 'test', 'alertname=VigiaDown', `severity=${severity}`)).toEqual({ status: 0, output: `${receiver}\n` });
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
    const { status, output } = promtool(['check', 'metrics'], text);
    // Its own words for names that prom-client gives to a process's metrics.
    expect(output.split('\n').filter((line) => line.startsWith('vigia_'))).toEqual([]);
    expect([0, 3]).toContain(status);
  });

  it('are those that are recorded for rules and dashboards', () => {
    const recorded = recordedNames();
    expect(exposedNames(text).filter((name) => name.startsWith('vigia_') && !recorded.has(name))).toEqual([]);
    expect(text).toMatch(/^vigia_part_status\{part="disk",status="up"\} 1$/m);
    expect(text).toMatch(/^vigia_part_status\{part="disk",status="down"\} 0$/m);
    expect(text).toMatch(/^vigia_records_processed_total\{topic="ENTRY",outcome="dead_lettered"\} 0$/m);
  });
});
