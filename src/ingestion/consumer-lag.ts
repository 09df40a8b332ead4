import { Gauge, type Registry } from 'prom-client';
import { SENSOR_TOPICS, type MessageLog, type SensorTopic } from '../message-log/message-log.js';
import type { ReceiptBook } from './receipt-book.js';

export interface PartitionLag {
  readonly topic: SensorTopic;
  readonly partition: number;
  /** Records that are in the log and not yet processed. */
  readonly records: number;
}

/** How far this process is behind in the partitions that it works on. */
export class ConsumerLag {
  constructor(
    private readonly log: MessageLog,
    private readonly receipts: ReceiptBook,
    registry: Registry,
  ) {
    const gauge: Gauge = new Gauge({
      name: 'vigia_consumer_lag_records',
      help: 'Records of a partition that this process works on, in the log and not yet processed.',
      labelNames: ['topic', 'partition'],
      registers: [registry],
      collect: async () => {
        const lags = await this.byPartition().catch(() => []); // unknown while the log is away
        gauge.reset();
        for (const { topic, partition, records } of lags) gauge.set({ topic, partition: String(partition) }, records);
      },
    });
  }

  async byPartition(): Promise<PartitionLag[]> {
    const lags: PartitionLag[] = [];
    for (const topic of SENSOR_TOPICS) {
      for (const { partition, endOffset } of await this.log.describe(topic)) {
        if (this.receipts.isOpen(topic, partition)) lags.push({ topic, partition, records: Math.max(0, endOffset - this.receipts.next(topic, partition)) });
      }
    }
    return lags;
  }
}
