import type { AlarmRecovered, AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { SensorUnshelved } from '../alarm-domain/alarm-life-events.js';
import { evolve, INITIAL_NOTIFICATION, type NotificationState } from '../alarm-domain/notification.js';
import type { NotificationEvent } from '../alarm-domain/notification-events.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore } from '../event-store/event-store.js';

const TYPES = [
  'AlarmTriggered', 'AlarmRecovered', 'SensorUnshelved', 'NotificationRequested', 'NotificationClaimed', 'NotificationSent', 'NotificationFailed', 'NotificationParked', 'NotificationRequeued', 'NotificationCompleted',
] as const;

type MailEvent = AlarmTriggered | AlarmRecovered | SensorUnshelved | NotificationEvent;

/** What has been done about an alarm's e-mail. */
export interface MailHistory {
  readonly alarm: AlarmTriggered;
  /** `held`: its sensor was shelved when the alarm opened, and is; `withheld`: the alarm recovered before that ended, so none goes. */
  hold: 'none' | 'held' | 'withheld';
  /** Since when the e-mail is owed, ISO 8601 UTC, if it is not held. */
  owedSince: string;
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
    const event = decodeEvent(recorded) as MailEvent | null;
    if (event === null) continue;
    if (event.type === 'AlarmTriggered') histories.set(event.data.alarmId, begun(event));
    else if (event.type === 'SensorUnshelved') for (const alarmId of event.data.emailsOwed) release(histories.get(alarmId), event);
    else if (event.type === 'AlarmRecovered') withhold(histories.get(event.data.alarmId));
    else {
      const history = histories.get(event.data.alarmId);
      if (history) take(history, event, recorded.revision);
      else onLost(event.data.alarmId, event.type);
    }
  }
  return histories;
}

function begun(alarm: AlarmTriggered): MailHistory {
  const hold = alarm.data.shelvedUntil === undefined ? 'none' : 'held';
  return { alarm, hold, owedSince: alarm.metadata.receivedAt, state: INITIAL_NOTIFICATION, revision: null, unmarked: 0, way: null };
}

function release(history: MailHistory | undefined, { metadata }: SensorUnshelved): void {
  if (history === undefined) return;
  history.hold = 'none';
  history.owedSince = metadata.recordedAt;
}

function withhold(history: MailHistory | undefined): void {
  if (history?.hold === 'held') history.hold = 'withheld';
}

function take(history: MailHistory, event: NotificationEvent, revision: bigint): void {
  history.state = evolve(history.state, event);
  history.revision = revision;
  if (event.type === 'NotificationSent' && !event.data.possibleDuplicate) history.unmarked += 1;
  if (event.type === 'NotificationClaimed') history.way = event.data.by.slice(event.data.by.indexOf('/') + 1);
}
