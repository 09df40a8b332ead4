import { choiceOf, NO_STANDING_FILTER, searchOf, type StandingChoice } from './standing-choice.js';

const NEWEST_FIRST: StandingChoice = { filter: NO_STANDING_FILTER, sorting: { column: 'age', isDescending: false } };

it('an address says all that is chosen, and gives it back', () => {
  const choice: StandingChoice = {
    filter: { type: 'smoke', zone: 'UK', status: 'open', email: 'parked', sensor: 7 },
    sorting: { column: 'customer', isDescending: true },
  };
  expect(searchOf(choice)).toBe('?type=smoke&zone=UK&status=open&email=parked&sensor=7&sort=-customer');
  expect(choiceOf(searchOf(choice))).toEqual(choice);
  const oldest: StandingChoice = { ...NEWEST_FIRST, sorting: { column: 'age', isDescending: true } };
  expect(choiceOf(searchOf(oldest))).toEqual(oldest);
});

it('nothing is said of what is as always', () => {
  expect(searchOf(NEWEST_FIRST)).toBe('');
  expect(choiceOf('')).toEqual(NEWEST_FIRST);
});

it.each(['?type=fire&zone=Atlantis&status=closed&email=lost&sensor=none&sort=colour', '?unknown=1'])('%s is no choice', (search) => {
  expect(choiceOf(search)).toEqual(NEWEST_FIRST);
});
