import type { Discard, LogRecord, SensorTopic } from '../message-log.js';
import { CorruptRecordBatch, HEADER_BYTES, readBatchHeader, verifyRecordBatch, type BatchHeader } from '../record-batch.js';
import { RecordCursor } from '../record-cursor.js';
import { decompress } from './decompress.js';
import type { AbortedTransaction } from './fetch-request.js';
import { decodeOldMessageSet } from './old-message-set.js';

/** Where the length and the format version stand in every entry, old or new. */
const LENGTH_AT = 8;
const BEFORE_LENGTH_ENDS = 12;
const MAGIC_AT = 16;
const NEW_MAGIC = 2;
/** Where a message of version 1 has its time; version 0 has none. */
const OLD_TIME_AT = 18;
const LEAST_ENTRY_BYTES = MAGIC_AT + 1;

/** The second int16 of a control record's key: what became of the transaction. */
const ABORT_MARKER = 0;

/** Records, or offsets without one, of a run: what a handler decides and appends at a time, and what a receipt can name. */
const MAX_RUN_RECORDS = 5_000;

/** A run that grows; see `LogBatch`. */
export class Run<Topic extends string = SensorTopic> {
  readonly skipped: number[] = [];
  readonly records: LogRecord[] = [];
  discarded = 0;
  lastOffset: number;
  lastAppendedAtMs = 0;

  constructor(
    readonly topic: Topic,
    readonly partition: number,
    readonly firstOffset: number,
  ) {
    this.lastOffset = firstOffset - 1;
  }

  get isFull(): boolean {
    return this.records.length >= MAX_RUN_RECORDS || this.skipped.length >= MAX_RUN_RECORDS;
  }

  /** Marks the offsets up to `offset`, exclusive, as holding no record, or as many as there is room for. */
  skipTo(offset: number): void {
    const end = Math.min(offset, this.lastOffset + 1 + MAX_RUN_RECORDS - this.skipped.length);
    for (let each = this.lastOffset + 1; each < end; each += 1) this.skipped.push(each);
    this.lastOffset = Math.max(this.lastOffset, end - 1);
  }
}

/** What one entry of the response is: a record batch, or a message of an old format. */
interface Entry {
  readonly start: number;
  readonly end: number;
  readonly isOld: boolean;
  readonly lastOffset: number;
  readonly timeMs: number;
}

/**
 * The records of one partition in one response of a broker, taken batch by batch.
 *
 * A record becomes an object only when `discard` does not take it out. Control batches, aborted
 * transactions and gaps become skipped offsets; compressed batches are decompressed one at a time; what is
 * cut off at the end is left for the next response.
 */
export class FetchedRecords {
  /** The offset after the last whole entry, null when there is none. */
  readonly nextOffset: number | null;
  readonly bytes: number;

  private readonly entries: readonly Entry[];
  private at = 0;
  /** The walk through the batch that is open, when a run ended within it. */
  private open: RecordCursor | null = null;
  private openBytes: Buffer = EMPTY;
  private abortedAt = 0;
  private readonly aborting = new Set<bigint>();

  /** Thrown: `CorruptRecordBatch` when an entry can't be one. */
  constructor(
    private readonly buffer: Buffer,
    private readonly aborted: readonly AbortedTransaction[],
  ) {
    this.entries = entriesOf(buffer);
    this.nextOffset = this.entries.length === 0 ? null : this.entries.at(-1)!.lastOffset + 1;
    this.bytes = buffer.length;
  }

  /** The append time of the first entry with an offset of at least `from`, null when there is none left. */
  nextTimeMs(from: number): number | null {
    while (this.at < this.entries.length && this.entries[this.at]!.lastOffset < from) this.close();
    return this.entries[this.at]?.timeMs ?? null;
  }

  /** Adds to the run what follows its last offset and was appended at `throughMs` at the latest, until the run is full. */
  takeInto(run: Run<string>, throughMs: number, discard: Discard | undefined): void {
    for (;;) {
      const timeMs = this.nextTimeMs(run.lastOffset + 1);
      if (timeMs === null || timeMs > throughMs || run.isFull) return;
      const entry = this.entries[this.at]!;
      run.lastAppendedAtMs = timeMs;
      if (entry.isOld) this.takeOld(run, entry);
      else this.takeBatch(run, entry, discard);
    }
  }

  private takeBatch(run: Run<string>, entry: Entry, discard: Discard | undefined): void {
    if (this.open === null) {
      const header = verifyRecordBatch(this.buffer, entry.start);
      if (this.isWithoutRecords(header)) {
        run.skipTo(entry.lastOffset + 1);
        return;
      }
      this.openBatch(header);
    }
    const cursor = this.open!;
    const bytes = this.openBytes;
    let next = run.lastOffset + 1;
    let discarded = 0;
    // The hot path: no object, no string and no call but these for a record that is discarded.
    while (cursor.next()) {
      const { offset } = cursor;
      if (offset < next) continue;
      if (offset > next) {
        run.lastOffset = next - 1;
        run.skipTo(offset);
        if (run.lastOffset < offset - 1) {
          run.discarded += discarded;
          this.open = null; // the gap is too long for this run: the record after it will be met again
          return;
        }
      }
      next = offset + 1;
      if (discard !== undefined && cursor.valueStart >= 0 && discard(bytes, cursor.valueStart, cursor.valueEnd)) {
        discarded += 1;
        continue;
      }
      run.records.push(cursor.record());
      if (run.isFull) {
        run.discarded += discarded;
        run.lastOffset = offset;
        return;
      }
    }
    run.discarded += discarded;
    run.lastOffset = Math.max(run.lastOffset, next - 1);
    run.skipTo(entry.lastOffset + 1);
  }

  private takeOld(run: Run<string>, entry: Entry): void {
    for (const record of decodeOldMessageSet(this.buffer.subarray(entry.start, entry.end)).records) {
      if (record.offset <= run.lastOffset) continue;
      run.skipTo(record.offset);
      if (run.isFull) return;
      run.records.push(record);
      run.lastOffset = record.offset;
    }
    run.skipTo(entry.lastOffset + 1);
  }

  private close(): void {
    this.open = null;
    this.openBytes = EMPTY;
    this.at += 1;
  }

  private openBatch(header: BatchHeader): void {
    if (header.compression === 0) {
      this.openBytes = this.buffer;
      this.open = new RecordCursor(this.buffer, header);
      return;
    }
    this.openBytes = decompress(header.compression, this.buffer.subarray(header.recordsStart, header.end));
    this.open = new RecordCursor(this.openBytes, { ...header, compression: 0, recordsStart: 0, end: this.openBytes.length });
  }

  /** Control batches, and those of transactions that were aborted. */
  private isWithoutRecords(header: BatchHeader): boolean {
    while (this.abortedAt < this.aborted.length && this.aborted[this.abortedAt]!.firstOffset <= header.lastOffset) {
      this.aborting.add(this.aborted[this.abortedAt]!.producerId);
      this.abortedAt += 1;
    }
    if (header.isControl) {
      if (this.isAbortMarker(header)) this.aborting.delete(header.producerId);
      return true;
    }
    return header.recordCount === 0 || (header.isTransactional && this.aborting.has(header.producerId));
  }

  private isAbortMarker(header: BatchHeader): boolean {
    const cursor = new RecordCursor(this.buffer, header);
    return header.recordCount > 0 && cursor.next() && cursor.keyEnd - cursor.keyStart >= 4 && this.buffer.readInt16BE(cursor.keyStart + 2) === ABORT_MARKER;
  }
}

const EMPTY = Buffer.alloc(0);

function entriesOf(buffer: Buffer): Entry[] {
  const entries: Entry[] = [];
  let start = 0;
  while (start + LEAST_ENTRY_BYTES <= buffer.length) {
    const length = buffer.readInt32BE(start + LENGTH_AT);
    const end = start + BEFORE_LENGTH_ENDS + length;
    if (length < LEAST_ENTRY_BYTES - BEFORE_LENGTH_ENDS) throw new CorruptRecordBatch(`an entry of ${length} bytes`);
    if (end > buffer.length) break; // cut off by the response's size limit
    const magic = buffer.readInt8(start + MAGIC_AT);
    if (magic < NEW_MAGIC) {
      entries.push({ start, end, isOld: true, lastOffset: int64(buffer, start), timeMs: magic === 1 ? int64(buffer, start + OLD_TIME_AT) : 0 });
    } else {
      if (end - start < HEADER_BYTES) throw new CorruptRecordBatch(`a batch of ${end - start} bytes, the header alone has ${HEADER_BYTES}`);
      const { lastOffset, maxTimestampMs } = readBatchHeader(buffer, start);
      entries.push({ start, end, isOld: false, lastOffset, timeMs: maxTimestampMs });
    }
    start = end;
  }
  return entries;
}

function int64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 2 ** 32 + buffer.readUInt32BE(at + 4);
}
