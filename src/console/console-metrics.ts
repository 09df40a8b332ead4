import { Counter, Gauge, type Registry } from 'prom-client';
import type { LiveFeed } from './live/live-feed.js';

/** Adds the metrics of the console to the registry. */
export function registerConsoleMetrics(registry: Registry, feed: Pick<LiveFeed, 'connected' | 'cut'>): void {
  new Gauge({
    name: 'vigia_console_live_clients',
    help: 'Pages that follow the live events now.',
    registers: [registry],
    collect() {
      this.set(feed.connected);
    },
  });
  let counted = 0;
  new Counter({
    name: 'vigia_console_live_clients_cut_total',
    help: 'Pages cut off because they did not read.',
    registers: [registry],
    collect() {
      this.inc(feed.cut - counted);
      counted = feed.cut;
    },
  });
}
