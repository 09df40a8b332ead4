import { Gauge, type Registry } from 'prom-client';
import { registerTotal } from '../../total-counters.js';
import type { InfluxModels } from './influx-models.js';

export function registerInfluxMetrics(registry: Registry, { client, reads }: InfluxModels): void {
  new Gauge({
    name: 'vigia_influx_up',
    help: '1 unless the last request to InfluxDB failed, then 0.',
    registers: [registry],
    collect() {
      this.set(client.failure() === null ? 1 : 0);
    },
  });
  registerTotal(registry, 'vigia_influx_lines_written_total', 'Lines that InfluxDB confirmed.', () => client.totals.lines);
  registerTotal(registry, 'vigia_influx_failures_total', 'Requests to InfluxDB that failed.', () => client.totals.failures);
  registerTotal(registry, 'vigia_influx_reads_total', 'Questions for map and counts that InfluxDB answered.', () => reads.answered.influx);
  registerTotal(registry, 'vigia_influx_embedded_reads_total', 'Questions for map and counts that the embedded read models answered because InfluxDB could not.', () => reads.answered.embedded);
}
