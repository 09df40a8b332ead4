import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';

const FREE_ATTEMPTS = 5;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
/** After so long without an attempt the former ones are forgotten. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;
/** Names and addresses that are remembered, some 100 bytes each. */
const MOST_REMEMBERED = 10_000;

/** Slows down who guesses passwords: after five failures each attempt waits twice as long as the one before, up to a minute. */
export class LogInThrottle {
  private readonly attempts = new LRUCache<string, { readonly count: number; readonly atMs: number }>({ max: MOST_REMEMBERED });

  constructor(private readonly clock: Clock) {}

  /** 0, and the attempt counts as failed from now on, so that many at once are no way around; or how long to wait, ms. */
  admit(who: string): number {
    const nowMs = this.clock.now();
    const before = this.attempts.get(who);
    const count = before === undefined || nowMs - before.atMs > FORGOTTEN_AFTER_MS ? 0 : before.count;
    if (before !== undefined && count >= FREE_ATTEMPTS) {
      const waitMs = before.atMs + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_ATTEMPTS)) - nowMs;
      if (waitMs > 0) return waitMs;
    }
    this.attempts.set(who, { count: count + 1, atMs: nowMs });
    return 0;
  }

  /** The attempt was a good one. */
  succeeded(who: string): void {
    this.attempts.delete(who);
  }
}
