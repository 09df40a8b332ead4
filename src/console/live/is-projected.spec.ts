import { isProjectedBy } from './is-projected.js';

describe('whether all read models have a position', () => {
  it.each([
    ['one is before it and lags', { position: '5', lagEvents: 2, lastError: null }, false],
    ['one is before it and has nothing to take', { position: '5', lagEvents: 0, lastError: null }, true],
    ['one is at it', { position: '7', lagEvents: 2, lastError: 'away' }, true],
    ['the lag of one could not be measured', { position: '5', lagEvents: 0, lastError: 'the event store gave no answer' }, false],
    ['one has begun with nothing', { position: null, lagEvents: 1, lastError: null }, false],
  ])('when %s', async (_what, status, expected) => {
    const upToDate = { position: '9', lagEvents: 0, lastError: null };
    expect(await isProjectedBy([{ status: () => Promise.resolve([upToDate, status]) }])('7')).toBe(expected);
  });
});
