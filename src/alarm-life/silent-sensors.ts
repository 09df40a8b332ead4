import type { EventStore } from '../event-store/event-store.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';

/** The sensors that grew silent and have not returned, as all events tell. Thrown: the event store's errors. */
export async function silentSensors(store: Pick<EventStore, 'readAll'>): Promise<readonly number[]> {
  const silent = new Set<number>();
  for await (const recorded of store.readAll({ filter: { types: ['SensorWentSilent', 'SensorReturned'] } })) {
    const { type, data } = decodeSensorEvent(recorded);
    if (type === 'SensorWentSilent') silent.add(data.sensorId);
    else silent.delete(data.sensorId);
  }
  return [...silent];
}
