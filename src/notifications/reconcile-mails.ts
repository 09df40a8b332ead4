import { owesFollowUp } from '../alarm-domain/notification.js';
import type { Clock } from '../clock.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Progress } from '../ingestion/reconcile.js';
import { ALL_TIMES, isInRange, type TimeRange } from '../ingestion/reconcile-tally.js';
import { mailHistories, type MailHistory } from './mail-histories.js';
import { mailName, type Mailer } from './mailer.js';

/** Twenty attempts take about an hour and a quarter, and before them a mail waits for five minutes for the customer's data. */
const LATE_MS = 2 * 3_600_000;

/** What became of the e-mails of the alarms that were received in a range of time (P4). Sound when `missing` and `doubled` are 0. */
export interface MailReconciliation {
  readonly alarms: number;
  readonly sent: number;
  /** Not sent without an operator; listed by the API. */
  readonly parked: number;
  /** Held back while the sensor is or was shelved. */
  readonly held: number;
  /** On their way. */
  readonly pending: number;
  /** Owed for more than two hours, or recorded as sent but not in the mailbox folder. */
  readonly missing: number;
  /** Of those that were sent: without the customer's data, which have not followed. */
  readonly withoutCustomer: number;
  /** Sent twice without a mark. */
  readonly doubled: number;
}

/** `mailer`: null where this process sends none, and can't ask. Thrown: the store's errors. */
export async function reconcileMails(
  { store, mailer, clock, onProgress, onDifference }: { store: EventStore; mailer: Pick<Mailer, 'way' | 'find'> | null; clock: Clock; onProgress: Progress; onDifference: (line: string) => void },
  range: TimeRange = ALL_TIMES,
): Promise<MailReconciliation> {
  const sums = { alarms: 0, sent: 0, parked: 0, held: 0, pending: 0, missing: 0, withoutCustomer: 0, doubled: 0 };
  const missing = (line: string): void => {
    sums.missing += 1;
    onDifference(line);
  };
  const histories = await mailHistories(store, (alarmId, type) => onDifference(`e-mail of ${alarmId}: ${type}, but there is no such alarm`));
  let done = 0;
  for (const [alarmId, history] of histories) {
    done += 1;
    if (done % 500 === 0) onProgress(done, histories.size, 'e-mails');
    if (!isInRange(range, Date.parse(history.alarm.metadata.receivedAt))) continue;
    const outcome = outcomeOf(history);
    sums.alarms += 1;
    sums[outcome] += 1;
    if (outcome === 'sent' && owesFollowUp(history.state)) sums.withoutCustomer += 1;
    if (outcome === 'pending' && clock.now() - Date.parse(history.owedSince) > LATE_MS) missing(`e-mail of ${alarmId}: not sent since ${history.owedSince}`);
    if (outcome === 'sent' && mailer !== null && history.way === mailer.way && (await mailer.find(mailName(alarmId, 'alarm'))) === null) missing(`e-mail of ${alarmId}: recorded as sent, but not in the mailbox folder`);
    if (history.unmarked > 1) {
      sums.doubled += 1;
      onDifference(`e-mail of ${alarmId}: sent ${history.unmarked} times without a mark`);
    }
  }
  return sums;
}

function outcomeOf({ hold, state }: MailHistory): 'sent' | 'parked' | 'held' | 'pending' {
  const { status } = state.phase;
  if (status === 'sent' || status === 'completed') return 'sent';
  if (status === 'parked') return 'parked';
  return hold === 'none' ? 'pending' : 'held';
}
