import { isoTime, type Clock } from '../clock.js';

/** Where problems are told; a pino logger fits. */
export interface NotifierLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What health and metrics show of the notifier; the counters are since its start. */
export interface NotifierStatus {
  /** All alarms and requests so far were read. */
  readonly caughtUp: boolean;
  /** Alarms read whose e-mail is neither sent nor parked; `inWork` of them are being worked on just now. */
  readonly pending: number;
  readonly inWork: number;
  /** How long the oldest pending one has been waiting, in milliseconds. */
  readonly lagMs: number;
  readonly sent: number;
  readonly failed: number;
  readonly parked: number;
  readonly followUpsSent: number;
  /** Follow-ups that the mail server would not take; no one sends them again. */
  readonly followUpsGivenUp: number;
  readonly lastError: { readonly at: string; readonly message: string } | null;
}

/** Counts what the notifier does, and keeps its last error. */
export class NotifierTally {
  sent = 0;
  failed = 0;
  parked = 0;
  followUpsSent = 0;
  followUpsGivenUp = 0;
  lastError: NotifierStatus['lastError'] = null;

  constructor(
    private readonly clock: Clock,
    private readonly log: NotifierLog,
  ) {}

  problem(what: string, error: unknown, about: { readonly alarmId?: string; readonly sensorId?: number } = {}): void {
    const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    this.lastError = { at: isoTime(this.clock.now()), message };
    this.log.warn({ ...about, err: error }, message);
  }

  followUpGivenUp(about: { readonly alarmId: string; readonly sensorId: number }, error: unknown): void {
    this.followUpsGivenUp += 1;
    this.log.error({ ...about, err: error }, 'the customer’s data could not be sent after an e-mail that went without; the console has them');
  }
}
