import { SENSOR_EVENT_TYPES, type SensorEvent } from '../alarm-domain/alarm-events.js';
import { evolve, INITIAL_SENSOR, sensorStream, type SensorState } from '../alarm-domain/sensor.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import type { AuditEvent, SensorAudit } from './response-schemas.js';

/** What was known of a sensor: besides what its readings are judged by, what operators and time say of it. */
export type KnownSensor = SensorAudit['state'];

/** What was known of a sensor after the first `events` events of its stream, the last of which has revision `last`. */
export interface SensorHistory {
  readonly state: KnownSensor;
  /** What was known before that last event. */
  readonly before: KnownSensor;
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
 * What was known of a sensor at a time of recording (`asOf`, ISO 8601 UTC with milliseconds), or
 * now; or after the event of revision `through`. It ends before the first event recorded later, so that it is a state
 * that the stream once had even where two processes' clocks differed.
 */
export async function historyOf(store: EventStore, sensorId: number, asOf?: string, through?: bigint): Promise<SensorHistory> {
  let state = NOTHING_KNOWN;
  let before = NOTHING_KNOWN;
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
    if (event !== null) state = learn(state, event);
    events += 1;
    last = recorded.revision;
    lastAt = momentOf(recorded).recordedAt;
  }
  return { state: shown(state), before: shown(before), events, last, lastAt, first };
}

interface Knowledge {
  readonly sensor: SensorState;
  readonly silence: KnownSensor['silence'];
  /** Of the open alarms that were acknowledged, by alarm id. */
  readonly acknowledged: ReadonlyMap<string, { readonly at: string; readonly by: string }>;
}

const NOTHING_KNOWN: Knowledge = { sensor: INITIAL_SENSOR, silence: null, acknowledged: new Map() };

function learn(before: Knowledge, event: SensorEvent): Knowledge {
  const sensor = evolve(before.sensor, event);
  const open = new Set(Object.values(sensor.openAlarms).map(({ alarmId }) => alarmId));
  const acknowledged = new Map([...before.acknowledged].filter(([alarmId]) => open.has(alarmId)));
  const { recordedAt } = event.metadata;
  if (event.type === 'AlarmAcknowledged' && open.has(event.data.alarmId)) acknowledged.set(event.data.alarmId, { at: recordedAt, by: event.data.by });
  return { sensor, acknowledged, silence: silenceAfter(before.silence, event) };
}

function silenceAfter(before: KnownSensor['silence'], event: SensorEvent): KnownSensor['silence'] {
  if (event.type === 'SensorReturned') return null;
  if (event.type !== 'SensorWentSilent') return before;
  const { intervalMs, silentForMs } = event.data;
  return { since: event.metadata.recordedAt, intervalMs, silentForMs, eventId: event.id };
}

function shown({ sensor: { openAlarms, strikes, shelving }, silence, acknowledged }: Knowledge): KnownSensor {
  const open = Object.entries(openAlarms).map(([type, alarm]) => [type, { ...alarm, acknowledged: acknowledged.get(alarm.alarmId) ?? null }] as const);
  return { openAlarms: Object.fromEntries(open), strikes, shelving, silence };
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
