/** The longest time without a record that still counts; what is longer says that the way to us was silent, not the sensors. */
const LONGEST_QUIET_MS = 10_000;

/**
 * Time as a partition's records tell it: it goes on from one record's append time to the next, but over no more than ten seconds
 * in which there was none. So while the path of all sensors is cut nobody grows silent, nor does a backlog, or a restart, make anybody.
 *
 * In tenths of a second from 1; never goes back.
 */
export class PathClock {
  private lastMs: number | null = null;
  private elapsedMs: number;

  /** Goes on at `tenths`. */
  constructor(tenths = 1) {
    this.elapsedMs = tenths * 100;
  }

  get tenths(): number {
    return Math.floor(this.elapsedMs / 100);
  }

  /** A record was appended then. */
  advance(appendedAtMs: number): void {
    if (this.lastMs === null) this.lastMs = appendedAtMs;
    if (appendedAtMs <= this.lastMs) return;
    this.elapsedMs += Math.min(appendedAtMs - this.lastMs, LONGEST_QUIET_MS);
    this.lastMs = appendedAtMs;
  }
}
