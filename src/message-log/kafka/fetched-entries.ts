import { CorruptRecordBatch, HEADER_BYTES, readBatchHeader, readInt64 } from '../record-batch.js';

/** Where the length and the format version stand in every entry, old or new. */
const LENGTH_AT = 8;
const BEFORE_LENGTH_ENDS = 12;
const MAGIC_AT = 16;
const NEW_MAGIC = 2;
/** Where a message of version 1 has its time; version 0 has none. */
const OLD_TIME_AT = 18;
const LEAST_ENTRY_BYTES = MAGIC_AT + 1;

/** What one entry of the response is: a record batch, or a message of an old format. */
export interface FetchedEntry {
  readonly start: number;
  readonly end: number;
  readonly isOld: boolean;
  /** Of a compressed message the last one too: it says no other. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly timeMs: number;
}

/** The whole entries of a partition's bytes, none of which is verified. Thrown: `CorruptRecordBatch` when they do not begin with one, or the offsets do not ascend. */
export function entriesOf(buffer: Buffer): FetchedEntry[] {
  const entries: FetchedEntry[] = [];
  let start = 0;
  let lastOffset = -1;
  while (start + LEAST_ENTRY_BYTES <= buffer.length) {
    const length = buffer.readInt32BE(start + LENGTH_AT);
    const end = start + BEFORE_LENGTH_ENDS + length;
    const isOld = buffer.readInt8(start + MAGIC_AT) < NEW_MAGIC;
    if (length < leastLength(isOld)) {
      if (entries.length > 0) break; // what is before it is good; the next response begins with it
      throw new CorruptRecordBatch(`an entry of ${length} bytes`);
    }
    if (end > buffer.length) break; // cut off by the response's size limit
    const entry = isOld ? oldEntry(buffer, start, end) : batchEntry(buffer, start, end);
    // The first offset is under no check sum, and which of the two is wrong can't be told.
    if (entry.firstOffset <= lastOffset || entry.lastOffset < entry.firstOffset) {
      throw new CorruptRecordBatch(`offsets ${entry.firstOffset} to ${entry.lastOffset} after offset ${lastOffset}`);
    }
    entries.push(entry);
    ({ lastOffset } = entry);
    start = end;
  }
  return entries;
}

/** What the length of an entry counts at least. */
function leastLength(isOld: boolean): number {
  return (isOld ? LEAST_ENTRY_BYTES : HEADER_BYTES) - BEFORE_LENGTH_ENDS;
}

function oldEntry(buffer: Buffer, start: number, end: number): FetchedEntry {
  const offset = readInt64(buffer, start);
  const hasTime = buffer.readInt8(start + MAGIC_AT) === 1 && start + OLD_TIME_AT + 8 <= end;
  return { start, end, isOld: true, firstOffset: offset, lastOffset: offset, timeMs: hasTime ? readInt64(buffer, start + OLD_TIME_AT) : 0 };
}

function batchEntry(buffer: Buffer, start: number, end: number): FetchedEntry {
  const { baseOffset, lastOffset, maxTimestampMs } = readBatchHeader(buffer, start);
  return { start, end, isOld: false, firstOffset: baseOffset, lastOffset, timeMs: maxTimestampMs };
}
