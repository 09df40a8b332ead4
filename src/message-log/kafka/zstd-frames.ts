import * as zlib from 'node:zlib';
import { need, nextFrame } from './frame-bytes.js';

const MAGIC = 0xfd2fb528;
const MAX_BLOCK_BYTES = 128 * 1024;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

interface Frame {
  readonly bytes: Buffer;
  readonly end: number;
  /** The most that it can become: the size that it states, if it does, otherwise full blocks. */
  readonly ceiling: number;
}

/** Decompresses one whole frame into at most `maxBytes`. */
export type DecompressFrame = (frame: Buffer, maxBytes: number) => Buffer;

/** Node's own, from 22.15 on. */
export const nativeFrame: DecompressFrame | null = nativeDecompressFrame();

const defaultFrame = nativeFrame ?? (await loadWasmFrame());

/**
 * Zstandard frames, one or more. Their blocks are counted first, so that a decoder gets whole frames only and
 * no more room than the frame can need: Java clients do not state the size.
 * Source: https://www.rfc-editor.org/rfc/rfc8878
 */
export function decompressZstd(bytes: Buffer, maxBytes: number, decompressFrame: DecompressFrame = defaultFrame): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  let at = nextFrame(bytes, 0);
  while (at < bytes.length) {
    const frame = readFrame(bytes, at);
    at = nextFrame(bytes, frame.end);
    const part = decompressWithin(frame, maxBytes - size, maxBytes, decompressFrame);
    parts.push(part);
    size += part.length;
  }
  if (parts.length === 0) throw new Error('no frame');
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function decompressWithin({ bytes, ceiling }: Frame, left: number, maxBytes: number, decompressFrame: DecompressFrame): Buffer {
  if (ceiling === 0) return Buffer.alloc(0);
  if (left === 0) throw new Error(`more than ${maxBytes} bytes of output`);
  try {
    return decompressFrame(bytes, Math.min(ceiling, left));
  } catch (error) {
    const orTooLarge = ceiling > left ? `, or more than ${maxBytes} bytes of output` : '';
    throw new Error(`a broken frame${orTooLarge}: ${(error as Error).message}`, { cause: error });
  }
}

function readFrame(bytes: Buffer, start: number): Frame {
  const magic = bytes.readUInt32LE(start);
  if (magic !== MAGIC) throw new Error(`a frame begins with ${magic.toString(16)}, expected ${MAGIC.toString(16)}`);
  const descriptor = bytes[start + 4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const checksumBytes = (descriptor & 0x04) !== 0 ? 4 : 0;
  const sizeAt = start + 5 + (isSingleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[(descriptor & 0x03) as 0 | 1 | 2 | 3];
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 2 ** sizeFlag;
  let at = sizeAt + sizeBytes;
  need(bytes, at);
  const stated = statedSize(bytes, sizeAt, sizeBytes);
  let ceiling = 0;
  let isLast = false;
  while (!isLast) {
    need(bytes, at + 3);
    const word = bytes.readUIntLE(at, 3);
    isLast = (word & 1) === 1;
    const type = (word >> 1) & 3;
    const size = word >> 3;
    if (type === 3) throw new Error(`a block of unknown type at byte ${at}`);
    // Types: 0 as it is, 1 one byte that is repeated, 2 compressed.
    ceiling += type === 2 ? MAX_BLOCK_BYTES : Math.min(size, MAX_BLOCK_BYTES);
    at += 3 + (type === 1 ? 1 : size);
  }
  const end = at + checksumBytes;
  need(bytes, end);
  return { bytes: bytes.subarray(start, end), end, ceiling: Math.min(ceiling, stated) };
}

function statedSize(bytes: Buffer, at: number, sizeBytes: number): number {
  switch (sizeBytes) {
    case 0:
      return Infinity;
    case 1:
      return bytes[at]!;
    case 2:
      return bytes.readUInt16LE(at) + 256;
    case 4:
      return bytes.readUInt32LE(at);
    default:
      return Number(bytes.readBigUInt64LE(at));
  }
}

function nativeDecompressFrame(): DecompressFrame | null {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer, options: zlib.ZlibOptions) => Buffer };
  return zstdDecompressSync ? (frame, maxBytes) => zstdDecompressSync(frame, { maxOutputLength: maxBytes }) : null;
}

/** For Node without its own: Zstandard's C library as WebAssembly, 375 MB/s where lz4 makes 890. */
export async function loadWasmFrame(): Promise<DecompressFrame> {
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (frame, maxBytes) => {
    const plain = decoder.decode(frame, maxBytes);
    // The library hides errors behind an empty result.
    if (plain.length === 0) throw new Error('not decodable');
    return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  };
}
