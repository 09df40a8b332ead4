import type { AlarmSummary } from './api.js';
import { filterOf, merge, NO_FILTER, searchOf } from './open-alarms.js';

it('an address says all that is chosen on the overview, and gives it back', () => {
  const filter = { zone: 'UK', cell: 'gcp', type: 'smoke' } as const;
  expect(searchOf(filter)).toBe('?zone=UK&cell=gcp&type=smoke');
  expect(filterOf(searchOf(filter))).toEqual(filter);
  expect(searchOf(NO_FILTER)).toBe('');
});

it.each(['', '?zone=Atlantis&cell=a&type=fire', '?cell=gcpvj0duqq', '?cell='])('%p is no choice', (search) => {
  expect(filterOf(search)).toEqual(NO_FILTER);
});

describe('the list after an alarm has changed', () => {
  const alarm = (alarmId: string, triggeredAt: string, change: Partial<AlarmSummary> = {}) => ({ alarmId, triggeredAt, status: 'open', email: 'pending', ...change }) as AlarmSummary;
  const list = [alarm('c', '3'), alarm('b', '2')];
  const ids = (alarms: readonly AlarmSummary[]) => alarms.map(({ alarmId, email }) => `${alarmId} ${email}`).join(', ');
  const sent = { email: 'sent' } as const;

  it.each([
    ['a new one comes first', alarm('d', '4'), 2, 'd pending, c pending, b pending'],
    ['one of them is as it is now', alarm('b', '2', sent), 9, 'c pending, b sent'],
    ['one that has recovered goes', alarm('c', '3', { status: 'recovered' }), 9, 'b pending'],
    ['an older one comes last where the list has all', alarm('a', '1', sent), 2, 'c pending, b pending, a sent'],
    ['an older one stays out where the list is a part', alarm('a', '1', sent), 3, 'c pending, b pending'],
  ])('%s', (_what, changed, total, expected) => {
    expect(ids(merge(list, changed, NO_FILTER, total))).toBe(expected);
  });
});
