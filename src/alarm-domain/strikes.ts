import type { Evidence } from './alarm-events.js';
import type { AlarmType } from './reading.js';
import { MOST_STRIKES } from './strike-policy.js';

/** The strikes of a sensor that no alarm, OK or normal reading has used up, by type, in the order of their arrival. Source: R3. */
export type Strikes = Readonly<Partial<Record<AlarmType, readonly Evidence[]>>>;

/** A reading that lies no more windows than this before its sensor's newest strike is sure to find the strikes that it belongs to. */
export const LATE_WINDOWS = 16;

/**
 * The strikes with one more. At most `(LATE_WINDOWS + 1) * of` of a type are kept, those of the latest reading times.
 *
 * That is enough: fewer than `of` lie in any one window, or they would be an alarm. So one that must go is more
 * than `LATE_WINDOWS + 1` windows older than the newest, and more than one older than any reading that is not too
 * late. Without a window there are never more than `of`.
 */
export function withStrike(strikes: Strikes, type: AlarmType, strike: Evidence, of: number): Strikes {
  const kept = [...(strikes[type] ?? []), strike];
  while (kept.length > (LATE_WINDOWS + 1) * of) kept.splice(oldestOf(kept), 1);
  return { ...strikes, [type]: kept };
}

/** The strikes after all of a type were used up by its alarm. */
export function withoutType(strikes: Strikes, type: AlarmType): Strikes {
  const { [type]: _used, ...left } = strikes;
  return left;
}

/** The strikes of these types that were received after a time. */
export function withoutReceivedThrough(strikes: Strikes, types: readonly AlarmType[], receivedThrough: string): Strikes {
  let left = strikes;
  for (const type of types) {
    const later = (strikes[type] ?? []).filter((strike) => strike.receivedAt > receivedThrough);
    left = later.length > 0 ? { ...left, [type]: later } : withoutType(left, type);
  }
  return left;
}

/**
 * The strikes that count together with a new one, which is among them: all without a window, else the most whose
 * reading times lie within one window of each other, by reading time. The order of arrival plays no part. Of more than
 * `MOST_STRIKES`, as there can be after a change of the policy, the last ones and the new one.
 */
export function countedWith(strike: Evidence, strikes: readonly Evidence[], windowMs: number | null): readonly Evidence[] {
  const counted = allCountedWith(strike, strikes, windowMs);
  if (counted.length <= MOST_STRIKES) return counted;
  const last = counted.slice(-MOST_STRIKES);
  return last.includes(strike) ? last : [strike, ...last.slice(1)];
}

function allCountedWith(strike: Evidence, strikes: readonly Evidence[], windowMs: number | null): readonly Evidence[] {
  const all = [...strikes, strike];
  if (windowMs === null) return all;
  const strikeMs = Date.parse(strike.readAt);
  const near = all
    .map((each) => ({ each, atMs: Date.parse(each.readAt) }))
    .filter(({ atMs }) => Math.abs(atMs - strikeMs) <= windowMs)
    .sort((a, b) => a.atMs - b.atMs);
  // A window that begins after the new one has fewer than the one that begins with it, so the new one is always in.
  let most: readonly Evidence[] = [];
  for (const { atMs: fromMs } of near) {
    const counted = near.filter(({ atMs }) => atMs >= fromMs && atMs <= fromMs + windowMs).map(({ each }) => each);
    if (counted.length > most.length) most = counted;
  }
  return most;
}

function oldestOf(strikes: readonly Evidence[]): number {
  const times = strikes.map(({ readAt }) => Date.parse(readAt));
  return times.indexOf(Math.min(...times));
}
