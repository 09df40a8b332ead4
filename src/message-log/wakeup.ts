import type { Clock } from '../clock.js';

/** Tells those who wait that something was appended. `count` is read before looking for it, so that none is missed in between. */
export class Wakeup {
  count = 0;
  private readonly sleepers = new Set<() => void>();

  ring(): void {
    this.count += 1;
    for (const wake of this.sleepers) wake();
  }

  /** Resolves when it has rung since it stood at `count`, or when `signal` is aborted. */
  async after(count: number, signal: AbortSignal): Promise<void> {
    if (this.count !== count || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.sleepers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  /** As `after`, but for so long at most. */
  async afterOrIn(clock: Clock, ms: number, count: number, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const stop = (): void => done.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    await Promise.race([this.after(count, done.signal), clock.sleep(ms, done.signal)]);
    stop();
    signal.removeEventListener('abort', stop);
  }
}
