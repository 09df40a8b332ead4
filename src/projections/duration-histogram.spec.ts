import fc from 'fast-check';
import { DurationHistogram } from './duration-histogram.js';

describe('a histogram of durations', () => {
  it('gives percentiles within one per cent and half a millisecond, from a millisecond to a year', () => {
    const durations = fc.array(fc.integer({ min: 1, max: 365 * 86_400_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0, 0.5, 0.95, 1), (all, share) => {
        const histogram = new DurationHistogram();
        for (const ms of all) histogram.add(ms);
        const exact = [...all].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * all.length)) - 1] as number;
        expect(Math.abs((histogram.percentile(share) as number) - exact)).toBeLessThanOrEqual(exact * 0.01 + 0.5);
        expect(histogram.count).toBe(all.length);
      }),
    );
  });

  it('takes what is out of bounds, and has nothing to say of nothing', () => {
    const histogram = new DurationHistogram();
    expect(histogram.percentile(0.5)).toBeNull();
    for (const ms of [0, -5]) histogram.add(ms);
    expect(histogram.percentile(1)).toBe(1);
    histogram.add(1e15);
    expect(histogram.percentile(1)).toBeGreaterThan(1000 * 86_400_000);
  });
});
