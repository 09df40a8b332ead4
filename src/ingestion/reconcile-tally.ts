/** Times of the log, in milliseconds since 1970 UTC, both inclusive. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export const ALL_TIMES: TimeRange = { fromMs: 0, toMs: Infinity };

export function isInRange({ fromMs, toMs }: TimeRange, timeMs: number): boolean {
  return timeMs >= fromMs && timeMs <= toMs;
}

export function isWhole({ fromMs, toMs }: TimeRange): boolean {
  return fromMs <= ALL_TIMES.fromMs && toMs === ALL_TIMES.toMs;
}

/** Lines of some 100 bytes; the sums are whole all the same. */
export const MOST_PROBLEMS = 10_000;

/** The running sums of a reconciliation. */
export class Tally {
  records = 0;
  normal = 0;
  events = 0;
  ignored: Record<string, number> = {};
  deadLettered = 0;
  unaccounted = 0;
  doubled = 0;
  readonly problems: string[] = [];

  lost(records: number, problem: string): void {
    this.unaccounted += records;
    this.note(problem);
  }

  twice(records: number, problem: string): void {
    this.doubled += records;
    this.note(problem);
  }

  private note(problem: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(problem);
  }
}
