import { crc32, gzipSync } from 'node:zlib';
import lz4 from 'lz4-napi';
import snappy from 'snappy';
import { crc32c } from '../../src/message-log/crc32c.js';
import { MAX_VARINT_BYTES, writeVarint } from '../../src/message-log/varint.js';

/** Entries of a fetch response of every kind, also such as our own encoder never writes. */

export type CodecName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
export const CODEC_NUMBERS: Readonly<Record<CodecName, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

export interface RecordToBuild {
  readonly offset: number;
  readonly key?: string | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [string, string])[];
}

export interface BatchToBuild {
  readonly baseOffset: number;
  /** That of the last record unless said. */
  readonly lastOffset?: number;
  readonly records: readonly RecordToBuild[];
  readonly codec?: CodecName;
  readonly timeMs?: number;
  readonly producerId?: bigint;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** What the header says instead of the number of records. */
  readonly recordCount?: number;
  /** The records section instead of the one that the records make. */
  readonly section?: Buffer;
}

/** A record batch of version 2 with the log's append time. */
export function buildBatch(batch: BatchToBuild): Buffer {
  const { baseOffset, records, codec = 'none', timeMs = 1_763_956_434_120, producerId = -1n } = batch;
  const section = compress(codec, batch.section ?? Buffer.concat(records.map((record) => buildRecord(record, baseOffset))));
  const bytes = Buffer.alloc(61 + section.length);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(CODEC_NUMBERS[codec] | 0x08 | (batch.isTransactional === true ? 0x10 : 0) | (batch.isControl === true ? 0x20 : 0), 21);
  bytes.writeInt32BE((batch.lastOffset ?? records.at(-1)!.offset) - baseOffset, 23);
  bytes.writeBigInt64BE(BigInt(timeMs - 5), 27);
  bytes.writeBigInt64BE(BigInt(timeMs), 35);
  bytes.writeBigInt64BE(producerId, 43);
  bytes.writeInt16BE(producerId < 0n ? -1 : 0, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(batch.recordCount ?? records.length, 57);
  section.copy(bytes, 61);
  return withCheckSum(bytes);
}

/** The batch at the beginning with its check sum made right. */
export function withCheckSum(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes, 21, 12 + bytes.readInt32BE(8)), 17);
  return bytes;
}

export function buildRecord({ offset, key = null, value, headers = [] }: RecordToBuild, baseOffset: number): Buffer {
  const parts = [Buffer.from([0]), varint(0), varint(offset - baseOffset), ...sized(key === null ? null : Buffer.from(key)), ...sized(value), varint(headers.length)];
  for (const [name, text] of headers) parts.push(...sized(Buffer.from(name)), ...sized(Buffer.from(text)));
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(body.length), body]);
}

/** The control batch with which a transaction ends. */
export function buildMarker(kind: 'commit' | 'abort', offset: number, producerId: bigint, timeMs?: number): Buffer {
  const key = Buffer.from([0, 0, 0, kind === 'commit' ? 1 : 0]).toString('latin1');
  return buildBatch({ baseOffset: offset, records: [{ offset, key, value: Buffer.alloc(6) }], isControl: true, isTransactional: true, producerId, ...(timeMs === undefined ? {} : { timeMs }) });
}

/** A message of format version 0 or 1; with `codec` a wrapper of all the records, else of the only one. */
export function buildOldMessage(magic: 0 | 1, records: readonly RecordToBuild[], timeMs: number, codec: 'none' | 'gzip' = 'none'): Buffer {
  const last = records.at(-1)!;
  if (codec === 'none') return oldMessage(magic, last.offset, 0, timeMs, last.key ?? null, last.value);
  const base = magic === 0 ? 0 : records[0]!.offset;
  const inner = Buffer.concat(records.map(({ offset, key, value }) => oldMessage(magic, offset - base, 0, timeMs, key ?? null, value)));
  return oldMessage(magic, last.offset, CODEC_NUMBERS[codec], timeMs, null, gzipSync(inner));
}

function oldMessage(magic: 0 | 1, offset: number, attributes: number, timeMs: number, key: string | null, value: Buffer | null): Buffer {
  const fixed = Buffer.alloc(magic === 1 ? 26 : 18);
  fixed.writeBigInt64BE(BigInt(offset), 0);
  fixed.writeInt8(magic, 16);
  fixed.writeInt8(attributes, 17);
  if (magic === 1) fixed.writeBigInt64BE(BigInt(timeMs), 18);
  const bytes = Buffer.concat([fixed, ...[key === null ? null : Buffer.from(key), value].flatMap(oldPart)]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
  return bytes;
}

function oldPart(part: Buffer | null): Buffer[] {
  const size = Buffer.alloc(4);
  size.writeInt32BE(part?.length ?? -1);
  return part === null ? [size] : [size, part];
}

export function varint(value: number): Buffer {
  const bytes = Buffer.alloc(MAX_VARINT_BYTES);
  return bytes.subarray(0, writeVarint(bytes, 0, value));
}

function sized(part: Buffer | null): Buffer[] {
  return part === null ? [varint(-1)] : [varint(part.length), part];
}

function compress(codec: CodecName, section: Buffer): Buffer {
  if (codec === 'gzip') return gzipSync(section);
  if (codec === 'snappy') return snappy.compressSync(section);
  if (codec === 'lz4') return lz4.compressFrameSync(section);
  return codec === 'zstd' ? zstdOfRawBlocks(section) : section;
}

const ZSTD_BLOCK_BYTES = 128 * 1024;

/** A zstd frame without compression: Node 20 has no compressor, and the fixtures have real ones. */
function zstdOfRawBlocks(section: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from('28b52ffd0038', 'hex')];
  for (let at = 0; at === 0 || at < section.length; at += ZSTD_BLOCK_BYTES) {
    const block = section.subarray(at, at + ZSTD_BLOCK_BYTES);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | Number(at + ZSTD_BLOCK_BYTES >= section.length), 0, 3);
    parts.push(header, block);
  }
  return Buffer.concat(parts);
}
