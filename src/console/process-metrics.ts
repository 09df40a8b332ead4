import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { HEALTH_STATUSES, type Health } from './health-report.js';

/** Gauges that prom-client names like counters, which promtool refuses; it has them by kind as well, without `_total`. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Adds the metrics of the process itself to the registry, and the status of each of its parts. */
export function registerProcessMetrics(registry: Registry, health: Health): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  new Gauge({
    name: 'vigia_part_status',
    help: '1 for the status that a part of /api/health has, 0 for the others.',
    labelNames: ['part', 'status'],
    registers: [registry],
    async collect() {
      const { parts } = await health.report();
      this.reset();
      for (const { name: part, status: current } of parts) {
        for (const status of HEALTH_STATUSES) this.set({ part, status }, status === current ? 1 : 0);
      }
    },
  });
}
