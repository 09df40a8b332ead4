import { gunzipSync } from 'node:zlib';
import { CorruptRecordBatch } from '../record-batch.js';
import { decompressLz4 } from './lz4-frames.js';
import { decompressSnappy } from './snappy-blocks.js';
import { decompressZstd } from './zstd-frames.js';

/**
 * What one batch may become: 64 times Kafka's default of 1 MiB for a compressed batch (`max.message.bytes`).
 * Readings shrink about tenfold. Of one partition the batch that is open and the one whose records wait to be
 * handled may be in memory at the same time.
 */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024;

interface Codec {
  readonly name: string;
  readonly decompress: (bytes: Buffer, maxBytes: number) => Buffer;
}

/** By the number in the lowest three bits of a batch's attributes. Source: https://kafka.apache.org/documentation/#recordbatch */
const CODECS: Readonly<Record<number, Codec>> = {
  0: { name: 'none', decompress: (bytes) => bytes },
  1: { name: 'gzip', decompress: (bytes, maxBytes) => gunzipSync(bytes, { maxOutputLength: maxBytes }) },
  2: { name: 'snappy', decompress: decompressSnappy },
  3: { name: 'lz4', decompress: decompressLz4 },
  4: { name: 'zstd', decompress: decompressZstd },
};

/**
 * The records section of a record batch, or the value of an old format's wrapper message, as it was before
 * its compression; `compression` is `BatchHeader.compression`. Without compression it is the same buffer.
 *
 * Thrown: `CorruptRecordBatch`, also for an unknown codec and for more than `maxBytes` of output, which is
 * never allocated. gzip, and lz4 and zstd with their optional check sums, notice every change; the rest do
 * not, so check the batch's own check sum first.
 */
export function decompress(compression: number, bytes: Buffer, maxBytes = MAX_DECOMPRESSED_BYTES): Buffer {
  const codec = CODECS[compression];
  if (!codec) throw new CorruptRecordBatch(`unknown compression type ${compression}, known are 0 to 4`);
  try {
    const plain = codec.decompress(bytes, maxBytes);
    if (plain.length > maxBytes) throw new Error(`${plain.length} bytes, at most ${maxBytes} are taken`);
    return plain;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ERR_BUFFER_TOO_LARGE' ? `more than ${maxBytes} bytes of output` : message;
    throw new CorruptRecordBatch(`${codec.name}, ${bytes.length} bytes: ${what}`, { cause: error });
  }
}
