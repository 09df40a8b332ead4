import { SENSOR_EVENT_TYPES, type SensorEvent } from '../alarm-domain/alarm-events.js';
import { evolve, INITIAL_SENSOR, sensorStream, type SensorState } from '../alarm-domain/sensor.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import type { AuditEvent } from './response-schemas.js';

/** A sensor's state after the first `events` events of its stream, the last of which has revision `last`. */
export interface SensorHistory {
  readonly state: SensorState;
  readonly events: number;
  /** Null when there is none. */
  readonly last: bigint | null;
}

/**
 * The state of a sensor as it was known at a time of recording (`asOf`, ISO 8601 UTC with milliseconds), or
 * now. It ends before the first event recorded later, so that it is a state that the stream once had even
 * where two processes' clocks differed.
 */
export async function historyOf(store: EventStore, sensorId: number, asOf?: string): Promise<SensorHistory> {
  let state = INITIAL_SENSOR;
  let events = 0;
  let last: bigint | null = null;
  for await (const recorded of store.readStream(sensorStream(sensorId))) {
    const event = toSensorEvent(recorded);
    if (event !== null) {
      if (asOf !== undefined && event.metadata.recordedAt > asOf) break;
      state = evolve(state, event);
    }
    events += 1;
    last = recorded.revision;
  }
  return { state, events, last };
}

/** Up to `limit` events of a sensor from revision `from` backwards, newest first; none when it is null, from the last when it is undefined. */
export async function eventsBackwards(store: EventStore, sensorId: number, from: bigint | null | undefined, limit: number): Promise<AuditEvent[]> {
  if (from === null) return [];
  const events: AuditEvent[] = [];
  const range = { direction: 'backwards' as const, limit, ...(from === undefined ? {} : { fromRevision: from }) };
  for await (const recorded of store.readStream(sensorStream(sensorId), range)) {
    const { id, revision, position, type } = recorded;
    const { data, metadata } = toSensorEvent(recorded) ?? recorded;
    events.push({ id, revision: Number(revision), position, type, data: { ...data }, metadata: { ...metadata } });
  }
  return events;
}

/** Null for an event of another kind. */
function toSensorEvent(recorded: RecordedEvent): SensorEvent | null {
  const event = decodeEvent(recorded);
  return event !== null && (SENSOR_EVENT_TYPES as readonly string[]).includes(event.type) ? (event as SensorEvent) : null;
}
