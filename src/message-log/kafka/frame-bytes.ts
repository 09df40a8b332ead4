/** What LZ4 and Zstandard have in common: frames one behind the other, and some that are to be skipped. */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** The magic number and the length of what follows. */
const SKIPPABLE_HEADER_BYTES = 8;

/** The index of the first frame from `from` on that is not to be skipped; the end of the bytes when there is none. Thrown: an error for a frame that is cut. */
export function nextFrame(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    need(bytes, at + SKIPPABLE_HEADER_BYTES);
    if ((bytes.readUInt32LE(at) & ~0xf) >>> 0 !== SKIPPABLE_MAGIC) return at;
    at += SKIPPABLE_HEADER_BYTES + bytes.readUInt32LE(at + 4);
    need(bytes, at);
  }
  return at;
}

/** Thrown: an error when there are not so many bytes. */
export function need(bytes: Buffer, end: number): void {
  if (end > bytes.length) throw new Error(`a frame is cut: ${bytes.length} bytes are there, at least ${end} expected`);
}
