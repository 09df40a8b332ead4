import type { Readable } from 'node:stream';
import type { Clock } from '../clock.js';

/** The next of a stream: an item, something that was said between two items, or why there is none. */
export type Pulled<Item, Mark> =
  | { readonly type: 'item'; readonly item: Item }
  | { readonly type: 'mark'; readonly mark: Mark }
  | { readonly type: 'end' }
  | { readonly type: 'idle' }
  | { readonly type: 'aborted' };

export interface PullOptions {
  readonly clock: Clock;
  /** Waiting is idle after so long without a word, or up to twice that: one timer serves all waits of a stream. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/**
 * Takes from an object stream one item at a time, so that its source is held back while nobody takes, and keeps
 * what the source says by other ways ("caught up", a checkpoint) at its place between the items.
 */
export class PulledStream<Item, Mark extends { readonly type: string } = never> {
  private taken = 0;
  private readonly marks: { readonly after: number; readonly mark: Mark }[] = [];
  private failure: { readonly error: unknown } | null = null;
  private hasEnded = false;
  private isWaiting = false;
  /** Nothing has come, and nobody has begun to wait, since the timer began. */
  private isQuiet = false;
  private isIdle = false;
  private wake: () => void = () => {};
  private readonly left = new AbortController();

  constructor(
    private readonly stream: Readable,
    private readonly options: PullOptions,
  ) {
    stream.on('readable', () => this.wake());
    // Stays after the stream is left: an error that nobody listens for ends the process.
    stream.on('error', (error) => {
      this.failure ??= { error };
      this.wake();
    });
    for (const event of ['end', 'close'] as const) {
      stream.on(event, () => {
        this.hasEnded = true;
        this.wake();
      });
    }
    options.signal.addEventListener('abort', this.onAbort, { once: true });
    void this.watch();
  }

  /** Puts a mark after the items that have come so far. It replaces one of its type at the same place, so there are never more than items that wait. */
  mark(mark: Mark): void {
    const after = this.taken + this.stream.readableLength;
    const same = this.marks.findIndex((one) => one.after === after && one.mark.type === mark.type);
    if (same >= 0) this.marks.splice(same, 1);
    this.marks.push({ after, mark });
    this.wake();
  }

  /** What is there already, or null. */
  take(): Pulled<Item, Mark> | null {
    const first = this.marks[0];
    if (first && first.after <= this.taken) {
      this.marks.shift();
      return { type: 'mark', mark: first.mark };
    }
    const item = this.stream.read() as Item | null;
    if (item === null) return null;
    this.taken += 1;
    return { type: 'item', item };
  }

  /** Waits for the next. Thrown: what the stream failed with. */
  async next(): Promise<Pulled<Item, Mark>> {
    for (;;) {
      if (this.options.signal.aborted) return { type: 'aborted' };
      const got = this.take();
      if (got) return got;
      if (this.failure) throw this.failure.error;
      if (this.hasEnded) return { type: 'end' };
      if (this.isIdle) {
        this.isIdle = false;
        return { type: 'idle' };
      }
      await this.wait();
    }
  }

  /** To be called when nothing more is taken. */
  leave(): void {
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.left.abort('left');
  }

  private readonly onAbort = () => {
    this.left.abort();
    this.wake();
  };

  private async wait(): Promise<void> {
    this.isQuiet = false;
    this.isWaiting = true;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = () => {};
    this.isWaiting = false;
  }

  private async watch(): Promise<void> {
    const { clock, idleMs } = this.options;
    while (!this.left.signal.aborted) {
      this.isQuiet = true;
      await clock.sleep(idleMs, this.left.signal);
      if (!this.isWaiting || !this.isQuiet) continue;
      this.isIdle = true;
      this.wake();
    }
  }
}
