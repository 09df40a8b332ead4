import { readingTime } from './reading-time.js';

const RECEIVED = Date.parse('2026-03-01T12:00:00Z');
const HOUR = 3_600_000;

describe('readingTime (R6)', () => {
  it.each([
    ['no time of its own', null, RECEIVED],
    ['the same time', RECEIVED, RECEIVED],
    ['24 h before', RECEIVED - 24 * HOUR, RECEIVED - 24 * HOUR],
    ['more than 24 h before', RECEIVED - 24 * HOUR - 1, RECEIVED],
    ['5 min after', RECEIVED + 5 * 60_000, RECEIVED + 5 * 60_000],
    ['more than 5 min after', RECEIVED + 5 * 60_000 + 1, RECEIVED],
  ])('%s', (_, sensorAt, expected) => expect(readingTime(sensorAt, RECEIVED)).toBe(expected));
});
