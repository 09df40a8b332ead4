import { crc32 } from 'node:zlib';
import type { LogRecord } from '../message-log.js';
import { CorruptRecordBatch } from '../record-batch.js';
import { decompress } from './decompress.js';

/**
 * Kafka's message formats before record batches, versions 0 and 1: messages one after the other, each by
 * itself, or a wrapper message whose value is a compressed set of them. kafkajs 2.2.4 decodes them too, but
 * without the check sum and the log's append time, and takes a broken set in a wrapper for a cut one.
 * Source: https://kafka.apache.org/documentation/#messageset
 */

/** Where each field of a message begins, counted from its offset. */
const AT = { offset: 0, size: 8, crc: 12, magic: 16, attributes: 17, afterAttributes: 18 } as const;
const BEFORE_SIZE_ENDS = AT.crc;
const TIMESTAMP_BYTES = 8;
/** Version 0 has no times, and Kafka's own clients give this one. */
const NO_TIMESTAMP = -1;

const COMPRESSION_BITS = 0x07;
const LOG_APPEND_TIME_BIT = 0x08;
const NO_HEADERS: LogRecord['headers'] = Object.freeze({});

interface Message {
  readonly record: LogRecord;
  readonly magic: number;
  readonly attributes: number;
  /** The place after it. */
  readonly end: number;
}

export interface OldMessageSet {
  /** The first may lie before the offset that was asked for: a wrapper comes whole. */
  readonly records: LogRecord[];
  /** Where to read on, null when not one message was whole. */
  readonly nextOffset: number | null;
  /** The place after the last whole message; what follows is a cut tail or begins with a record batch of version 2. */
  readonly end: number;
}

/**
 * The records of a message set as a fetch response has it, from its first byte up to the first message that
 * is cut or of version 2. `appendedAtMs` is the message's time, or the log's own where the topic says so;
 * -1 in version 0, which has none. Keys and values share memory with the set.
 *
 * Thrown: `CorruptRecordBatch`.
 */
export function decodeOldMessageSet(bytes: Buffer): OldMessageSet {
  const records: LogRecord[] = [];
  let nextOffset: number | null = null;
  let end = 0;
  for (let message = readMessage(bytes, 0); message; message = readMessage(bytes, end)) {
    if ((message.attributes & COMPRESSION_BITS) === 0) records.push(message.record);
    else for (const record of unwrap(message)) records.push(record);
    nextOffset = message.record.offset + 1;
    end = message.end;
  }
  return { records, nextOffset, end };
}

/** The messages within a wrapper: version 1 counts their offsets from the first on and gives the wrapper the last one's. */
function unwrap(wrapper: Message): LogRecord[] {
  const { offset, value, appendedAtMs } = wrapper.record;
  if (value === null) throw new CorruptRecordBatch(`the compressed message at offset ${offset} has no value`);
  const set = decompress(wrapper.attributes & COMPRESSION_BITS, value);
  const inner: LogRecord[] = [];
  for (let at = 0; at < set.length; ) {
    const message = readMessage(set, at);
    if (!message) throw new CorruptRecordBatch(`the compressed set at offset ${offset} is cut at byte ${at}`);
    if (message.magic !== wrapper.magic || (message.attributes & COMPRESSION_BITS) !== 0) {
      throw new CorruptRecordBatch(`the compressed set at offset ${offset} of version ${wrapper.magic} holds a compressed message or one of version ${message.magic}`);
    }
    inner.push(message.record);
    at = message.end;
  }
  const last = inner.at(-1);
  if (!last) throw new CorruptRecordBatch(`the compressed set at offset ${offset} is empty`);
  if (wrapper.magic === 0) return inner;
  const base = offset - last.offset;
  const hasLogAppendTime = (wrapper.attributes & LOG_APPEND_TIME_BIT) !== 0;
  return inner.map((record) => ({
    ...record,
    offset: base + record.offset,
    appendedAtMs: hasLogAppendTime ? appendedAtMs : record.appendedAtMs,
  }));
}

/** The message that begins at `start`; null when it is cut or belongs to version 2. */
function readMessage(bytes: Buffer, start: number): Message | null {
  if (start + AT.afterAttributes > bytes.length) return null;
  const magic = bytes.readInt8(start + AT.magic);
  if (magic === 2) return null;
  const offset = Number(bytes.readBigInt64BE(start + AT.offset));
  if (magic !== 0 && magic !== 1) throw new CorruptRecordBatch(`the message at offset ${offset} has format version ${magic}, expected 0 or 1`);
  const size = bytes.readInt32BE(start + AT.size);
  const end = start + BEFORE_SIZE_ENDS + size;
  const keyAt = start + AT.afterAttributes + (magic === 1 ? TIMESTAMP_BYTES : 0);
  if (keyAt + 8 > end) throw new CorruptRecordBatch(`the message at offset ${offset} says it has ${size} bytes`);
  if (end > bytes.length) return null;
  const stored = bytes.readUInt32BE(start + AT.crc);
  const computed = crc32(bytes.subarray(start + AT.magic, end));
  if (stored !== computed) throw new CorruptRecordBatch(`the message at offset ${offset} has CRC-32 ${computed}, stored is ${stored}`);
  const key = readPart(bytes, keyAt, end, offset);
  const valueAt = keyAt + 4 + (key?.length ?? 0);
  const value = readPart(bytes, valueAt, end, offset);
  const appendedAtMs = magic === 1 ? Number(bytes.readBigInt64BE(start + AT.afterAttributes)) : NO_TIMESTAMP;
  const attributes = bytes.readInt8(start + AT.attributes);
  return { record: { offset, key, value, headers: NO_HEADERS, appendedAtMs }, magic, attributes, end };
}

function readPart(bytes: Buffer, start: number, end: number, offset: number): Buffer | null {
  const partStart = start + 4;
  const length = partStart <= end ? bytes.readInt32BE(start) : Infinity;
  if (length === -1) return null;
  if (length < 0 || partStart + length > end) throw new CorruptRecordBatch(`a key or value of the message at offset ${offset} goes past its end`);
  return bytes.subarray(partStart, partStart + length);
}
