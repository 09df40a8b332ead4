import type { Evidence } from './alarm-events.js';
import { MOST_STRIKES } from './strike-policy.js';
import { countedWith, LATE_WINDOWS, withStrike, type Strikes } from './strikes.js';

const WINDOW_MS = 60_000;

/** A strike of smoke, read at `windows` windows after noon. */
function strike(windows: number): Evidence {
  const readAt = new Date(Date.parse('2026-03-01T12:00:00.000Z') + windows * WINDOW_MS).toISOString();
  const source = { log: 'log', topic: 'ENTRY', partition: 0, epoch: 0, offset: 0 };
  return { source, readAt, receivedAt: '2026-03-02T12:00:00.000Z', movement: false, smoke: true, temperatureCelsius: 20, maxTemperatureCelsius: 30 };
}

function kept(strikes: readonly Evidence[], of: number): readonly Evidence[] {
  return strikes.reduce<Strikes>((before, each) => withStrike(before, 'smoke', each, of), {}).smoke ?? [];
}

describe('the strikes that a sensor keeps', () => {
  it.each([2, 3, 10])('of %i are enough for a reading that is sixteen windows late, among as many strikes as make no alarm', (of) => {
    // In each window one too few, as close together as can be: the last reading completes the oldest that it may need.
    const newest = 3 * LATE_WINDOWS;
    const strikes = Array.from({ length: newest + 1 }, (_, index) => Array.from({ length: of - 1 }, (_each, nth) => strike(index * 1.001 + nth * 1e-4))).flat();
    const newestMs = Math.max(...strikes.map(({ readAt }) => Date.parse(readAt)));
    const late: Evidence = { ...strike(0), readAt: new Date(newestMs - LATE_WINDOWS * WINDOW_MS).toISOString() };
    expect(countedWith(late, kept(strikes, of), WINDOW_MS)).toHaveLength(of);
    expect(countedWith(late, kept(strikes, of), WINDOW_MS)).toEqual(countedWith(late, strikes, WINDOW_MS));
  });

  it('are those of the latest reading times, whatever comes in between, and have a bound', () => {
    const bound = (LATE_WINDOWS + 1) * 3;
    const live = Array.from({ length: bound }, (_, index) => strike(index));
    const late = Array.from({ length: 500 }, (_, index) => strike(-1 - index));
    expect(kept([...late.slice(0, 250), ...live, ...late.slice(250)], 3)).toEqual(live);
    expect(kept([...live, strike(bound)], 3)).toEqual([...live.slice(1), strike(bound)]);
  });
});

describe('the strikes that count together', () => {
  it('are all of them without a window, in the order of their arrival', () =>
    expect(countedWith(strike(5), [strike(900), strike(-900)], null)).toEqual([strike(900), strike(-900), strike(5)]));
  it('lie within one window of each other, its ends included', () => {
    expect(countedWith(strike(1), [strike(0), strike(2)], WINDOW_MS)).toEqual([strike(0), strike(1)]);
    expect(countedWith(strike(0.5), [strike(0), strike(1)], WINDOW_MS)).toEqual([strike(0), strike(0.5), strike(1)]);
    expect(countedWith(strike(0.5), [strike(0), strike(1.001)], WINDOW_MS)).toEqual([strike(0), strike(0.5)]);
  });
  it('are as many as one alarm can name, the new one among them, when the policy has changed', () => {
    const older = Array.from({ length: 2 * MOST_STRIKES }, (_, index) => strike(index * 1e-3));
    expect(countedWith(strike(1), older, null)).toEqual([...older.slice(1 - MOST_STRIKES), strike(1)]);
    const first = strike(-1e-3);
    expect(countedWith(first, older, WINDOW_MS)).toEqual([first, ...older.slice(1 - MOST_STRIKES)]);
  });
  it('always have the new one among them', () => expect(countedWith(strike(9), [strike(0), strike(0), strike(0)], WINDOW_MS)).toEqual([strike(9)]));
  it('take several strikes of one time', () => expect(countedWith(strike(0), [strike(0), strike(0)], 1)).toHaveLength(3));
});
