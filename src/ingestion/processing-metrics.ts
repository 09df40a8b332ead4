import { Counter, Histogram, type Registry } from 'prom-client';
import type { ReadingEvent } from '../alarm-domain/alarm-events.js';
import type { Clock } from '../clock.js';
import { SENSOR_TOPICS } from '../message-log/message-log.js';
import type { ProcessingObserver } from './batch-handler.js';
import type { Receipt } from './receipt.js';

/** Prometheus metrics of what became of the records. */
export class ProcessingMetrics implements ProcessingObserver {
  private readonly records: Counter;
  private readonly batches: Counter;
  private readonly decoded: Counter;
  private readonly events: Counter;
  private readonly conflicts: Counter;
  private readonly failures: Counter;
  private readonly delay: Histogram;

  constructor(
    registry: Registry,
    private readonly clock: Clock,
    private readonly onFailure: (error: unknown) => void,
  ) {
    const registers = [registry];
    this.records = new Counter({ name: 'vigia_records_processed_total', help: 'Records of ENTRY and OK by what became of them.', labelNames: ['topic', 'outcome'], registers });
    // There from the start at 0: the first dead letter of a process is an increase, which an alert sees.
    for (const topic of SENSOR_TOPICS) for (const outcome of ['normal', 'events', 'dead_lettered']) this.records.inc({ topic, outcome }, 0);
    this.batches = new Counter({ name: 'vigia_batches_processed_total', help: 'Runs of records of ENTRY and OK, each with its receipt.', labelNames: ['topic'], registers });
    this.decoded = new Counter({ name: 'vigia_records_decoded_total', help: 'Records that were made into objects; the others were discarded by their bytes.', labelNames: ['topic'], registers });
    this.events = new Counter({ name: 'vigia_sensor_events_stored_total', help: 'Events appended to sensor streams.', labelNames: ['type'], registers });
    this.conflicts = new Counter({ name: 'vigia_append_conflicts_total', help: 'Appends that met another writer and were decided again.', registers });
    this.failures = new Counter({ name: 'vigia_batch_failures_total', help: 'Batches that failed and were handled again.', registers });
    this.delay = new Histogram({
      name: 'vigia_reading_to_event_seconds',
      help: 'Time from the log’s append of a reading to the storing of its event.',
      buckets: [0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 5, 30, 300],
      registers,
    });
  }

  processed(receipt: Receipt, decoded: number): void {
    const { topic } = receipt;
    this.batches.inc({ topic });
    this.decoded.inc({ topic }, decoded);
    this.records.inc({ topic, outcome: 'normal' }, receipt.normal);
    this.records.inc({ topic, outcome: 'events' }, receipt.events.length);
    this.records.inc({ topic, outcome: 'dead_lettered' }, receipt.deadLettered.length);
    for (const [reason, offsets] of Object.entries(receipt.ignored)) {
      this.records.inc({ topic, outcome: `ignored_${reason.replaceAll('-', '_')}` }, offsets.length);
    }
  }

  stored(events: readonly ReadingEvent[]): void {
    for (const { type, metadata } of events) {
      this.events.inc({ type });
      this.delay.observe(Math.max(0, this.clock.now() - Date.parse(metadata.receivedAt)) / 1000);
    }
  }

  conflict(): void {
    this.conflicts.inc();
  }

  failed(error: unknown): void {
    this.failures.inc();
    this.onFailure(error);
  }
}
