import type { Discard, SensorTopic } from '../message-log.js';
import { CorruptRecordBatch } from '../record-batch.js';
import type { FetchedPartition } from './fetch-request.js';
import { FetchedRecords, Run } from './fetched-records.js';
import type { SharedResponse } from './response-memory.js';

/**
 * What of one topic of the pair has been fetched and not yet been taken to be handled.
 *
 * Times are of two clocks: append times are the log's; `seenAt`, `freshAt` and the like are this process's
 * monotonic milliseconds.
 */
export class PairSide {
  /** The offset to fetch next. */
  fetchOffset: number;
  /** The offset that follows what is handled. */
  handledThrough: number;
  /** The offset to take next. */
  private takenThrough: number;
  queuedBytes = 0;
  /** When the first of what waits here came. */
  private readonly queue: { readonly records: FetchedRecords; readonly seenAt: number }[] = [];
  /** All that stood in the partition at this moment has been fetched; -Infinity when more is known to be there. */
  private freshAt = -Infinity;

  constructor(
    readonly topic: SensorTopic,
    readonly partition: number,
    resumeAt: number,
    /** Where the partition ended when it was asked last. */
    private endOffset: number,
  ) {
    this.fetchOffset = resumeAt;
    this.takenThrough = resumeAt;
    this.handledThrough = resumeAt;
  }

  /** Takes its part of a response; thrown: `CorruptRecordBatch`. `freshAt` is the moment whose end of the partition it is sure to show. */
  add({ records, aborted, endOffset }: FetchedPartition, freshAt: number, seenAt: number, response: SharedResponse | null = null): void {
    this.endOffset = endOffset;
    if (records.length > 0) {
      const kept = response?.keep(records) ?? { bytes: records, release: () => undefined };
      const fetched = new FetchedRecords(kept.bytes, aborted, kept.release);
      // The first batch is always whole, however large.
      if (fetched.nextOffset === null) throw new CorruptRecordBatch(`${records.length} bytes of ${this.topic}-${this.partition} at offset ${this.fetchOffset} hold no whole record batch`);
      if (fetched.nextOffset > this.fetchOffset) {
        this.fetchOffset = fetched.nextOffset;
        this.queue.push({ records: fetched, seenAt });
        this.queuedBytes += fetched.bytes;
      } else kept.release();
    }
    if (this.isAtEnd) this.freshAt = freshAt;
  }

  /** Whether nothing is known that has not been fetched. */
  get isAtEnd(): boolean {
    return this.fetchOffset >= this.endOffset;
  }

  /** The append time of the first entry that waits, null when none does. */
  headTimeMs(): number | null {
    for (let head = this.queue[0]; head !== undefined; head = this.queue[0]) {
      const timeMs = head.records.nextTimeMs(this.takenThrough);
      if (timeMs !== null) return timeMs;
      this.queue.shift();
      this.queuedBytes -= head.records.bytes;
      head.records.release();
    }
    return null;
  }

  /** Whether nothing waits here and nothing that was appended by that moment can still come. */
  hasNothingBefore(moment: number): boolean {
    return this.headTimeMs() === null && this.isAtEnd && this.freshAt >= moment;
  }

  /** When the first of what waits was seen. */
  headSeenAt(): number {
    return this.queue[0]?.seenAt ?? Infinity;
  }

  /** Takes out, as one run, what waits and was appended at `throughMs` at the latest; at most what one response brought. Thrown: `CorruptRecordBatch`. */
  take(throughMs: number, discard: Discard | undefined): Run {
    const run = new Run(this.topic, this.partition, this.takenThrough);
    this.queue[0]?.records.takeInto(run, throughMs, discard);
    this.takenThrough = run.lastOffset + 1;
    this.headTimeMs(); // lets go of what is done with: the fetcher looks at `queuedBytes` before anyone asks again
    return run;
  }

  /** Marks a run that was taken as handled. */
  handled(run: Run): void {
    this.handledThrough = run.lastOffset + 1;
  }
}

/** How long ENTRY waits for OK: for a partition that holds more but does not give it, and for a run that is held. */
export const OK_MAY_LAG_MS = 2_000;

/** Which of ENTRY and OK is to be handled next (P7), and through which append time. */
export type NextStep =
  | {
      readonly topic: SensorTopic;
      readonly throughMs: number;
      /** Whether an OK from before these records may still come. */
      readonly isAheadOfOk: boolean;
    }
  /** Nothing can be handled before another response has come. */
  | null;

/**
 * Order by the log's append times; of two at the same time ENTRY goes first.
 *
 * OK waits until no ENTRY record that was accepted before it can still come: accepted means visible to a
 * fetch, so a fetch of ENTRY's end that was made after the OK record was seen settles it. ENTRY waits for
 * an OK partition that is known to hold more, but not longer than `okMayLagUntil`: an alarm must not wait
 * for a recovery that does not come. It then goes ahead of OK, as it does when OK's end was not seen lately.
 */
export function nextStep(entry: PairSide, ok: PairSide, now: number, okMayLagUntil: number): NextStep {
  const entryTime = entry.headTimeMs();
  const okTime = ok.headTimeMs();
  if (entryTime !== null && okTime !== null) {
    return entryTime <= okTime
      ? { topic: 'ENTRY', throughMs: okTime, isAheadOfOk: false }
      : { topic: 'OK', throughMs: entryTime - 1, isAheadOfOk: false };
  }
  if (entryTime !== null) return ok.isAtEnd || now >= okMayLagUntil ? { topic: 'ENTRY', throughMs: Infinity, isAheadOfOk: !ok.hasNothingBefore(now - OK_MAY_LAG_MS) } : null;
  if (okTime !== null) return entry.hasNothingBefore(ok.headSeenAt()) ? { topic: 'OK', throughMs: Infinity, isAheadOfOk: false } : null;
  return null;
}

/** As `nextStep`, while OK records through `heldTimeMs` are held until all partitions of ENTRY are handled that far. */
export function nextStepWhileHeld(entry: PairSide, heldTimeMs: number, now: number, okMayLagUntil: number): NextStep {
  const entryTime = entry.headTimeMs();
  if (entryTime === null) return null;
  if (entryTime <= heldTimeMs) return { topic: 'ENTRY', throughMs: heldTimeMs, isAheadOfOk: false };
  return now >= okMayLagUntil ? { topic: 'ENTRY', throughMs: Infinity, isAheadOfOk: true } : null;
}
