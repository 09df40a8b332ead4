import { DoublingPause, type Clock } from '../clock.js';
import { OutcomeUnknown, StoreUnavailable } from '../event-store/event-store.js';

const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 5000;

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
  const pause = new DoublingPause(clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable || error instanceof OutcomeUnknown)) throw error;
      if (signal.aborted) throw error;
      problem('event store', error);
      await pause.wait(signal);
      if (signal.aborted) throw error;
    }
  }
}
