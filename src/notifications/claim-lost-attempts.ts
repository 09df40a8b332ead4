import { claim, evolve, INITIAL_NOTIFICATION, NOTIFICATION_POLICY, type NotificationState } from '../alarm-domain/notification.js';
import { notificationStream, type NotificationEvent } from '../alarm-domain/notification-events.js';
import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { Clock } from '../clock.js';
import { decodeEvent, toAppend } from '../event-store/event-codec.js';
import type { EventStore } from '../event-store/event-store.js';
import { idOf } from '../ingestion/deterministic-id.js';

/** Claims that nobody holds any more: a limit of no time, so that the next copy may go at once, marked. */
const OVER = { ...NOTIFICATION_POLICY, claimLimitMs: 0 };

const TYPES = [
  'AlarmTriggered', 'NotificationRequested', 'NotificationClaimed', 'NotificationSent', 'NotificationFailed', 'NotificationParked', 'NotificationRequeued', 'NotificationCompleted',
] as const;

interface Owed {
  readonly alarm: AlarmTriggered;
  state: NotificationState;
  revision: bigint | null;
}

/**
 * To be called on events that were brought back from a backup: what the process that they are of did after it is lost, and may
 * have been to send an e-mail that is owed here still. Each of these gets a claim without an outcome in the name `by`, by
 * which P4 holds: its next copy is marked as a possible duplicate. Gives how many.
 */
export async function claimLostAttempts(store: EventStore, clock: Clock, by: string): Promise<number> {
  const owed = new Map<string, Owed>();
  for await (const recorded of store.readAll({ filter: { types: TYPES } })) {
    const event = decodeEvent(recorded) as AlarmTriggered | NotificationEvent | null;
    if (event === null) continue;
    if (event.type === 'AlarmTriggered') {
      // One that is held back sends nothing before somebody unshelves its sensor.
      if (event.data.shelvedUntil === undefined) owed.set(event.data.alarmId, { alarm: event, state: INITIAL_NOTIFICATION, revision: null });
      continue;
    }
    const entry = owed.get(event.data.alarmId);
    if (!entry) continue;
    entry.state = evolve(entry.state, event);
    entry.revision = recorded.revision;
    const { status } = entry.state.phase;
    // Nothing more is sent of these without an operator; a claim that is open speaks for itself.
    if (status === 'completed' || status === 'sent' || status === 'parked') owed.delete(event.data.alarmId);
  }
  let claimed = 0;
  for (const [alarmId, { alarm, state, revision }] of owed) {
    if (state.phase.status === 'claimed') continue;
    const context = { alarmId, sensorId: alarm.data.sensorId, nowMs: clock.now(), correlationId: alarm.metadata.correlationId, causationId: alarm.id, idOf };
    await store.append(notificationStream(alarmId), claim(state, context, by, false, OVER).map(toAppend), revision ?? 'no-stream');
    claimed += 1;
  }
  return claimed;
}
