import { crc32c as nativeCrc32c } from '@node-rs/crc32';

/** CRC-32C (Castagnoli), the check sum of Kafka's record batches. Source: RFC 3720, appendix B.4. */

const REVERSED_POLYNOMIAL = 0x82f63b78;

/** Eight bytes a step: `TABLES[256 * k + b]` is what byte `b` contributes when `k` bytes follow it in the step. */
const TABLES = makeTables();

/** Up to so many bytes the tables are faster than a call out of JavaScript; beyond it the processor's own instruction is, five times. */
const MAX_TABLE_BYTES = 128;

/** The check sum of `bytes` from `start` (inclusive) to `end` (exclusive), as an unsigned 32-bit number; some 5 GB/s. */
export function crc32c(bytes: Buffer, start = 0, end = bytes.length): number {
  return end - start <= MAX_TABLE_BYTES ? crc32cByTable(bytes, start, end) : nativeCrc32c(bytes.subarray(start, end));
}

/** The same without native code; some 0.7 GB/s. */
export function crc32cByTable(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (const lastStep = end - 8; at <= lastStep; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      TABLES[1792 + (low & 255)]! ^
      TABLES[1536 + ((low >>> 8) & 255)]! ^
      TABLES[1280 + ((low >>> 16) & 255)]! ^
      TABLES[1024 + (low >>> 24)]! ^
      TABLES[768 + bytes[at + 4]!]! ^
      TABLES[512 + bytes[at + 5]!]! ^
      TABLES[256 + bytes[at + 6]!]! ^
      TABLES[bytes[at + 7]!]!;
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ REVERSED_POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at += 1) {
    const before = tables[at - 256]!;
    tables[at] = (before >>> 8) ^ tables[before & 255]!;
  }
  return tables;
}
