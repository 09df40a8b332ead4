import type { Clock } from '../clock.js';
import type { ReceiptBook } from './receipt-book.js';

const BETWEEN_TRIMS_MS = 60_000;

/** The part of the embedded log that forgets; Kafka's own retention does it there. */
interface TrimmableLog {
  trim(topic: string, partition: number, limit: { appendedBeforeMs: number; throughOffset: number }): Promise<number>;
}

/** Deletes what the embedded log no longer needs: processed records of ENTRY and OK older than `retentionMs`. Dead letters stay. */
export class LogRetention {
  constructor(
    private readonly log: TrimmableLog,
    private readonly receipts: ReceiptBook,
    private readonly clock: Clock,
    private readonly retentionMs: number,
  ) {}

  /** Once a minute until `signal` is aborted. */
  async keepTrimming(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    while (!signal.aborted) {
      await this.trim().catch(onError);
      await this.clock.sleep(BETWEEN_TRIMS_MS, signal);
    }
  }

  /** Resolves with the number of deleted record batches. */
  async trim(): Promise<number> {
    const appendedBeforeMs = this.clock.now() - this.retentionMs;
    let deleted = 0;
    for (const { topic, partition, stored } of this.receipts.storedThrough()) {
      deleted += await this.log.trim(topic, partition, { appendedBeforeMs, throughOffset: stored });
    }
    return deleted;
  }
}
