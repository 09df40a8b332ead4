import { stackCounts } from './stack-counts.js';

const MINUTE_MS = 60_000;
const START = '2026-03-01T12:00:00.000Z';
const START_MS = Date.parse(START);
const minute = (index: number) => new Date(START_MS + index * MINUTE_MS).toISOString();
const seconds = (...indices: readonly number[]) => indices.map((index) => (START_MS + index * MINUTE_MS) / 1000);

const ITEMS = [
  { minute: minute(0), type: 'motion', count: 2 },
  { minute: minute(0), type: 'temperature', count: 5 },
  { minute: minute(2), type: 'smoke', count: 3 },
  { minute: minute(2), type: 'motion', count: 1 },
] as const;

it('each bar stands on those of the types before, the highest first, and steps without alarms are there', () => {
  const { steps, counts, tops } = stackCounts([...ITEMS], { fromMs: START_MS, toMs: START_MS + 3 * MINUTE_MS, stepMs: MINUTE_MS });
  expect(steps).toEqual(seconds(0, 1, 2));
  // Motion, smoke, temperature.
  expect(counts).toEqual([[2, 0, 1], [0, 0, 3], [5, 0, 0]]);
  expect(tops).toEqual([seconds(0, 1, 2), [7, 0, 4], [2, 0, 4], [2, 0, 1]]);
});

it('longer steps are whole ones, and take the counts of all their minutes', () => {
  const items = [...ITEMS, { minute: minute(1), type: 'motion', count: 4 }] as const;
  const { steps, counts } = stackCounts([...items], { fromMs: START_MS + MINUTE_MS, toMs: START_MS + 4 * MINUTE_MS, stepMs: 2 * MINUTE_MS });
  expect(steps).toEqual(seconds(0, 2));
  expect(counts).toEqual([[6, 1], [0, 3], [5, 0]]);
});

it('what is outside of the time is not counted, its end excluded', () => {
  const { steps, counts } = stackCounts([...ITEMS], { fromMs: START_MS + MINUTE_MS, toMs: START_MS + 2 * MINUTE_MS, stepMs: MINUTE_MS });
  expect(steps).toEqual(seconds(1));
  expect(counts).toEqual([[0], [0], [0]]);
});

it('of no time there is one empty step', () => {
  expect(stackCounts([], { fromMs: START_MS, toMs: START_MS, stepMs: MINUTE_MS })).toEqual({ steps: seconds(0), counts: [[0], [0], [0]], tops: [seconds(0), [0], [0], [0]] });
});
