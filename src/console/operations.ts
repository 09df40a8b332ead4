import type { DeadLetter } from '../ingestion/dead-letters.js';
import type { Progress, Reconciliation } from '../ingestion/reconcile.js';

/** What an operator can have done, by the API or by the command line. */
export interface Operations {
  /** Builds one read model again from the first event; gives the number of events. Thrown: `UnknownProjection`, `RebuildRunning`. */
  rebuild(projection: string, onProgress: Progress): Promise<{ readonly events: number }>;

  /** Accounts for every record of the log (P2). */
  reconcile(onProgress: Progress): Promise<Reconciliation>;

  listDeadLetters(): AsyncIterable<DeadLetter>;

  /** Gives how many. Thrown: `NoSuchDeadLetter`. */
  replayDeadLetters(ids: readonly string[] | 'all'): Promise<number>;

  /** Gives how many. Thrown: `NoSuchDeadLetter`. */
  dropDeadLetters(ids: readonly string[] | 'all'): Promise<number>;

  /** Asks for a parked e-mail again. */
  retryNotification(alarmId: string): Promise<RetryOutcome>;
}

/** `unknown`: no e-mail was ever asked for under that alarm id. */
export type RetryOutcome = 'requeued' | 'not-parked' | 'unknown';
