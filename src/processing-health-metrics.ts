import { Gauge, type Registry } from 'prom-client';
import type { ProcessingHealth } from './processing-health.js';

/** What alerts need of the way from the log to the events, as numbers. */
export function registerProcessingHealthMetrics(registry: Registry, health: ProcessingHealth): void {
  const gauge = (name: string, help: string, value: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await value());
      },
    });
  };
  gauge('vigia_event_store_up', '1 while the event store answers, else 0.', async () => ((await health.storeFailure()) === null ? 1 : 0));
  gauge('vigia_data_free_bytes', 'Bytes that are free where the data folder is.', () => health.freeBytes());
  gauge('vigia_log_lost_records', 'Records that the log deleted before they were processed, since the start of this process.', () => health.lostRecords);
}
