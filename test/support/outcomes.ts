import { OutcomeUnknown, StoreUnavailable } from '../../src/event-store/event-store.js';
import { systemClock } from '../../src/clock.js';

const REPEAT_EVERY_MS = 20;
const MOST_REPEATS = 300;

/** All that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const item of items) read.push(item);
  return read;
}

/** What the promise is rejected with. Thrown: an error when it is not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

/** As callers of a store do: the same again after an outcome that is not known, or while the store is away. */
export async function repeatedly<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OutcomeUnknown || error instanceof StoreUnavailable) || tries === MOST_REPEATS) throw error;
      await systemClock.sleep(REPEAT_EVERY_MS);
    }
  }
}
