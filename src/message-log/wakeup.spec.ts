import type { Clock } from '../clock.js';
import { Wakeup } from './wakeup.js';

describe('a wakeup', () => {
  it('wakes those who wait, and does not let them miss what rang while they looked', async () => {
    const wakeup = new Wakeup();
    const { signal } = new AbortController();
    const seen = wakeup.count;
    const woken = wakeup.after(seen, signal);
    wakeup.ring();
    await woken;
    await wakeup.after(seen, signal);
    expect(wakeup.count).toBe(seen + 1);
  });

  it('lets nobody wait beyond an abort', async () => {
    const wakeup = new Wakeup();
    const stopping = new AbortController();
    const waiting = wakeup.after(0, stopping.signal);
    stopping.abort();
    await waiting;
    await wakeup.after(0, stopping.signal);
    expect(wakeup.count).toBe(0);
  });

  it('rings by the clock until the abort', async () => {
    const wakeup = new Wakeup();
    const stopping = new AbortController();
    const sleptMs: number[] = [];
    const clock: Clock = {
      now: () => 0,
      sleep: (ms) => {
        if (sleptMs.push(ms) === 3) stopping.abort();
        return Promise.resolve();
      },
    };
    await wakeup.ringEvery(clock, 500, stopping.signal);
    expect(sleptMs).toEqual([500, 500, 500]);
    expect(wakeup.count).toBe(3);
  });
});
