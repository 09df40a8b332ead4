import { LogInThrottle } from './log-in-throttle.js';

describe('failed log-ins', () => {
  let nowMs = 0;
  const throttle = () => new LogInThrottle({ now: () => nowMs, sleep: async () => undefined });
  beforeEach(() => {
    nowMs = 1_000_000;
  });
  const admitted = (one: LogInThrottle, count: number, who = 'ana 10.0.0.1'): number[] => Array.from({ length: count }, () => one.admit(who));

  it('are slowed down after five, twice as much each time, up to a minute', () => {
    const one = throttle();
    expect(admitted(one, 6)).toEqual([0, 0, 0, 0, 0, 2000]);
    for (const waitMs of [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      expect(one.admit('ana 10.0.0.1')).toBe(waitMs);
      nowMs += waitMs - 1;
      expect(one.admit('ana 10.0.0.1')).toBe(1);
      nowMs += 1;
      expect(one.admit('ana 10.0.0.1')).toBe(0);
    }
  });

  it('of another name or address are not, nor after a good one, nor after a quarter of an hour', () => {
    const one = throttle();
    admitted(one, 5);
    expect(one.admit('eva 10.0.0.1')).toBe(0);
    expect(one.admit('ana 10.0.0.2')).toBe(0);
    nowMs += 15 * 60_000 + 1;
    expect(admitted(one, 5)).toEqual([0, 0, 0, 0, 0]);
    one.succeeded('ana 10.0.0.1');
    expect(admitted(one, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  it('are remembered of so many only', () => {
    const one = throttle();
    admitted(one, 5);
    for (let other = 0; other < 10_000; other += 1) one.admit(`x${other}`);
    expect(one.admit('ana 10.0.0.1')).toBe(0);
  });
});
