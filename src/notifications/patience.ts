import type { Clock } from '../clock.js';
import { OutcomeUnknown, StoreUnavailable } from '../event-store/event-store.js';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;

/** How a piece of work waits for the event store: until it answers, or until `signal` is aborted. */
export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly problem: (what: string, error: unknown) => void;
}

/**
 * Repeats the same work while the store is unavailable or leaves the outcome unknown; an append that is
 * repeated with the same events and expected revision is stored once.
 *
 * Thrown: any other error at once; the store's own once the signal is aborted.
 */
export async function patiently<T>({ clock, signal, problem }: Patience, work: () => Promise<T>): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable || error instanceof OutcomeUnknown)) throw error;
      if (signal.aborted) throw error;
      problem('event store', error);
      await clock.sleep(waitMs, signal);
      if (signal.aborted) throw error;
    }
  }
}
