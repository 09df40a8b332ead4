import { randomUUID } from 'node:crypto';
import type { AlarmTriggered } from '../../src/alarm-domain/alarm-events.js';
import type { AlarmType } from '../../src/alarm-domain/reading.js';
import { sensorStream } from '../../src/alarm-domain/sensor.js';
import { SOURCE_STRIKE_POLICY } from '../../src/alarm-domain/strike-policy.js';
import type { Customer } from '../../src/customers/customer.js';
import { toAppend } from '../../src/event-store/event-codec.js';
import type { EventStore } from '../../src/event-store/event-store.js';

/** A customer whose every value is unlike the others, so that a spec can tell that each is shown. */
export const CUSTOMER: Customer = {
  id: 42959,
  name: 'Íñigo',
  surname: 'Núñez de Balboa',
  gender: 'male',
  nationalid: '48291734-K',
  birthday: '7/23/1961',
  streetaddress: '4061 Avenida de la Ilustración',
  city: 'San Sebastián',
  zipcode: '20013',
  country: 'España',
  telephonecountrycode: '34',
  telephonenumber: '643 118 902',
  latitude: 43.312691,
  longitude: -1.993332,
  emailaddress: 'inigo.nunez@example.org',
  title: 'Dr.',
  occupation: 'Glaciologist',
  company: 'Hielos & Nieves',
  username: 'Whimpaincy',
  geohash: 'eztz8kqyz',
  dashboard: 'Mediterranean',
};

/** An alarm of smoke with three readings, or of another type with one. */
export function alarmTriggered(sensorId = CUSTOMER.id, alarmType: AlarmType = 'smoke', receivedAtMs = Date.now()): AlarmTriggered {
  const count = alarmType === 'motion' ? 1 : 3;
  const receivedAt = new Date(receivedAtMs).toISOString();
  const evidence = Array.from({ length: count }, (_, index) => ({
    source: { log: 'spec', topic: 'ENTRY', partition: 0, epoch: 0, offset: 100 + index },
    readAt: new Date(receivedAtMs - (count - index) * 1000).toISOString(),
    receivedAt,
    movement: alarmType === 'motion',
    smoke: alarmType === 'smoke',
    temperatureCelsius: 21.5 + index,
    maxTemperatureCelsius: alarmType === 'temperature' ? 20 : 30,
  }));
  return {
    id: randomUUID(),
    type: 'AlarmTriggered',
    data: { alarmId: randomUUID(), sensorId, alarmType, triggeredAt: receivedAt, evidence, policy: SOURCE_STRIKE_POLICY },
    metadata: {
      schemaVersion: 1,
      source: { log: 'spec', topic: 'ENTRY', partition: 0, epoch: 0, offset: 100 + count },
      messageId: null,
      sensorAt: null,
      receivedAt,
      recordedAt: receivedAt,
      correlationId: randomUUID(),
      causationId: 'spec/ENTRY/0/0/102',
    },
  };
}

/** Appends an alarm to its sensor's stream, as ingestion does, and gives it back. */
export async function raise(store: EventStore, alarm: AlarmTriggered = alarmTriggered()): Promise<AlarmTriggered> {
  await store.append(sensorStream(alarm.data.sensorId), [toAppend(alarm)], 'any');
  return alarm;
}
