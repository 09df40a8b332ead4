import { writeTime } from './write-times.js';

const HOUR = 3_600_000_000n;

describe('the time of a write', () => {
  it('is the clock’s when no erasure was ahead of it', () => {
    expect(writeTime(5n, [])).toBe(5n);
  });

  it('is later than every erasure that was ahead, also by a clock that is behind the erasing process’s', () => {
    const erasures = [{ atUs: 3n * HOUR, clockUs: HOUR }, { atUs: 2n * HOUR, clockUs: HOUR }];
    for (const nowUs of [0n, HOUR - 1n, HOUR, HOUR + 1n, 2n * HOUR]) expect(writeTime(nowUs, erasures)).toBeGreaterThan(3n * HOUR);
  });

  it('grows with the clock at each millisecond, until it is the clock’s again after twice the lead', () => {
    const erasure = { atUs: 11n * HOUR, clockUs: 10n * HOUR };
    let last = erasure.atUs;
    for (let nowUs = erasure.clockUs + 1_000n; nowUs < erasure.clockUs + 3n * HOUR; nowUs += 60_001_000n) {
      for (const momentUs of [nowUs, nowUs + 1_000n]) {
        const time = writeTime(momentUs, [erasure]);
        expect(time).toBeGreaterThan(last);
        expect(time === momentUs).toBe(momentUs >= erasure.clockUs + 2n * HOUR);
        last = time;
      }
    }
  });
});
