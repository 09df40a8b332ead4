import { Registry } from 'prom-client';
import { registerTotal, registerTotals, type LabelledTotal } from './total-counters.js';

const samples = async (registry: Registry): Promise<string[]> => (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('counters of totals that are counted elsewhere', () => {
  it('show at each scrape what the total is then', async () => {
    const registry = new Registry();
    let total = 0;
    registerTotal(registry, 'fetched_total', 'Fetched.', () => total);
    expect(await samples(registry)).toEqual(['fetched_total 0']);
    total = 3;
    expect(await samples(registry)).toEqual(['fetched_total 3']);
    expect(await samples(registry)).toEqual(['fetched_total 3']);
    total = 5;
    expect(await samples(registry)).toEqual(['fetched_total 5']);
    expect(await registry.metrics()).toContain('# HELP fetched_total Fetched.\n# TYPE fetched_total counter\n');
  });

  it('one for each set of labels', async () => {
    const registry = new Registry();
    const totals: LabelledTotal[] = [{ labels: { role: 'notify' }, total: 0 }];
    registerTotals(registry, { name: 'taken_total', help: 'Taken.', labelNames: ['role'] }, () => totals);
    expect(await samples(registry)).toEqual(['taken_total{role="notify"} 0']);
    totals.splice(0, 1, { labels: { role: 'notify' }, total: 2 }, { labels: { role: 'count' }, total: 1 });
    await samples(registry);
    expect(await samples(registry)).toEqual(['taken_total{role="notify"} 2', 'taken_total{role="count"} 1']);
  });
});
