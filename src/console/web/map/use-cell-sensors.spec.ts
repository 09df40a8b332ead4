import type { CellSensorsAnswer } from '../api.js';
import { trailAfter } from './use-cell-sensors.js';

const some = { items: [{ sensorId: '7' }] as unknown as CellSensorsAnswer['items'] };
const none = { items: [] };

it.each([
  ['a page with sensors is shown', [null, 'a'], some, [null, 'a']],
  ['one that has emptied is left for the one before', [null, 'a', 'b'], none, [null, 'a']],
  ['the first has none before it', [null], none, [null]],
])('%s', (_what, trail, answer, expected) => {
  expect(trailAfter(trail, answer)).toEqual(expected);
});
