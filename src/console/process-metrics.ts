import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { HEALTH_STATUSES, type Health } from './health-report.js';

/** Adds the metrics of the process itself to the registry, and the status of each of its parts. */
export function registerProcessMetrics(registry: Registry, health: Health): void {
  collectDefaultMetrics({ register: registry });
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
