import { DoublingPause, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { CommitOutcomeUnknown } from '../storage/embedded-database.js';
import type { BatchTable } from './batch-table.js';
import { ALL_TOPICS, LogUnavailable, PARTITIONS, type AppendedRecord, type OutgoingRecord } from './message-log.js';
import { partitionFor } from './murmur2.js';
import { encodeRecordBatch, recordSizeBound } from './record-batch.js';

/** libsql copies a blob several times on its way: with blobs of megabytes that is slower than with more rows. */
const MAX_ROW_BYTES = 256 * 1024;

/** A commit takes no more than this, or one record: encoding and inserting so much holds the event loop for some 5 ms. */
const COMMIT_BYTES = 1024 * 1024;

/** What a waiting record costs in memory besides its bytes. */
const RECORD_OVERHEAD_BYTES = 100;

/**
 * Append times rise by 1 ms a commit at least, and a fast disk takes more than 1,000 commits a second. When
 * they lead the clock by more than the first of these, each commit waits for 1 ms; a lead beyond the second
 * is not of our making, the clock was set back.
 */
const LEAD_MS = 250;
const CLOCK_WAS_SET_BACK_MS = 60_000;

const FIRST_PROBE_MS = 500;
const LAST_PROBE_MS = 5_000;

/** As much of an append as one commit takes; `bytes` is what it costs while it waits. */
interface Part {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
}

interface WaitingAppend extends Part {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly resolve: (results: readonly AppendedRecord[]) => void;
  readonly reject: (error: LogUnavailable) => void;
}

/** The records of one commit for one partition. */
interface Run {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly records: OutgoingRecord[];
}

export interface GroupAppenderOptions {
  readonly clock: Clock;
  readonly maxWaitingBytes: number;
  /** Called after each commit that succeeded, or may have. */
  readonly onCommit: () => void;
}

/**
 * The write path of the embedded log: appends that come while a commit is on its way share the next one.
 *
 * It keeps no offset and no time of its own but reads them in each transaction, so that nothing is to be
 * repaired after a commit that failed.
 */
export class GroupAppender {
  private readonly waiting: WaitingAppend[] = [];
  private waitingBytes = 0;
  private writing: Promise<void> | null = null;
  private probing: Promise<void> | null = null;
  private readonly closing = new AbortController();
  private failure: string | null = null;
  private keyless = 0;
  private lastAppendMs = 0;

  constructor(
    private readonly table: BatchTable,
    private readonly options: GroupAppenderOptions,
  ) {}

  /** An append that is larger than a commit takes several; when one of them fails its outcome is not known. */
  async append(topic: string, records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]> {
    const parts = toParts(records);
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const { maxWaitingBytes } = this.options;
    if (bytes > maxWaitingBytes) throw new RangeError(`one append of ${bytes} bytes is above the bound of ${maxWaitingBytes}: split it`);
    const why = this.closing.signal.aborted ? this.unavailable() : this.boundReached(bytes);
    if (why !== null) throw new LogUnavailable(why);
    const results = await Promise.all(parts.map((part) => this.enqueue(topic, part)));
    return results.length === 1 ? results[0]! : results.flat();
  }

  private enqueue(topic: string, { records, bytes }: Part): Promise<readonly AppendedRecord[]> {
    const partitions = records.map(({ key }) => (key === null ? this.keyless++ % PARTITIONS : partitionFor(key, PARTITIONS)));
    this.waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.waiting.push({ topic, records, partitions, bytes, resolve, reject });
      this.writing ??= this.writeAll();
    });
  }

  unavailable(): string | null {
    if (this.closing.signal.aborted) return 'the message log is closed';
    return this.failure ?? this.boundReached(1);
  }

  /** Stores what waits, then refuses. */
  async close(): Promise<void> {
    this.closing.abort();
    while (this.writing) await this.writing;
    await this.probing;
  }

  private boundReached(moreBytes: number): string | null {
    const { maxWaitingBytes } = this.options;
    if (this.waitingBytes + moreBytes <= maxWaitingBytes) return null;
    return `${this.waitingBytes} bytes of appends wait for the disk, the bound is ${maxWaitingBytes}`;
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) await this.commitSome();
    this.writing = null;
  }

  private async commitSome(): Promise<void> {
    let group: WaitingAppend[] = [];
    await this.keepPace();
    try {
      // Taken inside the write, so that appends made up to that moment still come along.
      const results = await this.table.write(() => {
        if (group.length === 0) group = this.take(); // once, though the write may be run twice
        const stored = this.store(group);
        crashPoint('log-committing');
        return stored;
      });
      crashPoint('log-committed');
      this.failure = null;
      this.settle(group);
      group.forEach((append, index) => append.resolve(results[index]!));
    } catch (error) {
      if (group.length === 0) group = this.take();
      this.settle(group);
      const unavailable = this.fail(error);
      for (const append of group) append.reject(unavailable);
    }
    this.options.onCommit();
  }

  private async keepPace(): Promise<void> {
    const leadMs = this.lastAppendMs - this.options.clock.now();
    if (leadMs > LEAD_MS && leadMs < CLOCK_WAS_SET_BACK_MS) await this.options.clock.sleep(1, this.closing.signal);
  }

  private take(): WaitingAppend[] {
    let bytes = 0;
    const tooMany = this.waiting.findIndex((append, index) => (bytes += append.bytes) > COMMIT_BYTES && index > 0);
    return this.waiting.splice(0, tooMany < 0 ? this.waiting.length : tooMany);
  }

  private settle(group: readonly WaitingAppend[]): void {
    for (const append of group) this.waitingBytes -= append.bytes;
  }

  /** Inside a write: all that the group holds as rows, ENTRY before OK; the results by append. */
  private store(group: readonly WaitingAppend[]): AppendedRecord[][] {
    const runs = new Map<string, Run>();
    const results = group.map(({ topic, records, partitions }) =>
      records.map((record, index) => {
        const partition = partitions[index]!;
        let run = runs.get(`${topic}/${partition}`);
        if (!run) {
          run = { topic, partition, baseOffset: this.table.nextOffset(topic, partition), records: [] };
          runs.set(`${topic}/${partition}`, run);
        }
        run.records.push(record);
        return { partition, offset: run.baseOffset + run.records.length - 1 };
      }),
    );
    const appendedAtMs = this.table.takeAppendTime(this.options.clock.now());
    this.lastAppendMs = appendedAtMs;
    const inOrder = [...runs.values()].sort((a, b) => ALL_TOPICS.indexOf(a.topic) - ALL_TOPICS.indexOf(b.topic));
    for (const run of inOrder) this.storeRun(run, appendedAtMs);
    return results;
  }

  private storeRun({ topic, partition, baseOffset, records }: Run, appendedAtMs: number): void {
    let from = 0;
    let bytes = 0;
    for (let to = 1; to <= records.length; to += 1) {
      bytes += recordSizeBound(records[to - 1]!);
      const isFull = to === records.length || bytes + recordSizeBound(records[to]!) > MAX_ROW_BYTES;
      if (!isFull) continue;
      const base = baseOffset + from;
      const batch = encodeRecordBatch(records.slice(from, to), base, appendedAtMs);
      this.table.insert(topic, partition, base, baseOffset + to - 1, appendedAtMs, batch);
      from = to;
      bytes = 0;
    }
    this.table.setNextOffset(topic, partition, baseOffset + records.length);
  }

  private fail(error: unknown): LogUnavailable {
    const stored = error instanceof CommitOutcomeUnknown ? 'it is not known whether the append was stored' : 'the append was not stored';
    this.failure = `the message log can't be written: ${error instanceof Error ? error.message : String(error)}`;
    if (!this.closing.signal.aborted) this.probing ??= this.probeUntilWritable();
    return new LogUnavailable(`${this.failure}; ${stored}`, { cause: error });
  }

  /** Those who ask `unavailable` before they append would never see the end of a failure otherwise. */
  private async probeUntilWritable(): Promise<void> {
    const { signal } = this.closing;
    const pause = new DoublingPause(this.options.clock, FIRST_PROBE_MS, LAST_PROBE_MS);
    while (this.failure !== null) {
      await pause.wait(signal);
      if (signal.aborted || this.failure === null) break;
      try {
        await this.table.write(() => this.table.probe());
        this.failure = null;
      } catch (error) {
        this.failure = `the message log can't be written: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    this.probing = null;
  }
}

function toParts(records: readonly OutgoingRecord[]): Part[] {
  const parts: Part[] = [];
  let from = 0;
  let bytes = 0;
  records.forEach((record, index) => {
    const more = recordSizeBound(record) + RECORD_OVERHEAD_BYTES;
    if (bytes > 0 && bytes + more > COMMIT_BYTES) {
      parts.push({ records: records.slice(from, index), bytes });
      from = index;
      bytes = 0;
    }
    bytes += more;
  });
  parts.push({ records: from === 0 ? records : records.slice(from), bytes });
  return parts;
}
