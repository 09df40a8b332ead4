import { Gauge, type Registry } from 'prom-client';
import { registerTotal } from '../total-counters.js';
import type { LiveFeed } from './live/live-feed.js';

/** Adds the metrics of the console to the registry. */
export function registerConsoleMetrics(registry: Registry, feed: Pick<LiveFeed, 'connected' | 'cut' | 'displaced' | 'unreadBytes'>): void {
  new Gauge({
    name: 'vigia_console_live_clients',
    help: 'Pages that follow the live events now.',
    registers: [registry],
    collect() {
      this.set(feed.connected);
    },
  });
  new Gauge({
    name: 'vigia_console_live_unread_bytes',
    help: 'What the pages that follow have left unread; one that leaves too much is cut off.',
    registers: [registry],
    collect() {
      this.set(feed.unreadBytes);
    },
  });
  registerTotal(registry, 'vigia_console_live_clients_displaced_total', 'Pages that gave their place to another, all being taken.', () => feed.displaced);
  registerTotal(registry, 'vigia_console_live_clients_cut_total', 'Pages cut off because they did not read.', () => feed.cut);
}
