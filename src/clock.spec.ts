import { DoublingPause, inTime, systemClock, within, type Clock } from './clock.js';

const late = (): Error => new Error('late');

/** A clock whose sleeps are told, and over at once. */
function sleepless(sleptMs: number[]): Clock {
  return {
    now: () => 0,
    sleep: (ms) => {
      sleptMs.push(ms);
      return Promise.resolve();
    },
  };
}

describe('an answer in time', () => {
  it('is given, or what it is rejected with', async () => {
    expect(await inTime(systemClock, 1000, Promise.resolve(7), late)).toBe(7);
    await expect(inTime(systemClock, 1000, Promise.reject(new RangeError('no')), late)).rejects.toThrow(RangeError);
  });

  it('is waited for no longer than the limit; a rejection after it harms nobody', async () => {
    let reject: (error: Error) => void = () => undefined;
    const answer = new Promise<never>((_, refuse) => (reject = refuse));
    await expect(inTime(systemClock, 10, answer, late)).rejects.toThrow('late');
    reject(new Error('after the limit'));
    await systemClock.sleep(0);
  });

  it('ends the wait for the limit', async () => {
    let waits = 0;
    const clock: Clock = {
      now: () => 0,
      sleep: async (_ms, signal) => {
        waits += 1;
        await systemClock.sleep(60_000, signal);
        waits -= 1;
      },
    };
    await inTime(clock, 60_000, Promise.resolve(), late);
    await within(clock, 60_000, Promise.resolve());
    await systemClock.sleep(0);
    expect(waits).toBe(0);
  });
});

describe('a wait for work', () => {
  it('is over with the work, or at the limit', async () => {
    const never = new Promise<never>(() => undefined);
    await within(systemClock, 10, never);
    await expect(within(systemClock, 1000, Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
  });
});

describe('a pause after a failure', () => {
  it('doubles up to its limit, and begins anew after a success', async () => {
    const sleptMs: number[] = [];
    const pause = new DoublingPause(sleepless(sleptMs), 100, 350);
    const { signal } = new AbortController();
    for (let failures = 0; failures < 4; failures += 1) await pause.wait(signal);
    pause.reset();
    await pause.wait(signal);
    expect(sleptMs).toEqual([100, 200, 350, 350, 100]);
  });
});
