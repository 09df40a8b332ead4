import { chatterOf } from './chatter.js';

const NOW_MS = Date.parse('2026-03-01T12:00:00.000Z');
const DAY_S = 86_400;

/** Alarms so many seconds ago, the newest first. */
const ago = (type: 'motion' | 'smoke', ...seconds: readonly number[]) => seconds.map((second) => ({ sensorId: '7', type, triggeredAt: new Date(NOW_MS - second * 1000).toISOString() }));

it('three alarms of a type in a minute are chatter, and those that go on', () => {
  const alarms = ago('smoke', 10, 20, 40, 70, 400);
  expect(chatterOf(alarms, 5, NOW_MS)).toEqual({ sinceMs: NOW_MS - DAY_S * 1000, types: [expect.objectContaining({ type: 'smoke', alarms: 4, lastMs: NOW_MS - 10_000 })] });
});

it.each([
  ['two types', [...ago('motion', 10, 20), ...ago('smoke', 30, 40)]],
  ['more than a minute', ago('smoke', 10, 40, 71)],
  ['more than a day ago', ago('smoke', 10, DAY_S - 1, DAY_S + 1, DAY_S + 2, DAY_S + 3)],
  ['none', []],
])('%s: no chatter', (_what, alarms) => {
  expect(chatterOf(alarms, alarms.length, NOW_MS).types).toEqual([]);
});

it('says from when on it knows when there are more alarms than it has', () => {
  expect(chatterOf(ago('motion', 10, 20, 30), 500, NOW_MS)).toMatchObject({ sinceMs: NOW_MS - 30_000, types: [{ type: 'motion', alarms: 3 }] });
});
