import { z } from 'zod';
import type { SensorEvent } from '../alarm-domain/alarm-events.js';
import type { NotificationEvent } from '../alarm-domain/notification-events.js';
import { ALARM_TYPES } from '../alarm-domain/reading.js';

/** An event of this system, as the domain has it. */
export type DomainEvent = SensorEvent | NotificationEvent;

export interface EventSchema<Event extends DomainEvent> {
  readonly data: z.ZodType<Event['data']>;
  readonly metadata: z.ZodType<Event['metadata']>;
}

const count = z.int().min(0);
const text = z.string().min(1);
const time = z.iso.datetime();

const source = z.object({ log: text, topic: text, partition: count, epoch: count, offset: count });
const policy = z.object({ n: z.int().min(1), windowMs: z.number().nullable(), clearOnNormal: z.boolean() });
const evidence = z.object({
  source,
  readAt: time,
  receivedAt: time,
  movement: z.boolean(),
  smoke: z.boolean(),
  temperatureCelsius: z.number(),
  maxTemperatureCelsius: z.number(),
});
const alarmType = z.enum(ALARM_TYPES);

const sensorMetadata = z.object({
  schemaVersion: z.int().min(1),
  source,
  messageId: z.string().nullable(),
  sensorAt: z.string().nullable(),
  receivedAt: time,
  recordedAt: time,
  correlationId: text,
  causationId: text,
  handledThrough: z.array(source).exactOptional(),
});
const notificationMetadata = z.object({
  schemaVersion: z.int().min(1),
  recordedAt: time,
  correlationId: text,
  causationId: text,
});

const about = { alarmId: text, sensorId: count };
const attempt = z.int().min(1);

/** The shape of every event at its current version; the types of `DomainEvent` hold these schemas to the domain's. */
export const EVENT_SCHEMAS: { readonly [Type in DomainEvent['type']]: EventSchema<Extract<DomainEvent, { type: Type }>> } = {
  StrikeRecorded: {
    data: z.object({ sensorId: count, alarmType: alarmType.exclude(['motion']), strike: attempt, of: attempt, evidence }),
    metadata: sensorMetadata,
  },
  AlarmTriggered: {
    data: z.object({ ...about, alarmType, triggeredAt: time, evidence: z.array(evidence).min(1), policy }),
    metadata: sensorMetadata,
  },
  AlarmRecovered: {
    data: z.object({ ...about, alarmType, recoveredAt: time, by: z.literal('ok-message') }),
    metadata: sensorMetadata,
  },
  StrikesCleared: {
    data: z.object({
      sensorId: count,
      alarmTypes: z.array(alarmType).min(1),
      receivedThrough: time,
      by: z.enum(['ok-message', 'normal-reading']),
    }),
    metadata: sensorMetadata,
  },
  NotificationRequested: { data: z.object(about), metadata: notificationMetadata },
  NotificationClaimed: {
    data: z.object({ ...about, attempt, by: text, until: time, possibleDuplicate: z.boolean() }),
    metadata: notificationMetadata,
  },
  NotificationSent: {
    data: z.object({
      ...about,
      attempt,
      mailId: text,
      possibleDuplicate: z.boolean(),
      customer: z.enum(['complete', 'unknown', 'unavailable']),
    }),
    metadata: notificationMetadata,
  },
  NotificationFailed: { data: z.object({ ...about, attempt, reason: z.string(), retryAt: time }), metadata: notificationMetadata },
  NotificationParked: { data: z.object({ ...about, attempt: count, reason: z.string() }), metadata: notificationMetadata },
  NotificationRequeued: { data: z.object({ ...about, by: text }), metadata: notificationMetadata },
  NotificationCompleted: {
    data: z.object({ ...about, mailId: text, customer: z.enum(['complete', 'unknown']) }),
    metadata: notificationMetadata,
  },
};
