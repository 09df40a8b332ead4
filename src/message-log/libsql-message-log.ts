import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { BatchTable } from './batch-table.js';
import { GroupAppender } from './group-appender.js';
import { atPlace, consumePartition, openRow } from './ordered-consumer.js';
import { CorruptRecordBatch } from './record-batch.js';
import { Wakeup } from './wakeup.js';
import {
  ALL_TOPICS, LogUnavailable, PARTITIONS, SENSOR_TOPICS, UnknownTopic,
  type AppendedRecord, type ConsumeOptions, type LogRecord, type MessageLog, type OutgoingRecord, type PartitionRange,
} from './message-log.js';

/** Enough for some seconds of the highest rate, and little beside what a process has. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

export interface LibsqlMessageLogOptions {
  readonly clock: Clock;
  /** Appends that wait for the disk, in bytes; beyond it they are refused. Default 32 MiB. */
  readonly maxWaitingBytes?: number;
  /** The most that the database file may grow to, in bytes; default no bound but the disk's. */
  readonly maxFileBytes?: number;
}

/** What `trim` may delete: only rows appended before a time, and wholly at or below an offset. */
export interface TrimLimit {
  readonly appendedBeforeMs: number;
  /** For ENTRY and OK the last offset in a stored receipt. */
  readonly throughOffset: number;
}

/**
 * The embedded message log: `<dir>/message-log.db`, Kafka's record batches in rows, in the order of their
 * commits. Offsets of a partition have no gap. One process at a time.
 */
export class LibsqlMessageLog implements MessageLog {
  private readonly appender: GroupAppender;
  private readonly wakeup = new Wakeup();
  private readonly closing = new AbortController();
  private readonly consumers = new Set<Promise<void>>();

  private constructor(
    private readonly table: BatchTable,
    private readonly options: LibsqlMessageLogOptions,
  ) {
    this.appender = new GroupAppender(table, {
      clock: options.clock,
      maxWaitingBytes: options.maxWaitingBytes ?? MAX_WAITING_BYTES,
      onCommit: () => this.wakeup.ring(),
    });
  }

  /** Opens or creates the log in folder `dir`. Thrown: an error naming the file when it is not a sound database. */
  static async open(dir: string, options: LibsqlMessageLogOptions): Promise<LibsqlMessageLog> {
    await mkdir(dir, { recursive: true });
    const table = await BatchTable.open(join(dir, 'message-log.db'), options.maxFileBytes ?? 0);
    return new LibsqlMessageLog(table, options);
  }

  get identity(): string {
    return this.table.identity;
  }

  async append(topic: string, records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]> {
    requireTopic(topic);
    return records.length === 0 ? [] : this.appender.append(topic, records);
  }

  async describe(topic: string): Promise<readonly PartitionRange[]> {
    requireTopic(topic);
    return this.table.partitions(topic).map(({ partition, nextOffset }) => ({
      partition,
      startOffset: this.table.firstOffset(topic, partition) ?? nextOffset,
      endOffset: nextOffset,
    }));
  }

  read(topic: string, partition: number, fromOffset: number, toOffset = Infinity): AsyncIterable<LogRecord> {
    requireTopic(topic);
    const range = this.table.partitions(topic)[partition];
    if (!range) throw new RangeError(`partition ${partition} of ${topic}, expected 0 to ${PARTITIONS - 1}`);
    return this.readRange(topic, partition, fromOffset, Math.min(toOffset, range.nextOffset));
  }

  private async *readRange(topic: string, partition: number, fromOffset: number, toOffset: number): AsyncGenerator<LogRecord> {
    let next = fromOffset;
    while (next < toOffset) {
      const rows = this.table.rowsFrom(topic, partition, next);
      if (rows.length === 0) return;
      for (const row of rows) {
        try {
          const cursor = openRow(row);
          while (cursor.next()) if (cursor.offset >= next && cursor.offset < toOffset) yield cursor.record();
        } catch (error) {
          throw error instanceof CorruptRecordBatch ? atPlace(row, error) : error;
        }
        next = row.lastOffset + 1;
      }
      await nextTurn();
    }
  }

  async consume(options: ConsumeOptions): Promise<void> {
    if (this.closing.signal.aborted) throw new LogUnavailable('the message log is closed');
    // One partition's failure ends the others: a log that is half read would look alive.
    const failed = new AbortController();
    const signal = AbortSignal.any([options.signal, this.closing.signal, failed.signal]);
    const source = { table: this.table, clock: this.options.clock, wakeup: this.wakeup };
    const numbers = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    options.onAssignment?.(numbers);
    const loops = numbers.map((partition) =>
      consumePartition(source, partition, options, signal).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    const all = Promise.allSettled(loops).then(() => undefined);
    this.consumers.add(all);
    await all;
    this.consumers.delete(all);
    await Promise.all(loops);
  }

  unavailable(): string | null {
    return this.appender.unavailable();
  }

  /**
   * Deletes the oldest rows of a partition, whole and in small portions; offsets go on as before.
   * Resolves with the number of deleted rows. The file keeps its size, its room is used again.
   */
  async trim(topic: string, partition: number, limit: TrimLimit): Promise<number> {
    requireTopic(topic);
    let deleted = 0;
    for (;;) {
      const some = await this.table.deleteSome(topic, partition, limit.appendedBeforeMs, limit.throughOffset);
      if (some === 0) return deleted;
      deleted += some;
    }
  }

  /** Begins a timeline with the next record of each partition of ENTRY and OK, after a restore; all before it must be processed. `epoch`: see `SourcePosition`. */
  async beginTimeline(epoch: number): Promise<void> {
    await this.table.write(() => {
      for (const topic of SENSOR_TOPICS) this.table.beginTimeline(topic, epoch);
    });
  }

  /** Stores the waiting appends, ends the consumers after what their handlers are at, and closes the file. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.appender.close();
    await Promise.all(this.consumers);
    await this.table.close();
  }
}

function requireTopic(topic: string): void {
  if (!ALL_TOPICS.includes(topic)) throw new UnknownTopic(topic);
}
