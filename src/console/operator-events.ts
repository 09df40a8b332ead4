import type { AlarmAcknowledged, AlarmCommented } from '../alarm-domain/alarm-life-events.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import type { NoteStore } from '../customers/note-store.js';
import type { EventStore } from '../event-store/event-store.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';
import { findNotes } from './notes.js';
import type { AlarmDetails } from './response-schemas.js';

/** What operators did about an alarm, oldest first, with their notes: the end of its sensor's stream, back to where it opened. */
export async function operatorEventsOf(store: EventStore, notes: NoteStore, sensorId: number, alarmId: string): Promise<AlarmDetails['operators']> {
  const events: (AlarmAcknowledged | AlarmCommented)[] = [];
  for await (const recorded of store.readStream(sensorStream(sensorId), { direction: 'backwards' })) {
    const event = decodeSensorEvent(recorded);
    if (event.type === 'AlarmTriggered' && event.data.alarmId === alarmId) break;
    if ((event.type === 'AlarmAcknowledged' || event.type === 'AlarmCommented') && event.data.alarmId === alarmId) events.unshift(event);
  }
  const noteOf = await findNotes(notes, sensorId, events.filter((event) => event.type === 'AlarmCommented' || event.data.hasNote).map(({ id }) => id));
  return events.map(({ id, type, data, metadata }) => ({ type, recordedAt: metadata.recordedAt, by: data.by, ...noteOf(id) }));
}
