import { Counter, type Registry } from 'prom-client';
import { SENSOR_TOPICS, type SensorTopic } from '../message-log/message-log.js';
import type { IngestObserver } from './ingest-endpoint.js';

/** Prometheus metrics of the ingest endpoint. */
export class IngestMetrics implements IngestObserver {
  private readonly accepted: Counter;
  private readonly refused: Counter;

  constructor(
    registry: Registry,
    private readonly logError: (error: unknown) => void,
  ) {
    const registers = [registry];
    this.accepted = new Counter({ name: 'vigia_records_accepted_total', help: 'Records that were stored durably, by topic.', labelNames: ['topic'], registers });
    for (const topic of SENSOR_TOPICS) this.accepted.inc({ topic }, 0);
    this.refused = new Counter({ name: 'vigia_records_refused_total', help: 'Requests, or records of a batch, refused with an HTTP status.', labelNames: ['status'], registers });
  }

  onAccepted(topic: SensorTopic, records: number): void {
    this.accepted.inc({ topic }, records);
  }

  onRefused(status: number): void {
    this.refused.inc({ status: String(status) });
  }

  onError(error: unknown): void {
    this.logError(error);
  }
}
