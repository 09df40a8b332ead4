import { requeue } from '../alarm-domain/notification.js';
import { notificationStream } from '../alarm-domain/notification-events.js';
import type { Clock } from '../clock.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore } from '../event-store/event-store.js';
import { idOf } from '../ingestion/deterministic-id.js';
import { NotificationStreams } from './notification-streams.js';
import type { Patience } from './patience.js';

/** How long an operator waits for the store. */
const LIMIT_MS = 5000;

/**
 * Asks for a parked e-mail again, on behalf of operator `by`; any running notifier then sends it. False when
 * it is not parked, or the alarm has no e-mail. Thrown: the store's errors after 5 s.
 */
export async function retryParked(store: EventStore, clock: Clock, alarmId: string, by: string): Promise<boolean> {
  const ended = new AbortController();
  const limit = new AbortController();
  void clock.sleep(LIMIT_MS, ended.signal).then(() => limit.abort());
  const patience: Patience = { clock, signal: limit.signal, problem: () => undefined };
  try {
    const sensorId = await sensorOf(store, alarmId);
    if (sensorId === null) return false;
    const streams = new NotificationStreams(store, patience);
    let isRequeued = false;
    await streams.record(alarmId, await streams.load(alarmId), (state) => {
      const context = { alarmId, sensorId, nowMs: clock.now(), correlationId: alarmId, causationId: `operator ${by}`, idOf };
      const events = requeue(state, context, by);
      isRequeued = events.length > 0;
      return events;
    });
    return isRequeued;
  } finally {
    ended.abort();
  }
}

async function sensorOf(store: EventStore, alarmId: string): Promise<number | null> {
  for await (const recorded of store.readStream(notificationStream(alarmId), { limit: 1 })) {
    const event = decodeEvent(recorded);
    if (event && event.type.startsWith('Notification') && 'sensorId' in event.data) return event.data.sensorId;
  }
  return null;
}
