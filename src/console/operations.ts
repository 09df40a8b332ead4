import type { DeadLetter } from '../ingestion/dead-letters.js';
import type { Progress, Reconciliation } from '../ingestion/reconcile.js';
import type { TimeRange } from '../ingestion/reconcile-tally.js';
import type { MailReconciliation } from '../notifications/reconcile-mails.js';
import type { Comparison } from '../projections/compare-with-events.js';
import type { RebuildAllReport } from '../projections/projection-runner.js';

/** Log, events, read models and e-mails held against each other; `problems` has the differences of all. The read models are always compared as a whole. */
export interface FullReconciliation extends Reconciliation {
  readonly readModels: readonly Comparison[];
  readonly emails: MailReconciliation;
}

/** What an operator can have done, by the API or by the command line. */
export interface Operations {
  /** Builds one read model again from the first event; gives the number of events. Thrown: `UnknownProjection`, `RebuildRunning`. */
  rebuild(projection: string, onProgress: Progress): Promise<{ readonly events: number }>;

  /** The same with all of them, each event read once. What can't be rebuilt is named in the report, and does not hold up the others. Thrown: `RebuildRunning`. */
  rebuildAll(onProgress: Progress): Promise<RebuildAllReport>;

  /** Accounts for every record of the log (P2), every row of the read models (P6) and every alarm's e-mail (P4). */
  reconcile(range: TimeRange, onProgress: Progress): Promise<FullReconciliation>;

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
