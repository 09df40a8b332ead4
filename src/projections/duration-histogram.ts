/** Each bin's end is so much above its beginning, so that the middle of a bin is within 1 % of all that is in it. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);

/** Up to some 4 years in milliseconds; what is longer counts as that. */
const BINS = 1300;

/** How long things took, in 1,300 bins: percentiles within 1 %, and the memory is the same for any number of them. */
export class DurationHistogram {
  private readonly bins = new Uint32Array(BINS);
  private total = 0;

  get count(): number {
    return this.total;
  }

  /** A duration below 1 ms counts as 1 ms. */
  add(ms: number): void {
    const bin = Math.min(BINS - 1, Math.ceil(Math.log(Math.max(1, ms)) / LOG_GROWTH));
    this.bins[bin] = (this.bins[bin] ?? 0) + 1;
    this.total += 1;
  }

  /** The duration in whole milliseconds that a share of all (0 to 1) did not exceed; null without any. */
  percentile(share: number): number | null {
    if (this.total === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.total));
    let seen = 0;
    const bin = this.bins.findIndex((inBin) => (seen += inBin) >= rank);
    return Math.round(GROWTH ** bin / ((1 + GROWTH) / 2));
  }
}
