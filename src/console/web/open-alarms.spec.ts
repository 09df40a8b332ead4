import { filterOf, NO_FILTER, searchOf } from './open-alarms.js';

it('an address says all that is chosen on the overview, and gives it back', () => {
  const filter = { zone: 'UK', cell: 'gcp', type: 'smoke' } as const;
  expect(searchOf(filter)).toBe('?zone=UK&cell=gcp&type=smoke');
  expect(filterOf(searchOf(filter))).toEqual(filter);
  expect(searchOf(NO_FILTER)).toBe('');
});

it.each(['', '?zone=Atlantis&cell=a&type=fire', '?cell=gcpvj0duqq', '?cell='])('%p is no choice', (search) => {
  expect(filterOf(search)).toEqual(NO_FILTER);
});
