import { NOTIFICATION_EVENT_TYPES, notificationStream, type NotificationEvent } from '../../alarm-domain/notification-events.js';
import { decodeEvent } from '../../event-store/event-codec.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { NoteStore } from '../../customers/note-store.js';
import { mailName } from '../../notifications/mailer.js';
import type { AlarmReads } from '../../projections/alarm-reads.js';
import type { Mailbox } from '../mailbox.js';
import { operatorEventsOf } from '../operator-events.js';
import { RequestRefused } from '../problem.js';
import type { AlarmDetails } from '../response-schemas.js';

/** One alarm with its evidence and what became of its e-mail. */
export class FindAlarm {
  constructor(readonly alarmId: string) {}
}

/** An e-mail is tried some tens of times at most, unless operators ask again and again. */
const MOST_NOTIFICATION_EVENTS = 500;

export class FindAlarmHandler {
  constructor(
    private readonly alarms: AlarmReads,
    private readonly store: EventStore,
    private readonly mailbox: Mailbox,
    private readonly notes: NoteStore,
  ) {}

  /** Thrown: `RequestRefused` with 404. */
  async execute({ alarmId }: FindAlarm): Promise<AlarmDetails> {
    const alarm = await this.alarms.get(alarmId);
    if (alarm === null) throw new RequestRefused(404, `no alarm has the id ${alarmId}`);
    const notifications: AlarmDetails['notifications'][number][] = [];
    for await (const recorded of this.store.readStream(notificationStream(alarmId), { limit: MOST_NOTIFICATION_EVENTS })) {
      const event = decodeEvent(recorded);
      if (event === null || !isNotificationEvent(event)) continue;
      notifications.push({ type: event.type, recordedAt: event.metadata.recordedAt, data: { ...event.data } });
    }
    const file = `${mailName(alarmId, 'alarm')}.eml`;
    const mail = (await this.mailbox.has(file)) ? `/api/mailbox/${file}` : null;
    const operators = await operatorEventsOf(this.store, this.notes, Number(alarm.sensorId), alarmId);
    return { ...alarm, operators, notifications, mail };
  }
}

function isNotificationEvent(event: { readonly type: string }): event is NotificationEvent {
  return (NOTIFICATION_EVENT_TYPES as readonly string[]).includes(event.type);
}
