import { crc32c } from './crc32c.js';
import { varintSize, writeVarint } from './varint.js';

/**
 * Kafka's record batch, version 2: the bytes that Kafka stores and sends, and that the embedded log
 * stores too. Source: https://kafka.apache.org/documentation/#recordbatch
 */

/** Where each field of the batch header begins; the records follow at `HEADER_BYTES`. */
const AT = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

export const HEADER_BYTES = 61;

/** The bytes that `batchLength` does not count. */
const BEFORE_LENGTH_ENDS = AT.partitionLeaderEpoch;

const MAGIC = 2;
const COMPRESSION_BITS = 0x07;
const LOG_APPEND_TIME_BIT = 0x08;
const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;

/** A record to be encoded; a null value is a tombstone. */
export interface RecordToEncode {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface BatchHeader {
  readonly baseOffset: number;
  /** The offset of the batch's last record, which need not be there any more in a compacted topic. */
  readonly lastOffset: number;
  /** Where the first record begins, and the place after the last. */
  readonly recordsStart: number;
  readonly end: number;
  readonly recordCount: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly compression: number;
  readonly isControl: boolean;
  readonly isTransactional: boolean;
  /** -1n for a producer that is not idempotent. */
  readonly producerId: bigint;
  readonly baseTimestampMs: number;
  /** The log's append time when `hasLogAppendTime`, otherwise the newest of the producer's times. */
  readonly maxTimestampMs: number;
  readonly hasLogAppendTime: boolean;
}

/** The bytes are not what was written: a read of the same place fails again. */
export class CorruptRecordBatch extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`corrupt record batch: ${what}`, options);
    this.name = 'CorruptRecordBatch';
  }
}

/** What an idempotent producer says of itself, so that a batch that is sent again is stored once. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly epoch: number;
  /** The number of the batch's first record among the producer's records for the partition, an int32. */
  readonly sequence: number;
}

/**
 * One uncompressed batch of at least one record: offsets from `baseOffset` on without a gap, all with the same
 * time. Without a producer the time is the log's append time; with one it is the producer's, and the broker
 * puts its own in its place.
 */
export function encodeRecordBatch(records: readonly RecordToEncode[], baseOffset: number, timeMs: number, producer: BatchProducer | null = null): Buffer {
  let size = HEADER_BYTES;
  for (let delta = 0; delta < records.length; delta += 1) {
    const body = bodySize(records[delta]!, delta);
    size += varintSize(body) + body;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = HEADER_BYTES;
  for (let delta = 0; delta < records.length; delta += 1) at = writeRecord(bytes, at, records[delta]!, delta);
  writeInt64(bytes, AT.baseOffset, baseOffset);
  bytes.writeInt32BE(size - BEFORE_LENGTH_ENDS, AT.batchLength);
  bytes.writeInt32BE(0, AT.partitionLeaderEpoch);
  bytes.writeInt8(MAGIC, AT.magic);
  bytes.writeInt16BE(producer === null ? LOG_APPEND_TIME_BIT : 0, AT.attributes);
  bytes.writeInt32BE(records.length - 1, AT.lastOffsetDelta);
  writeInt64(bytes, AT.baseTimestamp, timeMs);
  writeInt64(bytes, AT.maxTimestamp, timeMs);
  bytes.writeBigInt64BE(producer?.producerId ?? -1n, AT.producerId);
  bytes.writeInt16BE(producer?.epoch ?? -1, AT.producerEpoch);
  bytes.writeInt32BE(producer?.sequence ?? -1, AT.baseSequence);
  bytes.writeInt32BE(records.length, AT.recordCount);
  bytes.writeUInt32BE(crc32c(bytes, AT.attributes, size), AT.crc);
  return bytes;
}

/** At most how many bytes a record adds to a batch. */
export function recordSizeBound(record: RecordToEncode): number {
  const body = bodySize(record, 0x7fffffff);
  return varintSize(body) + body;
}

/**
 * The header of the batch that begins at `start`, after checking that it is whole and its check sum right.
 * Thrown: `CorruptRecordBatch`.
 */
export function verifyRecordBatch(bytes: Buffer, start = 0): BatchHeader {
  const left = bytes.length - start;
  if (left < HEADER_BYTES) throw new CorruptRecordBatch(`${left} bytes left, the header alone has ${HEADER_BYTES}`);
  const magic = bytes.readInt8(start + AT.magic);
  if (magic !== MAGIC) throw new CorruptRecordBatch(`format version ${magic}, expected ${MAGIC}`);
  const size = bytes.readInt32BE(start + AT.batchLength) + BEFORE_LENGTH_ENDS;
  if (size < HEADER_BYTES || size > left) throw new CorruptRecordBatch(`it says it has ${size} bytes, ${left} are there`);
  const stored = bytes.readUInt32BE(start + AT.crc);
  const computed = crc32c(bytes, start + AT.attributes, start + size);
  if (stored !== computed) throw new CorruptRecordBatch(`its bytes have CRC-32C ${hex(computed)}, stored is ${hex(stored)}`);
  return readBatchHeader(bytes, start);
}

/** The header of a batch of whose bytes nothing is checked. */
export function readBatchHeader(bytes: Buffer, start = 0): BatchHeader {
  const attributes = bytes.readInt16BE(start + AT.attributes);
  const baseOffset = readInt64(bytes, start + AT.baseOffset);
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(start + AT.lastOffsetDelta),
    recordsStart: start + HEADER_BYTES,
    end: start + BEFORE_LENGTH_ENDS + bytes.readInt32BE(start + AT.batchLength),
    recordCount: bytes.readInt32BE(start + AT.recordCount),
    compression: attributes & COMPRESSION_BITS,
    isControl: (attributes & CONTROL_BIT) !== 0,
    isTransactional: (attributes & TRANSACTIONAL_BIT) !== 0,
    producerId: bytes.readBigInt64BE(start + AT.producerId),
    baseTimestampMs: readInt64(bytes, start + AT.baseTimestamp),
    maxTimestampMs: readInt64(bytes, start + AT.maxTimestamp),
    hasLogAppendTime: (attributes & LOG_APPEND_TIME_BIT) !== 0,
  };
}

/** A record's length without the varint that states it: attributes, two deltas, key, value, headers. */
function bodySize(record: RecordToEncode, offsetDelta: number): number {
  let size = 2 + varintSize(offsetDelta) + textSize(record.key) + bytesSize(record.value?.length ?? -1);
  const names = record.headers ? Object.keys(record.headers) : [];
  size += varintSize(names.length);
  for (const name of names) size += textSize(name) + textSize(record.headers![name]!);
  return size;
}

function writeRecord(bytes: Buffer, start: number, record: RecordToEncode, offsetDelta: number): number {
  let at = writeVarint(bytes, start, bodySize(record, offsetDelta));
  bytes[at++] = 0; // attributes: none is defined
  bytes[at++] = 0; // timestamp delta: the batch's append time holds for all
  at = writeVarint(bytes, at, offsetDelta);
  at = writeText(bytes, at, record.key);
  at = writeVarint(bytes, at, record.value?.length ?? -1);
  if (record.value) at += record.value.copy(bytes, at);
  const names = record.headers ? Object.keys(record.headers) : [];
  at = writeVarint(bytes, at, names.length);
  for (const name of names) {
    at = writeText(bytes, at, name);
    at = writeText(bytes, at, record.headers![name]!);
  }
  return at;
}

function bytesSize(length: number): number {
  return varintSize(length) + Math.max(length, 0);
}

function textSize(text: string | null): number {
  return bytesSize(text === null ? -1 : Buffer.byteLength(text, 'utf8'));
}

function writeText(bytes: Buffer, start: number, text: string | null): number {
  if (text === null) return writeVarint(bytes, start, -1);
  const at = writeVarint(bytes, start, Buffer.byteLength(text, 'utf8'));
  return at + bytes.write(text, at, 'utf8');
}

/** Whole numbers up to 2^53 in size, which offsets and times keep within. */
function writeInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

/** A whole number up to 2^53 in size. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
