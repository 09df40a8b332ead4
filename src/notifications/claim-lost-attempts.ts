import { claim, NOTIFICATION_POLICY } from '../alarm-domain/notification.js';
import { notificationStream } from '../alarm-domain/notification-events.js';
import type { Clock } from '../clock.js';
import { toAppend } from '../event-store/event-codec.js';
import type { EventStore } from '../event-store/event-store.js';
import { idOf } from '../ingestion/deterministic-id.js';
import { mailHistories, type MailHistory } from './mail-histories.js';

/** Claims that nobody holds any more: a limit of no time, so that the next copy may go as after a failure, marked. */
const OVER = { ...NOTIFICATION_POLICY, claimLimitMs: 0 };

/**
 * To be called on events that were brought back from a backup: what the process that they are of did after it is lost, and may
 * have been to send an e-mail that is owed here still, or held back. Each of these gets a claim without an outcome in the name `by`, by
 * which P4 holds: its next copy is marked as a possible duplicate. Gives how many.
 */
export async function claimLostAttempts(store: EventStore, clock: Clock, by: string): Promise<number> {
  const owed = new Map<string, MailHistory>();
  for (const [alarmId, history] of await mailHistories(store)) {
    const status = history.state.phase.status;
    // Of the others nothing more is sent without an operator; a claim that is open speaks for itself.
    const isOwed = status === 'none' || status === 'requested' || status === 'failed';
    // One that is held back may have been released, and sent; here it goes when its sensor is unshelved.
    if (isOwed && history.hold !== 'withheld') owed.set(alarmId, history);
  }
  let claimed = 0;
  for (const [alarmId, { alarm, state, revision }] of owed) {
    const context = { alarmId, sensorId: alarm.data.sensorId, nowMs: clock.now(), correlationId: alarm.metadata.correlationId, causationId: alarm.id, idOf };
    await store.append(notificationStream(alarmId), claim(state, context, by, false, OVER).map(toAppend), revision ?? 'no-stream');
    claimed += 1;
  }
  return claimed;
}
