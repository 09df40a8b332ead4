import type { Clock } from '../clock.js';
import type { EventStore } from '../event-store/event-store.js';
import { SENSOR_TOPICS, type MessageLog, type PartitionRange, type SensorTopic } from '../message-log/message-log.js';
import { DeadLetters } from './dead-letters.js';
import { receiptStream, RECEIPT_EVENT_TYPE, type Receipt } from './receipt.js';

/** Records of one partition of which no receipt tells what became of them. */
export interface UndrainedPartition {
  readonly topic: SensorTopic;
  readonly partition: number;
  readonly records: number;
}

/** What would stay behind in a log that is no longer used. */
export interface LogRemainder {
  readonly partitions: readonly UndrainedPartition[];
  /** Records that can't be read and that no operator has replayed or dropped. */
  readonly openDeadLetters: number;
}

/** Counts what would stay behind; told by what is stored, so also while nothing works on the log. Thrown: the stores' errors. */
export async function remainderOf(log: MessageLog, store: EventStore, clock: Clock): Promise<LogRemainder> {
  let openDeadLetters = 0;
  for await (const { status } of new DeadLetters(log, store, clock).list()) if (status === 'open') openDeadLetters += 1;
  return { partitions: await undrainedPartitions(log, store), openDeadLetters };
}

/** All partitions of ENTRY and OK, also those with no such record. Thrown: the stores' errors. */
export async function undrainedPartitions(log: MessageLog, store: EventStore): Promise<readonly UndrainedPartition[]> {
  const partitions: UndrainedPartition[] = [];
  for (const topic of SENSOR_TOPICS) {
    for (const range of await log.describe(topic)) {
      const last = await lastReceipt(store, log.identity, topic, range.partition);
      partitions.push({ topic, partition: range.partition, records: await countAfter(log, topic, range, last) });
    }
  }
  return partitions;
}

export function countRecords(partitions: readonly UndrainedPartition[]): number {
  return partitions.reduce((sum, { records }) => sum + records, 0);
}

/** `"7 records of ENTRY-0, 2 open dead letters"`; null when nothing stays behind. */
export function describeRemainder({ partitions, openDeadLetters }: LogRemainder): string | null {
  const parts = partitions.filter(({ records }) => records > 0).map(({ topic, partition, records }) => `${records} records of ${topic}-${partition}`);
  if (openDeadLetters > 0) parts.push(`${openDeadLetters} open dead letters`);
  return parts.length > 0 ? parts.join(', ') : null;
}

/** What the last process to work on a partition has written down of it last; null when none has. Thrown: the store's errors. */
export async function lastReceipt(store: EventStore, log: string, topic: SensorTopic, partition: number): Promise<Receipt | null> {
  for await (const event of store.readStream(receiptStream(log, topic, partition), { direction: 'backwards' })) {
    if (event.type === RECEIPT_EVENT_TYPE) return event.data as Receipt;
  }
  return null;
}

/** A partition that ends below its last receipt has lost its end and begun again: there only the times tell which records came after. */
async function countAfter(log: MessageLog, topic: SensorTopic, { partition, startOffset, endOffset }: PartitionRange, last: Receipt | null): Promise<number> {
  const next = last === null ? startOffset : Math.max(last.last + 1, startOffset);
  if (last === null || endOffset >= next) return endOffset - next;
  let records = 0;
  for await (const record of log.read(topic, partition, startOffset)) if (record.appendedAtMs > last.lastAppendedAtMs) records += 1;
  return records;
}
