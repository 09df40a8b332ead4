import { CorruptRecordBatch, type BatchHeader } from './record-batch.js';
import type { LogRecord } from './message-log.js';
import type { RecordScan } from './record-scan.js';

const NO_HEADERS: LogRecord['headers'] = Object.freeze({});

/**
 * Walks the records of an uncompressed batch, by ascending offset, without making an object or a string for each: after
 * `next()` the fields say where the record's parts are, and `record()` builds the record only for those
 * that are wanted. Five million records of 60 bytes a second pass in one process.
 */
export class RecordCursor {
  offset: number;
  /** Where the key begins, and the place after it; both -1 for a null key. The same for the value. */
  keyStart = -1;
  keyEnd = -1;
  valueStart = -1;
  valueEnd = -1;

  private timestampDelta = 0;
  private headersStart = 0;
  private recordEnd: number;
  private at: number;
  private left: number;

  /** Thrown: `CorruptRecordBatch` for a batch that is compressed or whose number of records is negative. */
  constructor(
    private readonly bytes: Buffer,
    private readonly header: BatchHeader,
  ) {
    if (header.compression !== 0) throw new CorruptRecordBatch(`compression type ${header.compression} in a place for plain batches`);
    if (header.recordCount < 0) throw new CorruptRecordBatch(`${header.recordCount} records`);
    this.offset = header.baseOffset - 1;
    this.at = header.recordsStart;
    this.recordEnd = header.recordsStart;
    this.left = header.recordCount;
  }

  /** Goes to the next record, the first one at the first call; false after the last. Thrown: `CorruptRecordBatch`. */
  next(): boolean {
    const { header } = this;
    this.at = this.recordEnd;
    if (this.left === 0) {
      if (this.recordEnd !== header.end) throw this.corrupt(`${header.end - this.recordEnd} bytes left after ${header.recordCount} records`);
      return false;
    }
    this.left -= 1;
    const length = this.varint();
    this.recordEnd = this.at + length;
    if (length < 0 || this.recordEnd > header.end) throw this.corrupt(`a record of ${length} bytes`);
    this.at += 1; // attributes: none is defined
    this.timestampDelta = this.varlong();
    const offset = header.baseOffset + this.varint();
    if (offset <= this.offset || offset > header.lastOffset) throw this.corrupt(`offset ${offset} in a batch that ends at offset ${header.lastOffset}`);
    this.offset = offset;
    const keyLength = this.varint();
    this.keyStart = keyLength < 0 ? -1 : this.at;
    if (keyLength > 0) this.at += keyLength;
    this.keyEnd = keyLength < 0 ? -1 : this.at;
    const valueLength = this.varint();
    this.valueStart = valueLength < 0 ? -1 : this.at;
    if (valueLength > 0) this.at += valueLength;
    this.valueEnd = valueLength < 0 ? -1 : this.at;
    // At least the number of headers follows.
    if (this.at >= this.recordEnd) throw this.corrupt(`a key of ${keyLength} and a value of ${valueLength} bytes in a record of ${length}`);
    this.headersStart = this.at;
    return true;
  }

  /**
   * Goes on as long as the next record has the next offset and the scan is sure of it, and stands at the last of those that it
   * has passed. Gives their number.
   */
  pass(scan: RecordScan): number {
    const { header } = this;
    const limit = Math.min(this.left, header.lastOffset - this.offset);
    const passed = scan.pass(this, this.bytes, this.recordEnd, header.end, this.offset + 1 - header.baseOffset, limit);
    if (passed === 0) return 0;
    this.recordEnd = scan.lastStart;
    this.left -= passed - 1;
    this.offset += passed - 1;
    this.next();
    return passed;
  }

  /** The append time of the record at which the cursor stands. */
  get appendedAtMs(): number {
    const { header } = this;
    return header.hasLogAppendTime ? header.maxTimestampMs : header.baseTimestampMs + this.timestampDelta;
  }

  /** The latest append time of the batch's records. */
  get lastAppendedAtMs(): number {
    return this.header.maxTimestampMs;
  }

  /** Of the key, the value and the headers of the record at which the cursor stands. */
  get recordBytes(): number {
    return this.keyEnd - this.keyStart + (this.valueEnd - this.valueStart) + (this.recordEnd - this.headersStart);
  }

  /** The record at which the cursor stands; its key and value are copies, and outlive the batch. */
  record(): LogRecord {
    return {
      offset: this.offset,
      key: this.keyStart < 0 ? null : this.copy(this.keyStart, this.keyEnd),
      value: this.valueStart < 0 ? null : this.copy(this.valueStart, this.valueEnd),
      headers: this.headers(),
      appendedAtMs: this.appendedAtMs,
      parsed: undefined, // room for it from the start: what is added to an object later takes an allocation of its own
    };
  }

  private copy(start: number, end: number): Buffer {
    const copy = Buffer.allocUnsafe(end - start);
    this.bytes.copy(copy, 0, start, end);
    return copy;
  }

  /** A header without a value reads as an empty one; of two with the same name the last holds. */
  private headers(): LogRecord['headers'] {
    this.at = this.headersStart;
    const count = this.varint();
    if (count < 0) throw this.corrupt(`${count} headers`);
    const entries: [string, string][] = [];
    for (let index = 0; index < count; index += 1) entries.push([this.text(), this.text()]);
    if (this.at !== this.recordEnd) throw this.corrupt(`a record that ends at byte ${this.recordEnd} and its headers elsewhere`);
    if (count === 0) return NO_HEADERS;
    return Object.fromEntries(entries);
  }

  private text(): string {
    const length = Math.max(this.varint(), 0);
    const end = this.at + length;
    if (end > this.recordEnd) throw this.corrupt(`a header of ${length} bytes`);
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  private varint(): number {
    const { bytes } = this;
    let zigzag = bytes[this.at++]!;
    if (zigzag < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1);
    zigzag &= 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = bytes[this.at++]!;
      zigzag |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    throw this.corrupt('a number of more than 32 bits');
  }

  /** As `varint` for the few numbers that may have up to 53 bits. */
  private varlong(): number {
    let zigzag = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.bytes[this.at++]!;
      zigzag += (byte & 0x7f) * factor;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    throw this.corrupt('a number of more than 64 bits');
  }

  private corrupt(what: string): CorruptRecordBatch {
    return new CorruptRecordBatch(`${what} at byte ${this.at}, after offset ${this.offset}, the batch ends at byte ${this.header.end}`);
  }
}
