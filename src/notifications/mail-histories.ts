import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { evolve, INITIAL_NOTIFICATION, type NotificationState } from '../alarm-domain/notification.js';
import type { NotificationEvent } from '../alarm-domain/notification-events.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore } from '../event-store/event-store.js';

const TYPES = [
  'AlarmTriggered', 'NotificationRequested', 'NotificationClaimed', 'NotificationSent', 'NotificationFailed', 'NotificationParked', 'NotificationRequeued', 'NotificationCompleted',
] as const;

/** What has been done about an alarm's e-mail. */
export interface MailHistory {
  readonly alarm: AlarmTriggered;
  state: NotificationState;
  revision: bigint | null;
  /** Copies recorded as sent that are not marked as possible duplicates. */
  unmarked: number;
  /** The way of the last claim, `smtp`; null before the first. */
  way: string | null;
}

/** All alarms with their e-mails, in one pass over the events; some 1 kB each. `onLost`: told of each event of a mail whose alarm there is not. */
export async function mailHistories(store: EventStore, onLost: (alarmId: string, type: string) => void = () => undefined): Promise<ReadonlyMap<string, MailHistory>> {
  const histories = new Map<string, MailHistory>();
  for await (const recorded of store.readAll({ filter: { types: TYPES } })) {
    const event = decodeEvent(recorded) as AlarmTriggered | NotificationEvent | null;
    if (event === null) continue;
    const { alarmId } = event.data;
    if (event.type === 'AlarmTriggered') {
      histories.set(alarmId, { alarm: event, state: INITIAL_NOTIFICATION, revision: null, unmarked: 0, way: null });
      continue;
    }
    const history = histories.get(alarmId);
    if (!history) {
      onLost(alarmId, event.type);
      continue;
    }
    history.state = evolve(history.state, event);
    history.revision = recorded.revision;
    if (event.type === 'NotificationSent' && !event.data.possibleDuplicate) history.unmarked += 1;
    if (event.type === 'NotificationClaimed') history.way = event.data.by.slice(event.data.by.indexOf('/') + 1);
  }
  return histories;
}
