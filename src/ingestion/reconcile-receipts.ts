import type { EventStore } from '../event-store/event-store.js';
import type { MessageLog, PartitionRange, SensorTopic } from '../message-log/message-log.js';
import { receiptStream, RECEIPT_EVENT_TYPE, type Receipt } from './receipt.js';
import { isInRange, isWhole, type Tally, type TimeRange } from './reconcile-tally.js';

/** The offsets from `first` to `next`, exclusive. */
export interface Run {
  readonly first: number;
  readonly next: number;
}

/** Offsets without a receipt; the receipts before and after tell when their records were appended. */
interface Gap extends Run {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What the receipts in a range of time say of one epoch of a partition. */
export interface EpochReceipts {
  readonly epoch: number;
  /** The offsets that they cover, ascending. */
  readonly runs: Run[];
  /** Outcome of the offsets that they name; another one in `runs` was normal. */
  readonly named: Map<number, string>;
  /** Records of a later epoch have the offsets from here on. */
  ceiling: number;
}

interface Epoch extends EpochReceipts {
  /** Its first offset, whatever the range. */
  first: number;
  /** Where the log lost what had been processed: when the last of that was appended. */
  readonly anewSinceMs: number | null;
  readonly gaps: Gap[];
}

/**
 * Adds up the receipts of one partition whose last record was appended in the range, and what of it has no receipt: records
 * appended in the range, by the log's own times. Of those that the log has no more, the receipts around them tell the time, and all count
 * that may be in it. All receipts are read: a lost one shows by its neighbours, which may be out of the range.
 */
export async function addReceipts(log: MessageLog, store: EventStore, at: PartitionRange & { readonly topic: SensorTopic }, tally: Tally, range: TimeRange): Promise<readonly EpochReceipts[]> {
  const where = `${at.topic}-${at.partition}`;
  const epochs = await readEpochs(log, store, at, tally, range);
  let ceiling = Infinity;
  for (const epoch of epochs.toReversed()) {
    epoch.ceiling = ceiling;
    if (epoch.anewSinceMs !== null) await findBeginning(log, at, epoch);
    ceiling = Math.min(ceiling, epoch.first);
  }
  for (const epoch of epochs) {
    for (const gap of epoch.gaps) {
      for (const { first, next } of await partsInRange(log, at, gap, epoch.ceiling, range)) {
        tally.records += next - first;
        tally.lost(next - first, `${where}: no receipt for offsets ${first} to ${next - 1}`);
      }
    }
  }
  return epochs;
}

async function readEpochs(log: MessageLog, store: EventStore, { topic, partition, startOffset, endOffset }: PartitionRange & { readonly topic: SensorTopic }, tally: Tally, range: TimeRange): Promise<Epoch[]> {
  const epochs: Epoch[] = [];
  let current: Epoch | null = null;
  // The log only loses records: the first receipt began at its start, or before it, unless it has begun again since.
  let next = startOffset;
  let sinceMs = 0;
  for await (const event of store.readStream(receiptStream(log.identity, topic, partition))) {
    if (event.type !== RECEIPT_EVENT_TYPE) continue;
    const receipt = event.data as Receipt;
    if (current?.epoch !== receipt.epoch) {
      // After a restore an epoch goes on where the last one ended; below that the log had begun again.
      const isAnew = current !== null && receipt.first < next;
      if (isAnew) forgetStart(epochs);
      next = Math.min(next, receipt.first);
      current = begun(receipt.epoch, next, isAnew ? sinceMs : null);
      epochs.push(current);
    }
    if (receipt.first > next) current.gaps.push({ first: next, next: receipt.first, sinceMs, untilMs: receipt.lastAppendedAtMs });
    if (isInRange(range, receipt.lastAppendedAtMs)) addReceipt(receipt, next, current, tally);
    next = Math.max(next, receipt.last + 1);
    sinceMs = receipt.lastAppendedAtMs;
  }
  if (endOffset > next) {
    if (current === null) epochs.push((current = begun(0, next, null)));
    current.gaps.push({ first: next, next: endOffset, sinceMs, untilMs: Infinity });
  } else if (current !== null && (await endOf(log, topic, partition)) < next) {
    forgetStart(epochs);
    epochs.push(begun(current.epoch + 1, endOffset, sinceMs)); // begun again, and nothing of it was processed
  }
  return epochs;
}

/** Where the log has begun again, nobody knows any more where it had begun before. */
function forgetStart(epochs: readonly Epoch[]): void {
  const gaps = epochs[0]?.gaps;
  if (gaps?.[0]?.sinceMs === 0) gaps.shift();
}

function begun(epoch: number, first: number, anewSinceMs: number | null): Epoch {
  return { epoch, first, anewSinceMs, runs: [], named: new Map(), gaps: [], ceiling: Infinity };
}

async function endOf(log: MessageLog, topic: SensorTopic, partition: number): Promise<number> {
  const ranges = await log.describe(topic);
  return ranges.find((range) => range.partition === partition)?.endOffset ?? 0;
}

/** Checks that a receipt leaves nothing out, and does not overlap with those before it, which end at `next`. */
function addReceipt(receipt: Receipt, next: number, { runs, named: outcomeOf }: Epoch, tally: Tally): void {
  const { first, last } = receipt;
  const where = `${receipt.topic}-${receipt.partition}`;
  if (first < next) tally.twice(Math.min(next, last + 1) - first, `${where}: two receipts for offsets ${first} to ${Math.min(next - 1, last)}`);
  const before = runs.at(-1);
  if (before !== undefined && first <= before.next) runs[runs.length - 1] = { first: before.first, next: Math.max(before.next, last + 1) };
  else runs.push({ first, next: last + 1 });
  tally.records += Math.max(0, last + 1 - Math.max(first, next));

  let named = 0;
  const take = (offsets: readonly number[], outcome: string): number => {
    for (const offset of offsets) {
      if (outcomeOf.has(offset)) tally.twice(1, `${where} offset ${offset}: ${outcome} and ${outcomeOf.get(offset)}`);
      outcomeOf.set(offset, outcome);
    }
    named += offsets.length;
    return offsets.length;
  };
  tally.normal += receipt.normal;
  tally.events += take(receipt.events, 'events');
  for (const [reason, offsets] of Object.entries(receipt.ignored)) tally.ignored[reason] = (tally.ignored[reason] ?? 0) + take(offsets, reason);
  tally.deadLettered += take(receipt.deadLettered, 'dead-lettered');
  tally.records -= take(receipt.skipped, 'skipped'); // offsets without a record
  const missing = last - first + 1 - named - receipt.normal;
  if (missing > 0) tally.lost(missing, `${where}: the receipt for offsets ${first} to ${last} leaves out ${missing}`);
  if (missing < 0) tally.twice(-missing, `${where}: the receipt for offsets ${first} to ${last} has ${-missing} too many`);
}

/** Where the log has begun again its first new record is the first one appended after what had been processed; its receipt may be lost. */
async function findBeginning(log: MessageLog, { topic, partition, startOffset }: PartitionRange & { readonly topic: SensorTopic }, epoch: Epoch): Promise<void> {
  const sinceMs = epoch.anewSinceMs ?? 0;
  const next = Math.min(epoch.first, epoch.ceiling);
  for await (const { offset, appendedAtMs } of log.read(topic, partition, startOffset, next)) {
    if (appendedAtMs <= sinceMs) continue;
    epoch.gaps.unshift({ first: offset, next, sinceMs, untilMs: Infinity });
    epoch.first = offset;
    return;
  }
}

async function partsInRange(log: MessageLog, { topic, partition, startOffset }: PartitionRange & { readonly topic: SensorTopic }, gap: Gap, ceiling: number, range: TimeRange): Promise<readonly Run[]> {
  if (isWhole(range)) return [gap];
  if (gap.sinceMs > range.toMs || gap.untilMs < range.fromMs) return [];
  const from = Math.min(Math.max(startOffset, gap.first), gap.next);
  const to = Math.max(from, Math.min(gap.next, ceiling));
  let there: Run = { first: from, next: from };
  for await (const { offset, appendedAtMs } of log.read(topic, partition, from, to)) {
    if (isInRange(range, appendedAtMs)) there = { first: there.next > there.first ? there.first : offset, next: offset + 1 };
  }
  return [{ first: gap.first, next: from }, there, { first: to, next: gap.next }].filter(({ first, next }) => next > first);
}
