import { endOf, firstMinutes, fixedEnds, offeredMinutes } from './shelving-lengths.js';

const HOUR_MS = 3_600_000;
const NOON = Date.parse('2026-03-01T12:00:00.000Z');

it.each<[number, number[], number]>([
  [24, [30, 60, 240, 720], 60],
  [12, [30, 60, 240, 720], 60],
  [11.99, [30, 60, 240], 60],
  [1, [30, 60], 60],
  [0.5, [30], 30],
  [0.25, [15], 15],
])('with %p hours at most %p minutes are offered, %p first', (hours, offered, first) => {
  expect(offeredMinutes(hours * HOUR_MS)).toEqual(offered);
  expect(firstMinutes(hours * HOUR_MS)).toBe(first);
});

it('ends so many minutes from now, a little sooner when that is the longest allowed', () => {
  expect(endOf(60, 24 * HOUR_MS, NOON)).toBe('2026-03-01T13:00:00.000Z');
  expect(endOf(60, HOUR_MS, NOON)).toBe('2026-03-01T12:59:30.000Z');
  expect(endOf(0.1, 6000, NOON)).toBe('2026-03-01T12:00:05.400Z');
});

it('a fixed end is a whole minute after now, and no later than is allowed', () => {
  const ends = (hours: number, nowMs: number) => fixedEnds(hours * HOUR_MS, nowMs).map((ms) => new Date(ms).toISOString().slice(11, 19));
  expect(ends(1, NOON)).toEqual(['12:01:00', '13:00:00']);
  expect(ends(1, NOON + 1500)).toEqual(['12:01:00', '13:00:00']);
});
