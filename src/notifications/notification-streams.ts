import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { evolve, INITIAL_NOTIFICATION, type NotificationState } from '../alarm-domain/notification.js';
import { notificationStream, type NotificationEvent } from '../alarm-domain/notification-events.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import { decodeEvent, toAppend } from '../event-store/event-codec.js';
import { WrongExpectedRevision, type EventStore } from '../event-store/event-store.js';
import { patiently, type Patience } from './patience.js';

/** The state of a notification and the revision that it is of, null for a stream that does not exist. */
export interface LoadedNotification {
  readonly state: NotificationState;
  readonly revision: bigint | null;
}

/** Reads and writes the notifications' streams; waits while the store is down. */
export class NotificationStreams {
  constructor(
    private readonly store: EventStore,
    private readonly patience: Patience,
  ) {}

  async load(alarmId: string): Promise<LoadedNotification> {
    return patiently(this.patience, async () => {
      let state = INITIAL_NOTIFICATION;
      let revision: bigint | null = null;
      for await (const recorded of this.store.readStream(notificationStream(alarmId))) {
        const event = decodeEvent(recorded);
        if (event) state = evolve(state, event as NotificationEvent);
        revision = recorded.revision;
      }
      return { state, revision };
    });
  }

  /** Appends to the stream as it was loaded; null when another was quicker. */
  async append(alarmId: string, loaded: LoadedNotification, events: readonly NotificationEvent[]): Promise<LoadedNotification | null> {
    const stream = notificationStream(alarmId);
    try {
      const { revision } = await patiently(this.patience, () => this.store.append(stream, events.map(toAppend), loaded.revision ?? 'no-stream'));
      return { state: events.reduce(evolve, loaded.state), revision };
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return null;
      throw error;
    }
  }

  /** Appends what `decide` says of the newest state, however often others are quicker; nothing when it says nothing. */
  async record(alarmId: string, loaded: LoadedNotification, decide: (state: NotificationState) => readonly NotificationEvent[]): Promise<LoadedNotification> {
    for (let current = loaded; ; current = await this.load(alarmId)) {
      const events = decide(current.state);
      if (events.length === 0) return current;
      const stored = await this.append(alarmId, current, events);
      if (stored) return stored;
    }
  }

  /** The event that opened an alarm; null when its sensor's stream does not have it. */
  async findAlarm(sensorId: number, alarmId: string): Promise<AlarmTriggered | null> {
    return patiently(this.patience, async () => {
      for await (const recorded of this.store.readStream(sensorStream(sensorId), { direction: 'backwards' })) {
        if (recorded.type !== 'AlarmTriggered') continue;
        const event = decodeEvent(recorded) as AlarmTriggered;
        if (event.data.alarmId === alarmId) return event;
      }
      return null;
    });
  }
}
