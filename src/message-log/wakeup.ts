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

  /** Rings every so often until `signal` is aborted, for those who look at what passes with time alone. */
  async ringEvery(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(ms, signal);
      this.ring();
    }
  }
}
