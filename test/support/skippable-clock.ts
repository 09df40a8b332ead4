import { systemClock, type Clock } from '../../src/clock.js';

/** The system's clock, which a spec may put forward: whoever sleeps past the new time wakes at once. */
export class SkippableClock implements Clock {
  private skippedMs = 0;
  private readonly sleepers = new Set<{ readonly untilMs: number; readonly wake: AbortController }>();

  now(): number {
    return systemClock.now() + this.skippedMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const wake = new AbortController();
    const sleeper = { untilMs: this.now() + ms, wake };
    this.sleepers.add(sleeper);
    await systemClock.sleep(ms, signal ? AbortSignal.any([signal, wake.signal]) : wake.signal);
    this.sleepers.delete(sleeper);
  }

  skip(ms: number): void {
    this.skippedMs += ms;
    for (const { untilMs, wake } of this.sleepers) if (untilMs <= this.now()) wake.abort();
  }
}
