import type { AlarmSummary } from '../api.js';
import { COLUMNS, sorted, type Column } from './sorting.js';

/** As the server gives them, the newest first: `a` and `b` are the same but for their age. */
const alarms = [
  { alarmId: 'a', type: 'smoke', zone: 'UK', sensorId: '100', email: 'sent' },
  { alarmId: 'b', type: 'smoke', zone: 'UK', sensorId: '100', email: 'sent' },
  { alarmId: 'c', type: 'temperature', zone: 'Mediterranean', sensorId: '20', email: 'parked' },
  { alarmId: 'd', type: 'motion', zone: null, sensorId: '3', email: 'pending' },
] as unknown as readonly AlarmSummary[];
const names = new Map([['100', 'Ana Ruiz'], ['20', 'álvaro Sanz']]);

const order = (column: Column, isDescending: boolean) => sorted(alarms, { column, isDescending }, names).map(({ alarmId }) => alarmId).join('');

it.each([
  // The server has sorted by age already.
  ['age', 'abcd', 'abcd'],
  // Motion, smoke, temperature, as everywhere.
  ['type', 'dabc', 'cabd'],
  // No zone comes before all.
  ['zone', 'dcab', 'abcd'],
  // By number, not by digits.
  ['sensor', 'dcab', 'abcd'],
  // As names are sorted by people: no name, then álvaro before Ana.
  ['customer', 'dcab', 'abcd'],
  // Pending, sent, …, parked: in the order of what may come of an e-mail.
  ['email', 'dabc', 'cabd'],
] as const)('by %s, ascending and descending, what is the same staying by age', (column, ascending, descending) => {
  expect([order(column, false), order(column, true)]).toEqual([ascending, descending]);
});

it('leaves what it was given as it was, and knows every column', () => {
  for (const column of COLUMNS) sorted(alarms, { column, isDescending: true }, names);
  expect(alarms.map(({ alarmId }) => alarmId).join('')).toBe('abcd');
  expect(COLUMNS).toEqual(['type', 'age', 'zone', 'sensor', 'customer', 'email']);
});
