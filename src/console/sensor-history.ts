import { SENSOR_EVENT_TYPES, type SensorEvent } from '../alarm-domain/alarm-events.js';
import { evolve, INITIAL_SENSOR, sensorStream, type SensorState } from '../alarm-domain/sensor.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import type { AuditEvent } from './response-schemas.js';

/** A sensor's state after the first `events` events of its stream, the last of which has revision `last`. */
export interface SensorHistory {
  readonly state: SensorState;
  /** The state before that last event. */
  readonly before: SensorState;
  readonly events: number;
  /** Null when there is none. */
  readonly last: bigint | null;
  /** When that was recorded; null when there is none. */
  readonly lastAt: string | null;
  /** The first event that the stream has, also when the history ends before it. */
  readonly first: EventMoment | null;
}

export interface EventMoment {
  readonly revision: number;
  readonly recordedAt: string;
}

/**
 * The state of a sensor as it was known at a time of recording (`asOf`, ISO 8601 UTC with milliseconds), or
 * now; or after the event of revision `through`. It ends before the first event recorded later, so that it is a state
 * that the stream once had even where two processes' clocks differed.
 */
export async function historyOf(store: EventStore, sensorId: number, asOf?: string, through?: bigint): Promise<SensorHistory> {
  let state = INITIAL_SENSOR;
  let before = INITIAL_SENSOR;
  let events = 0;
  let last: bigint | null = null;
  let lastAt: string | null = null;
  let first: EventMoment | null = null;
  for await (const recorded of store.readStream(sensorStream(sensorId))) {
    const event = toSensorEvent(recorded);
    first ??= momentOf(recorded);
    if (through !== undefined && recorded.revision > through) break;
    if (asOf !== undefined && event !== null && event.metadata.recordedAt > asOf) break;
    before = state;
    if (event !== null) state = evolve(state, event);
    events += 1;
    last = recorded.revision;
    lastAt = momentOf(recorded).recordedAt;
  }
  return { state, before, events, last, lastAt, first };
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

/** Every event of ours says when it was recorded. */
export function momentOf({ revision, metadata }: Pick<RecordedEvent, 'metadata'> & { readonly revision: bigint | number }): EventMoment {
  return { revision: Number(revision), recordedAt: String((metadata as { recordedAt?: unknown }).recordedAt) };
}
