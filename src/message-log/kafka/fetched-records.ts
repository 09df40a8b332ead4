import type { Discard, LogRecord, SensorTopic } from '../message-log.js';
import { CorruptRecordBatch, verifyRecordBatch, type BatchHeader } from '../record-batch.js';
import { RecordCursor } from '../record-cursor.js';
import { decompress } from './decompress.js';
import type { AbortedTransaction } from './fetch-request.js';
import { entriesOf, type FetchedEntry } from './fetched-entries.js';
import { decodeOldMessageSet } from './old-message-set.js';

interface UnreadableBatch {
  readonly header: BatchHeader;
  readonly problem: string;
}

/** The second int16 of a control record's key: what became of the transaction. */
const ABORT_MARKER = 0;

/** Records, or offsets without one, of a run: what a handler decides and appends at a time, and what a receipt can name. */
export const MAX_RUN_RECORDS = 5_000;

/** A run that grows; see `LogBatch`. */
export class Run<Topic extends string = SensorTopic> {
  readonly skipped: number[] = [];
  readonly records: LogRecord[] = [];
  /** Of the keys, values and headers of `records`. */
  recordBytes = 0;
  discarded = 0;
  lastOffset: number;
  lastAppendedAtMs = 0;
  isOutOfOrder = false;

  constructor(
    readonly topic: Topic,
    readonly partition: number,
    readonly firstOffset: number,
    private readonly maxRecords = MAX_RUN_RECORDS,
  ) {
    this.lastOffset = firstOffset - 1;
  }

  get isFull(): boolean {
    return this.records.length >= this.maxRecords || this.skipped.length >= this.maxRecords;
  }

  /** `bytes`: of all that belongs to the record. */
  add(record: LogRecord, bytes: number, discard: Discard | undefined): void {
    this.records.push(record);
    this.recordBytes += bytes;
    discard?.given?.(record);
  }

  /** Marks the offsets up to `offset`, exclusive, as holding no record, or as many as there is room for. */
  skipTo(offset: number): void {
    const end = Math.min(offset, this.lastOffset + 1 + this.maxRecords - this.skipped.length);
    for (let each = this.lastOffset + 1; each < end; each += 1) this.skipped.push(each);
    this.lastOffset = Math.max(this.lastOffset, end - 1);
  }
}

/**
 * The records of one partition in one response of a broker, taken batch by batch.
 *
 * A record becomes an object only when `discard` does not take it out. Control batches, aborted
 * transactions and gaps become skipped offsets; compressed batches are decompressed one at a time, and one for which
 * that fails becomes a single record; what is cut off at the end is left for the next response.
 */
export class FetchedRecords {
  /** The offset after the last whole entry, null when there is none. */
  readonly nextOffset: number | null;
  readonly bytes: number;

  private readonly entries: readonly FetchedEntry[];
  private at = 0;
  /** Whether the entry at `at` was verified, and what it says of transactions taken note of. */
  private isSeen = false;
  /** The walk through the batch that is open, when a run ended within it. */
  private open: RecordCursor | null = null;
  private openBytes: Buffer = EMPTY;
  /** Set when the records of the batch at `at`, whose bytes are as they were sent, can't be told from each other. */
  private unreadable: UnreadableBatch | null = null;
  /** By ascending first offset; a broker gives them by their ends. */
  private readonly aborted: readonly AbortedTransaction[];
  private abortedAt = 0;
  private readonly aborting = new Set<bigint>();
  private failure: CorruptRecordBatch | null = null;

  /** Thrown: `CorruptRecordBatch` when the response does not begin with an entry, or its offsets do not ascend. */
  constructor(
    private buffer: Buffer,
    aborted: readonly AbortedTransaction[],
    private readonly onDone: () => void = () => undefined,
  ) {
    this.entries = entriesOf(buffer);
    this.nextOffset = this.entries.length === 0 ? null : this.entries.at(-1)!.lastOffset + 1;
    this.bytes = buffer.length;
    this.aborted = aborted.toSorted((one, other) => one.firstOffset - other.firstOffset);
  }

  /** Gives the memory of the response back, to be called once, when nothing of it is needed any more; records that were taken are copies. */
  release(): void {
    this.buffer = EMPTY;
    this.close();
    this.onDone();
  }

  /** The append time of the first entry with an offset of at least `from`, null when there is none left. Thrown: `CorruptRecordBatch`. */
  nextTimeMs(from: number): number | null {
    for (let entry = this.entries[this.at]; entry !== undefined; entry = this.entries[this.at]) {
      if (entry.lastOffset >= from) return entry.timeMs;
      // Passed over unread, it may still end a transaction, or be broken and not end where it says.
      if (!this.isSeen && !entry.isOld) this.see(entry);
      this.close();
    }
    return null;
  }

  /**
   * Adds to the run what follows its last offset and was appended at `throughMs` at the latest, until the run is full.
   *
   * Thrown: `CorruptRecordBatch` when the next record can't be read; a run that has taken what is before it is given first.
   */
  takeInto(run: Run<string>, throughMs: number, discard: Discard | undefined): void {
    if (this.failure) throw this.failure;
    try {
      for (;;) {
        const timeMs = this.nextTimeMs(run.lastOffset + 1);
        if (timeMs === null || timeMs > throughMs || run.isFull) return;
        const entry = this.entries[this.at]!;
        run.lastAppendedAtMs = timeMs;
        discard?.beginBatch?.(run.partition, timeMs);
        if (entry.isOld) this.takeOld(run, entry, discard);
        else this.takeBatch(run, entry, discard);
      }
    } catch (error) {
      if (!(error instanceof CorruptRecordBatch)) throw error;
      this.failure = error;
      if (run.lastOffset < run.firstOffset) throw error;
    }
  }

  private takeBatch(run: Run<string>, entry: FetchedEntry, discard: Discard | undefined): void {
    if (this.open === null && this.unreadable === null) {
      const header = this.see(entry);
      if (this.isWithoutRecords(header)) {
        run.skipTo(entry.lastOffset + 1);
        return;
      }
      this.openBatch(header);
    }
    if (this.unreadable !== null) {
      this.takeUnreadable(run, entry, this.unreadable, discard);
      return;
    }
    const cursor = this.open!;
    const bytes = this.openBytes;
    let next = run.lastOffset + 1;
    let discarded = 0;
    try {
      for (;;) {
        // The hot path: nearly all records end here.
        if (discard?.scan !== undefined && cursor.offset === next - 1) {
          const passed = cursor.pass(discard.scan);
          next += passed;
          discarded += passed;
        }
        if (!cursor.next()) break;
        const { offset } = cursor;
        if (offset < next) continue;
        if (offset > next) {
          run.lastOffset = next - 1;
          run.skipTo(offset);
          if (run.lastOffset < offset - 1) {
            this.open = null; // the gap is too long for this run: the record after it will be met again
            return;
          }
        }
        if (discard !== undefined && cursor.valueStart >= 0 && discard.one(bytes, cursor.valueStart, cursor.valueEnd)) {
          next = offset + 1;
          discarded += 1;
          continue;
        }
        run.add(cursor.record(), cursor.recordBytes, discard);
        next = offset + 1;
        if (run.isFull) return;
      }
    } finally {
      run.discarded += discarded;
      run.lastOffset = Math.max(run.lastOffset, next - 1);
    }
    run.skipTo(entry.lastOffset + 1);
  }

  /** One record for the whole batch, at its last offset; a run may end among the offsets before it. */
  private takeUnreadable(run: Run<string>, entry: FetchedEntry, { header, problem }: UnreadableBatch, discard: Discard | undefined): void {
    const { lastOffset } = entry;
    run.skipTo(lastOffset);
    if (run.isFull || run.lastOffset < lastOffset - 1) return;
    const unreadableBatch = `batch of ${header.recordCount} records, offsets ${header.baseOffset} to ${lastOffset}: ${problem}`;
    const value = Buffer.from(this.buffer.subarray(entry.start, header.end));
    run.add({ offset: lastOffset, key: null, value, headers: {}, appendedAtMs: entry.timeMs, unreadableBatch }, value.length, discard);
    run.lastOffset = lastOffset;
  }

  private takeOld(run: Run<string>, entry: FetchedEntry, discard: Discard | undefined): void {
    const bytes = Buffer.from(this.buffer.subarray(entry.start, entry.end)); // a copy, as its records are parts of it
    const { records, end } = decodeOldMessageSet(bytes);
    if (end !== bytes.length) throw new CorruptRecordBatch(`a message of ${bytes.length} bytes at offset ${entry.lastOffset}`);
    let before = -1;
    for (const record of records) {
      const { offset, key, value } = record;
      if (offset <= before || offset > entry.lastOffset) throw new CorruptRecordBatch(`offset ${offset} in a compressed message at offset ${entry.lastOffset}`);
      before = offset;
      if (offset <= run.lastOffset) continue;
      if (!run.isFull) run.skipTo(offset);
      if (run.isFull) return;
      if (discard !== undefined && value !== null && discard.one(value, 0, value.length)) run.discarded += 1;
      else run.add(record, (key?.length ?? 0) + (value?.length ?? 0), discard); // this format has no headers
      run.lastOffset = offset;
    }
    run.skipTo(entry.lastOffset + 1);
  }

  private close(): void {
    this.open = null;
    this.openBytes = EMPTY;
    this.isSeen = false;
    this.unreadable = null;
    this.at += 1;
  }

  /** Verifies the batch and keeps account of the transactions that are being aborted. */
  private see(entry: FetchedEntry): BatchHeader {
    const header = verifyRecordBatch(this.buffer, entry.start);
    while (this.abortedAt < this.aborted.length && this.aborted[this.abortedAt]!.firstOffset <= header.lastOffset) {
      this.aborting.add(this.aborted[this.abortedAt]!.producerId);
      this.abortedAt += 1;
    }
    if (header.isControl && this.isAbortMarker(header)) this.aborting.delete(header.producerId);
    this.isSeen = true;
    return header;
  }

  /** One that can't be decompressed, or comes to more than is taken, is unreadable: no retry helps, as its check sum is right. */
  private openBatch(header: BatchHeader): void {
    if (header.compression === 0) {
      this.openBytes = this.buffer;
      this.open = new RecordCursor(this.buffer, header);
      return;
    }
    try {
      this.openBytes = decompress(header.compression, this.buffer.subarray(header.recordsStart, header.end));
    } catch (error) {
      if (!(error instanceof CorruptRecordBatch)) throw error;
      this.unreadable = { header, problem: error.message };
      return;
    }
    this.open = new RecordCursor(this.openBytes, { ...header, compression: 0, recordsStart: 0, end: this.openBytes.length });
  }

  /** Control batches, those of transactions that were aborted, and what compaction left of a batch of which nothing is kept. */
  private isWithoutRecords(header: BatchHeader): boolean {
    return header.isControl || header.recordCount === 0 || (header.isTransactional && this.aborting.has(header.producerId));
  }

  private isAbortMarker(header: BatchHeader): boolean {
    const cursor = new RecordCursor(this.buffer, header);
    return header.recordCount > 0 && cursor.next() && cursor.keyEnd - cursor.keyStart >= 4 && this.buffer.readInt16BE(cursor.keyStart + 2) === ABORT_MARKER;
  }
}

const EMPTY = Buffer.alloc(0);
