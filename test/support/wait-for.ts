import { systemClock } from '../../src/clock.js';

/** Asks again and again until the answer is true. Thrown: an error naming what did not come within `limitMs`. */
export async function waitFor(what: string, isThere: () => Promise<boolean> | boolean, limitMs = 30_000): Promise<void> {
  const untilMs = Date.now() + limitMs;
  while (!(await isThere())) {
    if (Date.now() > untilMs) throw new Error(`${what} did not come within ${limitMs} ms`);
    await systemClock.sleep(20);
  }
}
