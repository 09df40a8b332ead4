import { z } from 'zod';
import { USER_ROLES } from '../access/user-role.js';
import { SHELVING_REASONS } from '../alarm-domain/alarm-life-events.js';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { CUSTOMER_COLUMNS, type Customer } from '../customers/customer.js';
import { EMAIL_STATES } from '../projections/alarms.projection.js';
import { HEALTH_STATUSES } from './health-report.js';

/** What the API answers; the specs hold every answer to these, and the OpenAPI document is made from them. */

/** Read only at every level, as the domain's types are. */
export type Frozen<T> = T extends (infer Item)[] ? readonly Frozen<Item>[] : T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

const time = z.iso.datetime();
const count = z.int().min(0);
const alarmType = z.enum(ALARM_TYPES);

const sourcePosition = z
  .object({ log: z.string(), topic: z.string(), partition: count, epoch: count, offset: count })
  .meta({ id: 'SourcePosition' });

const evidence = z
  .object({
    source: sourcePosition,
    readAt: time,
    receivedAt: time,
    movement: z.boolean(),
    smoke: z.boolean(),
    temperatureCelsius: z.number(),
    maxTemperatureCelsius: z.number(),
  })
  .meta({ id: 'Evidence', description: 'one reading that led to an alarm' });

const strikePolicy = z
  .object({ n: z.int().min(1), windowMs: z.number().nullable(), clearOnNormal: z.boolean() })
  .meta({ id: 'StrikePolicy' });

export const alarm = z
  .object({
    alarmId: z.string(),
    sensorId: z.string(),
    type: alarmType,
    status: z.enum(['open', 'recovered']),
    triggeredAt: time,
    recoveredAt: time.nullable(),
    acknowledged: z.object({ at: time, by: z.string() }).nullable(),
    comments: count,
    version: z.int().min(1).meta({ description: 'entity tag that commands about the alarm expect' }),
    zone: z.string().nullable(),
    geohash: z.string().nullable(),
    email: z.enum(EMAIL_STATES),
    evidence: z.array(evidence),
    policy: strikePolicy,
    emailDetail: z.object({ attempts: count, reason: z.string().nullable(), possibleDuplicate: z.boolean() }),
  })
  .meta({ id: 'Alarm' });

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable(), total: count });
}

export const alarmList = listOf(alarm);

const notificationEvent = z
  .object({ type: z.string(), recordedAt: time, data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'NotificationEvent' });

export const note = {
  note: z.string().nullable().meta({ description: 'what was written; null when nothing was, or it is not there' }),
  noteState: z.enum(['none', 'known', 'erased', 'unavailable']),
};
const operatorEvent = z
  .object({ type: z.enum(['AlarmAcknowledged', 'AlarmCommented']), recordedAt: time, by: z.string(), ...note })
  .meta({ id: 'OperatorEvent' });

export const alarmDetails = z.object({
  ...alarm.shape,
  operators: z.array(operatorEvent).meta({ description: 'what operators did about it, oldest first' }),
  notifications: z.array(notificationEvent).meta({ description: "the e-mail's own record, oldest first" }),
  mail: z.string().nullable().meta({ description: 'address of the e-mail in the mailbox folder, null when it is not there' }),
});
export type AlarmDetails = Frozen<z.infer<typeof alarmDetails>>;

const openAlarm = z.object({
  alarmId: z.string(),
  triggeredAt: time,
  receivedAt: time,
  isHeld: z.literal(true).optional().meta({ description: 'its e-mail is held back' }),
  acknowledged: z.object({ at: time, by: z.string() }).nullable(),
});
const shelvingFields = { until: time, by: z.string(), reason: z.enum(SHELVING_REASONS), eventId: z.string() };
const silenceFields = {
  intervalMs: count.meta({ description: 'longest usual time between two of its readings' }),
  silentForMs: count.meta({ description: 'how long it had been silent by then' }),
};
const sensorState = z.object({
  shelving: z.object({ ...shelvingFields, hasNote: z.boolean() }).nullable(),
  silence: z.object({ since: time, ...silenceFields, eventId: z.string() }).nullable().meta({ description: 'null unless it is not heard of' }),
  openAlarms: z.partialRecord(alarmType, openAlarm),
  strikes: z.partialRecord(alarmType, z.array(evidence)),
});

export const auditEvent = z
  .object({
    id: z.string(),
    revision: count,
    position: z.string(),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
    metadata: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = Frozen<z.infer<typeof auditEvent>>;

export const sensorDetails = z.object({
  sensorId: z.string(),
  place: z.object({ geohash: z.string(), zone: z.string() }).nullable(),
  ...sensorState.shape,
  lastEvents: z.array(auditEvent).meta({ description: 'newest first' }),
  customerState: z.enum(['known', 'unknown', 'unavailable']),
  customer: z.object({ name: z.string(), surname: z.string(), city: z.string(), country: z.string() }).nullable(),
});
export type SensorDetails = Frozen<z.infer<typeof sensorDetails>>;

const eventMoment = z.object({ revision: count, recordedAt: z.string() });
export const sensorAudit = z.object({
  sensorId: z.string(),
  asOf: time,
  state: sensorState,
  before: sensorState.meta({ description: 'before the last event up to then' }),
  note: note.note.meta({ description: 'what was written to the last event up to then; null when nothing was, or it is not there' }),
  noteState: note.noteState,
  first: eventMoment.meta({ description: 'the first event of the sensor' }),
  last: eventMoment.meta({ description: 'the last one there is' }),
  ...listOf(auditEvent).shape,
});
export type SensorAudit = Frozen<z.infer<typeof sensorAudit>>;

export const alarmVersion = z.object({ alarmId: z.string(), version: z.int().min(1) });
export type AlarmVersion = Frozen<z.infer<typeof alarmVersion>>;

export const sensorShelving = z.object({
  sensorId: z.string(),
  version: count.meta({ description: 'entity tag that commands about the shelving expect' }),
  longestMs: count.meta({ description: 'no shelving may be longer' }),
  shelving: z.object({ ...shelvingFields, ...note }).nullable(),
});
export type SensorShelving = Frozen<z.infer<typeof sensorShelving>>;

export const shelvedList = listOf(
  z
    .object({
      sensorId: z.string(),
      since: time,
      ...shelvingFields,
      ...note,
      alarms: count.meta({ description: 'alarms that opened meanwhile' }),
      version: count,
      zone: z.string().nullable(),
      geohash: z.string().nullable(),
    })
    .meta({ id: 'ShelvedSensor' }),
);
export type ShelvedList = Frozen<z.infer<typeof shelvedList>>;

export const silentList = listOf(
  z
    .object({
      sensorId: z.string(),
      since: time.meta({ description: 'when its silence was noted' }),
      ...silenceFields,
      zone: z.string().nullable(),
      geohash: z.string().nullable(),
    })
    .meta({ id: 'SilentSensor' }),
);
export type SilentList = Frozen<z.infer<typeof silentList>>;

const texts = Object.fromEntries(
  [...CUSTOMER_COLUMNS, 'geohash' as const, 'dashboard' as const].map((column) => [column, z.string()]),
);
export const customer = z.object({ ...texts, id: count, latitude: z.number(), longitude: z.number() }).meta({ id: 'Customer' }) as unknown as z.ZodType<Customer>;

export const customerNames = z.object({
  items: z.array(z.object({ id: count, name: z.string(), surname: z.string(), city: z.string(), country: z.string() }).meta({ id: 'CustomerName' })),
});
export type CustomerNames = Frozen<z.infer<typeof customerNames>>;

export const countList = z.object({
  items: z.array(z.object({ minute: time, type: alarmType, count }).meta({ id: 'MinuteCount' })),
});

export const mailList = listOf(z.object({ name: z.string(), bytes: count, deliveredAt: time }).meta({ id: 'MailEntry' }));
export type MailList = Frozen<z.infer<typeof mailList>>;

export const mail = z.object({
  name: z.string(),
  bytes: count,
  deliveredAt: time,
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  date: z.string(),
  messageId: z.string(),
  text: z.string().meta({ description: 'the plain text, decoded' }),
  source: z.string().meta({ description: 'the .eml file as it is' }),
});
export type MailAnswer = Frozen<z.infer<typeof mail>>;

export const health = z.object({
  status: z.enum(HEALTH_STATUSES),
  parts: z.array(
    z
      .object({ name: z.string(), status: z.enum(HEALTH_STATUSES), detail: z.string(), lagEvents: z.number().optional(), lagSeconds: z.number().optional() })
      .meta({ id: 'HealthPart' }),
  ),
});

export const deadLetterList = listOf(
  z
    .object({
      id: z.string(),
      status: z.enum(['open', 'replayed', 'dropped']),
      source: sourcePosition,
      reason: z.string(),
      receivedAt: time,
      key: z.string().nullable(),
      valueBase64: z.string().nullable().meta({ description: 'the original bytes; null for a tombstone' }),
      headers: z.record(z.string(), z.string()),
    })
    .meta({ id: 'DeadLetter' }),
);
export type DeadLetterList = Frozen<z.infer<typeof deadLetterList>>;

export const affected = z.object({ count });
export const retryAnswer = z.object({ alarmId: z.string(), status: z.literal('requeued') });

export const progressLine = z
  .union([
    z.object({ progress: z.object({ done: count, of: count, what: z.string() }) }),
    z.object({ result: z.record(z.string(), z.unknown()) }),
    z.object({ problem: z.record(z.string(), z.unknown()) }),
  ])
  .meta({ description: 'one line of the answer; the last is a result or a problem' });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
  });

export const session = z
  .object({
    isRequired: z.boolean().meta({ description: 'whether one must log in here' }),
    user: z
      .object({ name: z.string().nullable().meta({ description: 'null where nobody has to log in' }), role: z.enum(USER_ROLES) })
      .nullable()
      .meta({ description: 'who asks; null for nobody that is known' }),
  })
  .meta({ id: 'Session' });
export type Session = z.output<typeof session>;
