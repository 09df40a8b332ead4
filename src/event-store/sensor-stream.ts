import { SENSOR_EVENT_TYPES, type SensorEvent } from '../alarm-domain/alarm-events.js';
import { decodeEvent, UnreadableEvent, type EncodedEvent } from './event-codec.js';

const SENSOR_TYPES: ReadonlySet<string> = new Set(SENSOR_EVENT_TYPES);

/** An event of a sensor's stream, at its current version. Thrown: `UnreadableEvent`, also for an event that has no place in such a stream: to pass over it would give a wrong state. */
export function decodeSensorEvent(recorded: EncodedEvent): SensorEvent {
  const event = decodeEvent(recorded);
  if (event === null || !SENSOR_TYPES.has(event.type)) {
    throw new UnreadableEvent(recorded.stream, recorded.revision, recorded.type, 'type', `expected one of ${SENSOR_EVENT_TYPES.join(', ')}`);
  }
  return event as SensorEvent;
}
