import { Counter, type Registry } from 'prom-client';

/** A total at the time of a scrape. */
export interface LabelledTotal {
  /** `{ role: 'notify' }` */
  readonly labels: Readonly<Record<string, string>>;
  readonly total: number;
}

/** Adds a counter to the registry that shows a total which is counted elsewhere, since the start of the process. */
export function registerTotal(registry: Registry, name: string, help: string, total: () => number): void {
  registerTotals(registry, { name, help, labelNames: [] }, () => [{ labels: {}, total: total() }]);
}

/** The same for several totals, each with labels of its own. */
export function registerTotals(registry: Registry, metric: { readonly name: string; readonly help: string; readonly labelNames: string[] }, totals: () => readonly LabelledTotal[]): void {
  new Counter({
    ...metric,
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, total } of totals()) this.inc(labels, total);
    },
  });
}
