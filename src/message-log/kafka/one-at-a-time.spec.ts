import { setImmediate as nextTurn } from 'node:timers/promises';
import { OneAtATime } from './one-at-a-time.js';

function gate() {
  let open: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const opened = new Promise<void>((resolve, reject) => ([open, fail] = [resolve, reject]));
  return { opened, open, fail };
}

describe('OneAtATime', () => {
  it('begins a piece when the one before it has ended, and does not wait for its end', async () => {
    const work = new OneAtATime(() => undefined);
    const [first, second] = [gate(), gate()];
    const begun: string[] = [];
    await work.begin(() => (begun.push('first'), first.opened));
    const other = work.begin(() => (begun.push('second'), second.opened));
    await nextTurn();
    expect(begun).toEqual(['first']);
    first.open();
    await other;
    expect(begun).toEqual(['first', 'second']);
    let isAtRest = false;
    const rest = work.rest().then(() => (isAtRest = true));
    await nextTurn();
    expect(isAtRest).toBe(false);
    second.open();
    await rest;
  });

  it('tells of a failure, throws it once and begins nothing after it', async () => {
    let failures = 0;
    const work = new OneAtATime(() => (failures += 1));
    const first = gate();
    await work.begin(() => first.opened);
    const other = work.begin(() => Promise.reject(new Error('must not begin')));
    first.fail(new Error('the first'));
    await expect(other).rejects.toThrow('the first');
    expect(failures).toBe(1);
    expect(() => work.throwFailure()).not.toThrow();
    await work.rest();
  });
});
