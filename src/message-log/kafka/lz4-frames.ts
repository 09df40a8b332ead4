import lz4 from 'lz4-napi';
import { need, nextFrame } from './frame-bytes.js';
import { shortXxh32 } from './short-xxh32.js';

const MAGIC = 0x184d2204;
const HEADER_BYTES = 7;
const MAX_BLOCK_BYTES: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 };
/** No sequence of bytes becomes more than this many times as long. */
const MAX_RATIO = 255;

interface Frame {
  readonly bytes: Buffer;
  readonly end: number;
  /** The most that it can become. */
  readonly ceiling: number;
}

/**
 * LZ4 frames, one or more. The library decodes one frame and knows no bound, so the blocks are counted here
 * first: a full one for each, which makes frames of many nearly empty blocks of 4 MiB seem larger than they are.
 * The memory of its results is given back between turns of the event loop, so let one pass now and then.
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function decompressLz4(bytes: Buffer, maxBytes: number): Buffer {
  const frames: Buffer[] = [];
  let ceiling = 0;
  let at = nextFrame(bytes, 0);
  while (at < bytes.length) {
    const frame = readFrame(bytes, at);
    frames.push(frame.bytes);
    ceiling += frame.ceiling;
    at = nextFrame(bytes, frame.end);
  }
  if (frames.length === 0) throw new Error('no frame');
  if (ceiling > maxBytes) throw new Error(`blocks for up to ${ceiling} bytes of output, at most ${maxBytes} are taken`);
  const parts = frames.map((frame) => lz4.decompressFrameSync(frame));
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function readFrame(bytes: Buffer, start: number): Frame {
  need(bytes, start + HEADER_BYTES);
  const magic = bytes.readUInt32LE(start);
  if (magic !== MAGIC) throw new Error(`a frame begins with ${magic.toString(16)}, expected ${MAGIC.toString(16)}`);
  const flags = bytes[start + 4]!;
  const maxBlockBytes = MAX_BLOCK_BYTES[bytes[start + 5]! >> 4];
  if (flags >> 6 !== 1 || maxBlockBytes === undefined) throw new Error('a frame of unknown version or block size');
  if ((flags & 0x01) !== 0) throw new Error('a frame that needs a dictionary');
  const blockChecksumBytes = (flags & 0x10) !== 0 ? 4 : 0;
  const contentChecksumBytes = (flags & 0x04) !== 0 ? 4 : 0;
  const checksumAt = start + 6 + ((flags & 0x08) !== 0 ? 8 : 0);
  let at = checksumAt + 1;
  let ceiling = 0;
  for (;;) {
    need(bytes, at + 4);
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const size = word & 0x7fffffff;
    const isPlain = word >>> 31 === 1;
    ceiling += Math.min(maxBlockBytes, isPlain ? size : size * MAX_RATIO);
    at += size + blockChecksumBytes;
  }
  const end = at + contentChecksumBytes;
  need(bytes, end);
  return { bytes: withRightChecksum(bytes.subarray(start, end), checksumAt - start), end, ceiling };
}

/**
 * Clients for format version 0 summed up the frame's magic number too (KAFKA-3160). The library takes only
 * the right sum, so theirs is replaced by it.
 */
function withRightChecksum(frame: Buffer, checksumAt: number): Buffer {
  const stored = frame[checksumAt]!;
  const right = headerChecksum(frame.subarray(4, checksumAt));
  if (stored === right) return frame;
  if (stored !== headerChecksum(frame.subarray(0, checksumAt))) throw new Error(`a frame header of check sum ${right}, stored is ${stored}`);
  const repaired = Buffer.from(frame);
  repaired[checksumAt] = right;
  return repaired;
}

function headerChecksum(bytes: Buffer): number {
  return (shortXxh32(bytes) >>> 8) & 0xff;
}
