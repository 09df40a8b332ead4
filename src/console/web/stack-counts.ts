import { ALARM_TYPES, type MinuteCounts } from './api.js';

export interface Stack {
  /** Seconds since 1970 at which each step begins, oldest first. */
  readonly steps: readonly number[];
  /** Per type in the order of `ALARM_TYPES` and step. */
  readonly counts: readonly (readonly number[])[];
  /** As uPlot takes it: the steps, then the top of each bar, the highest of the stack first so that the lower ones cover it. */
  readonly tops: [number[], ...number[][]];
}

/** A time in steps, whole ones counted from 1970; the end is exclusive. */
export interface Steps {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** The counts of a time; steps that the server left out had no alarms. */
export function stackCounts(items: MinuteCounts['items'], { fromMs, toMs, stepMs }: Steps): Stack {
  const firstMs = Math.floor(fromMs / stepMs) * stepMs;
  const steps = Array.from({ length: Math.max(1, Math.ceil((toMs - firstMs) / stepMs)) }, (_, index) => (firstMs + index * stepMs) / 1000);
  const counts = ALARM_TYPES.map(() => steps.map(() => 0));
  for (const { minute, type, count } of items) {
    const index = Math.floor((Date.parse(minute) - firstMs) / stepMs);
    const row = counts[ALARM_TYPES.indexOf(type)];
    if (row?.[index] !== undefined) row[index] += count;
  }
  const tops = counts.map((_, type) => steps.map((__, index) => counts.slice(0, type + 1).reduce((sum, row) => sum + (row[index] ?? 0), 0)));
  return { steps, counts, tops: [steps, ...tops.reverse()] };
}
