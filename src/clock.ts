/** The time and the passing of it, so that tests and simulations can have their own. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not node:timers/promises: it makes an error, with its stack, of each abort.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end);
    }),
};

/** Records of a batch mostly have one time, which takes 2 µs to write. */
let lastWritten = { ms: NaN, text: '' };

/** `1763956434120` → `"2025-11-24T03:53:54.120Z"`. Thrown: a RangeError for what is no time. */
export function isoTime(ms: number): string {
  if (ms !== lastWritten.ms) lastWritten = { ms, text: new Date(ms).toISOString() };
  return lastWritten.text;
}

/** Waits for the work, but no longer than `limitMs`. Thrown: what the work throws within that time. */
export async function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.race([work, clock.sleep(limitMs, ended.signal)]);
  } finally {
    ended.abort('ended');
  }
}

/** The answer, if it comes within `limitMs`. Thrown: what it is rejected with; `late()` at the limit, after which it is waited for no longer. */
export async function inTime<T>(clock: Clock, limitMs: number, answer: Promise<T>, late: () => Error): Promise<T> {
  const ended = new AbortController();
  const limit = clock.sleep(limitMs, ended.signal).then(() => {
    if (ended.signal.aborted) return answer;
    throw late();
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    // A reason of its own spares an error with a stack for each answer.
    ended.abort('ended');
  }
}

/** The pause before something that failed is tried again: each time twice as long, up to a limit. */
export class DoublingPause {
  private nextMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly firstMs: number,
    private readonly lastMs: number,
  ) {
    this.nextMs = firstMs;
  }

  /** It went well: the next pause is the first one again. */
  reset(): void {
    this.nextMs = this.firstMs;
  }

  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.nextMs;
    this.nextMs = Math.min(ms * 2, this.lastMs);
    await this.clock.sleep(ms, signal);
  }
}
