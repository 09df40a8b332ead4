import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';

const SILENCES = { types: ['SensorWentSilent', 'SensorReturned'] } as const;

export interface ToldSilence {
  readonly sensorId: number;
  /** False for a return. */
  readonly isSilent: boolean;
}

/** What is told from now on, by whatever process, until the signal. Thrown: the event store's errors before the first. */
export async function* toldSilences(store: Pick<EventStore, 'headPosition' | 'subscribe'>, signal: AbortSignal): AsyncGenerator<ToldSilence> {
  const after = await store.headPosition();
  for await (const message of store.subscribe({ after, filter: SILENCES, signal })) if (message.type === 'event') yield silenceOf(message.event);
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
