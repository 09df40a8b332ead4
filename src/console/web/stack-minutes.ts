import { ALARM_TYPES, type MinuteCounts } from './api.js';

export const MINUTES = 60;
const MINUTE_MS = 60_000;

export interface Stack {
  /** Seconds since 1970 of each minute, oldest first. */
  readonly minutes: readonly number[];
  /** Per type in the order of `ALARM_TYPES` and minute. */
  readonly counts: readonly (readonly number[])[];
  /** As uPlot takes it: the minutes, then the top of each bar, the highest of the stack first so that the lower ones cover it. */
  readonly tops: [number[], ...number[][]];
}

/** The last sixty minutes up to now; those that the server left out had no alarms. */
export function stackMinutes(items: MinuteCounts['items'], nowMs: number): Stack {
  const lastMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const minutes = Array.from({ length: MINUTES }, (_, index) => (lastMs - (MINUTES - 1 - index) * MINUTE_MS) / 1000);
  const indexOf = new Map(minutes.map((minute, index) => [minute, index]));
  const counts = ALARM_TYPES.map(() => minutes.map(() => 0));
  for (const { minute, type, count } of items) {
    const index = indexOf.get(Date.parse(minute) / 1000);
    const row = counts[ALARM_TYPES.indexOf(type)];
    if (index !== undefined && row) row[index] = (row[index] ?? 0) + count;
  }
  const tops = counts.map((_, type) => minutes.map((__, index) => counts.slice(0, type + 1).reduce((sum, row) => sum + (row[index] ?? 0), 0)));
  return { minutes, counts, tops: [minutes, ...tops.reverse()] };
}
