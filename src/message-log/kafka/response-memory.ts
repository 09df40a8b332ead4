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
    if (!this.lent.delete(block) || this.freeBytes + block.byteLength > MAX_FREE_BYTES) return;
    this.free.push(block as ArrayBuffer);
    this.freeBytes += block.byteLength;
  }

  /** The smallest free block that is large enough. */
  private takeFree(bytes: number): ArrayBuffer | null {
    let best = -1;
    for (let at = 0; at < this.free.length; at += 1) {
      const size = this.free[at]!.byteLength;
      if (size >= bytes && (best === -1 || size < this.free[best]!.byteLength)) best = at;
    }
    if (best === -1) return null;
    const [block] = this.free.splice(best, 1) as [ArrayBuffer];
    this.freeBytes -= block.byteLength;
    return block;
  }
}

/** The process's: connections fill it, whoever is done with a response gives it back. */
export const responseMemory = new ResponseMemory();

/** One response, of which several partitions are handled each in its time; the memory goes back with the last of them. */
export class SharedResponse {
  private holders = 1;

  private constructor(private readonly part: Buffer | undefined) {}

  /** Whoever makes it is the first holder. */
  static of(partitions: readonly { readonly records: Buffer }[]): SharedResponse {
    return new SharedResponse(partitions.find(({ records }) => records.length > 0)?.records);
  }

  /** One more will call `release`, once. */
  hold(): this {
    this.holders += 1;
    return this;
  }

  release(): void {
    this.holders -= 1;
    if (this.holders === 0 && this.part) responseMemory.giveBack(this.part);
  }
}
