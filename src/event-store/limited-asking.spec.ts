import { systemClock } from '../clock.js';
import { StoreUnavailable } from './event-store.js';
import { LimitedAsking } from './limited-asking.js';

describe('limited asking', () => {
  it('gives the answer, or what was thrown', async () => {
    const asking = new LimitedAsking(systemClock, 1000);
    expect(await asking.ask(() => Promise.resolve(7))).toBe(7);
    await expect(asking.ask(() => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
  });

  it('waits no longer than its limit, and asks no more until the answer has come', async () => {
    const asking = new LimitedAsking(systemClock, 20);
    let answer: (value: number) => void = () => undefined;
    let asked = 0;
    const question = () => {
      asked += 1;
      return new Promise<number>((resolve) => (answer = resolve));
    };
    await expect(asking.ask(question)).rejects.toThrow('no answer within 20 ms');
    await expect(asking.ask(question)).rejects.toThrow(StoreUnavailable);
    expect(asked).toBe(1);
    answer(1);
    await systemClock.sleep(0);
    expect(await asking.ask(() => Promise.resolve(2))).toBe(2);
  });
});
