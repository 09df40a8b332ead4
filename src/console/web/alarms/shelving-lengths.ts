const MINUTE_MS = 60_000;
const USUAL = [30, 60, 240, 720] as const;
const FIRST = 60;

/** A browser's clock may be so much ahead of the server's, by which the longest is measured. */
const CLOCKS_APART_MS = 30_000;

/** The lengths of a shelving that are offered, in minutes: the usual ones that may be, or else the longest that may be. */
export function offeredMinutes(longestMs: number): readonly [number, ...number[]] {
  const [first, ...others] = USUAL.filter((minutes) => minutes * MINUTE_MS <= longestMs);
  return first === undefined ? [longestMs / MINUTE_MS] : [first, ...others];
}

/** Which of them is chosen at first. */
export function firstMinutes(longestMs: number): number {
  const offered = offeredMinutes(longestMs);
  return offered.includes(FIRST) ? FIRST : offered[0];
}

/** When a shelving of that length ends; what is as long as may be is made a little shorter, lest it be refused. */
export function endOf(minutes: number, longestMs: number, nowMs: number): string {
  const most = longestMs - Math.min(CLOCKS_APART_MS, longestMs / 10);
  return new Date(nowMs + Math.min(minutes * MINUTE_MS, most)).toISOString();
}

/** The ends that a field for a fixed time takes, the first and the last whole minute, as times of `Date`. */
export function fixedEnds(longestMs: number, nowMs: number): readonly [number, number] {
  return [Math.ceil((nowMs + 1) / MINUTE_MS) * MINUTE_MS, Math.floor((nowMs + longestMs) / MINUTE_MS) * MINUTE_MS];
}
