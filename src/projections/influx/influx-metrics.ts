import { Counter, Gauge, type Registry } from 'prom-client';
import type { InfluxModels } from './influx-models.js';

export function registerInfluxMetrics(registry: Registry, { client, reads }: InfluxModels): void {
  const registers = [registry];
  new Gauge({
    name: 'vigia_influx_up',
    help: '1 unless the last request to InfluxDB failed, then 0.',
    registers,
    collect() {
      this.set(client.failure() === null ? 1 : 0);
    },
  });
  const counter = (name: string, help: string, total: () => number) => {
    let counted = 0;
    new Counter({
      name,
      help,
      registers,
      collect() {
        const now = total();
        this.inc(now - counted);
        counted = now;
      },
    });
  };
  counter('vigia_influx_lines_written_total', 'Lines that InfluxDB confirmed.', () => client.totals.lines);
  counter('vigia_influx_failures_total', 'Requests to InfluxDB that failed.', () => client.totals.failures);
  counter('vigia_influx_reads_total', 'Questions for map and counts that InfluxDB answered.', () => reads.answered.influx);
  counter('vigia_influx_embedded_reads_total', 'Questions for map and counts that the embedded read models answered because InfluxDB could not.', () => reads.answered.embedded);
}
