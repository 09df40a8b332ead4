/** Blocks are whole multiples of this, so that one serves responses of about the same size. */
const BLOCK_STEP_BYTES = 256 * 1024;

/** What is kept for the next responses at most. */
const MAX_FREE_BYTES = 32 * 1024 * 1024;

/**
 * Memory of large responses, used again and again. Each new buffer of that size counts with V8 as pressure
 * on the whole heap: at 150 MB/s of them, two fifths of the processor's time went into collecting garbage.
 *
 * A block that is never given back is left to the garbage collector; one that was given back must not be
 * looked at any more.
 */
export class ResponseMemory {
  /** By size. */
  private readonly free: ArrayBuffer[] = [];
  private freeBytes = 0;
  private readonly lent = new WeakSet<ArrayBufferLike>();

  /** So many bytes, of any content. */
  take(bytes: number): Buffer {
    const block = this.takeFree(bytes) ?? new ArrayBuffer(Math.ceil(bytes / BLOCK_STEP_BYTES) * BLOCK_STEP_BYTES);
    this.lent.add(block);
    return Buffer.from(block, 0, bytes);
  }

  /** Takes back the block of which a buffer is a part; nothing happens when it is none of ours. */
  giveBack(part: Buffer): void {
    const block = part.buffer;
    if (!this.lent.delete(block)) return;
    // Large ones are worth more: small ones make room for them.
    while (this.freeBytes + block.byteLength > MAX_FREE_BYTES && this.free.length > 0 && this.free[0]!.byteLength < block.byteLength) {
      this.freeBytes -= this.free.shift()!.byteLength;
    }
    if (this.freeBytes + block.byteLength > MAX_FREE_BYTES) return;
    const larger = this.free.findIndex(({ byteLength }) => byteLength >= block.byteLength);
    this.free.splice(larger === -1 ? this.free.length : larger, 0, block as ArrayBuffer);
    this.freeBytes += block.byteLength;
  }

  /** The smallest free block that is large enough. */
  private takeFree(bytes: number): ArrayBuffer | null {
    const best = this.free.findIndex(({ byteLength }) => byteLength >= bytes);
    if (best === -1) return null;
    const [block] = this.free.splice(best, 1) as [ArrayBuffer];
    this.freeBytes -= block.byteLength;
    return block;
  }
}

/** The process's: connections fill it, whoever is done with a response gives it back. */
export const responseMemory = new ResponseMemory();

/** A part of less than this fraction of a response is a small one: what waits holds no more than so many times its own bytes. */
const SMALL_PART = 4;

export interface KeptPart {
  readonly bytes: Buffer;
  readonly release: () => void;
}

/** One response, of which several partitions are handled each in its time; the memory goes back with the last of them. */
export class SharedResponse {
  private holders = 1;

  private constructor(private readonly part: Buffer | undefined) {}

  /** Whoever makes it is the first holder. */
  static of(partitions: readonly { readonly records: Buffer }[]): SharedResponse {
    return new SharedResponse(partitions.find(({ records }) => records.length > 0)?.records);
  }

  /**
   * The bytes of a part for as long as they are needed, until `release` is called, once. A small part is copied: it
   * may wait long, as an OK does for older readings, and would keep the memory of all the others.
   */
  keep(part: Buffer): KeptPart {
    if (part.length * SMALL_PART < part.buffer.byteLength) return { bytes: Buffer.from(part), release: () => undefined };
    this.holders += 1;
    return { bytes: part, release: () => this.release() };
  }

  release(): void {
    this.holders -= 1;
    if (this.holders === 0 && this.part) responseMemory.giveBack(this.part);
  }
}
