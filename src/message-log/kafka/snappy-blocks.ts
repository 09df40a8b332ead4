import snappy from 'snappy';

/** How the framing of snappy-java begins: a magic number, a version and the oldest version that can read it. */
const FRAMING_MAGIC = Buffer.from('\x82SNAPPY\0', 'latin1');
const FRAMING_BYTES = FRAMING_MAGIC.length + 8;
const FRAMING_WORD = FRAMING_MAGIC.readInt32BE(0);

/**
 * Raw snappy, as librdkafka writes it, or many blocks of it in the framing of snappy-java, as Java clients do.
 * Source: https://github.com/xerial/snappy-java#compatibility-notes
 */
export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, FRAMING_MAGIC.length).equals(FRAMING_MAGIC)) return decompressBlock(bytes, maxBytes);
  const parts: Buffer[] = [];
  let left = maxBytes;
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw new Error(`the framing is cut at byte ${at}`);
    const size = bytes.readInt32BE(at);
    if (size === FRAMING_WORD) {
      // Streams put one after the other each have their own framing header.
      at += FRAMING_BYTES;
      if (at > bytes.length) throw new Error('the framing header is cut');
      continue;
    }
    at += 4;
    if (size < 0 || at + size > bytes.length) throw new Error(`a block of ${size} bytes at byte ${at}`);
    const part = decompressBlock(bytes.subarray(at, at + size), left);
    parts.push(part);
    left -= part.length;
    at += size;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  const size = statedSize(block);
  if (size > maxBytes) throw new Error(`a block says it becomes ${size} bytes, at most ${maxBytes} are taken`);
  // Without a copy the memory would be given back only between turns of the event loop.
  return snappy.uncompressSync(block, { asBuffer: true, copyOutputData: true }) as Buffer;
}

/** A block begins with its decompressed size, seven bits to a byte, and the library holds it to that. */
function statedSize(block: Buffer): number {
  let size = 0;
  for (let index = 0; index < 5 && index < block.length; index += 1) {
    const byte = block[index]!;
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return size;
  }
  throw new Error('a block without its size');
}
