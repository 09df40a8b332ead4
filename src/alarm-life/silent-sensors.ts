import type { EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';

const SILENCES = { types: ['SensorWentSilent', 'SensorReturned'] } as const;

export interface ToldSilence {
  readonly sensorId: number;
  /** False for a return. */
  readonly isSilent: boolean;
}

/** How far the events were looked through, and the silence or return that was found there, if any. */
export interface Listened {
  readonly through: Position;
  readonly told: ToldSilence | null;
}

/** What is told after a position, by whatever process, until the signal. Thrown: the event store's errors. */
export async function* toldSilences(store: Pick<EventStore, 'subscribe'>, after: Position | null, signal: AbortSignal): AsyncGenerator<Listened> {
  for await (const message of store.subscribe({ after, filter: SILENCES, signal })) {
    if (message.type === 'event') yield { through: message.event.position, told: silenceOf(message.event) };
    else if (message.position !== null) yield { through: message.position, told: null };
  }
}

/** The sensors that grew silent and have not returned, as all events tell. Thrown: the event store's errors. */
export async function silentSensors(store: Pick<EventStore, 'readAll'>): Promise<readonly number[]> {
  const silent = new Set<number>();
  for await (const recorded of store.readAll({ filter: SILENCES })) {
    const { sensorId, isSilent } = silenceOf(recorded);
    if (isSilent) silent.add(sensorId);
    else silent.delete(sensorId);
  }
  return [...silent];
}

function silenceOf(recorded: RecordedEvent): ToldSilence {
  const { type, data } = decodeSensorEvent(recorded);
  return { sensorId: data.sensorId, isSilent: type === 'SensorWentSilent' };
}
