import { z } from 'zod';
import type { SensorEvent } from '../alarm-domain/alarm-events.js';
import { SHELVING_REASONS } from '../alarm-domain/alarm-life-events.js';
import type { NotificationEvent } from '../alarm-domain/notification-events.js';
import { ALARM_TYPES } from '../alarm-domain/reading.js';

/** An event of this system, as the domain has it. */
export type DomainEvent = SensorEvent | NotificationEvent;

export interface EventSchema<Event extends DomainEvent> {
  /** What has happened, in a sentence; for docs/event-catalogue.md, as the meaning and unit of each field below. */
  readonly meaning: string;
  readonly data: z.ZodType<Event['data']>;
  readonly metadata: z.ZodType<Event['metadata']>;
}

/** A field with its meaning and, where it has one, its unit. */
function field<Schema extends z.ZodType>(schema: Schema, meaning: string, unit?: string): Schema {
  return schema.meta({ description: meaning, ...(unit === undefined ? {} : { unit }) });
}

const count = z.int().min(0);
const text = z.string().min(1);
const DEGREES = 'degrees Celsius';
const TIME = 'ISO 8601 UTC';
const time = (meaning: string) => field(z.iso.datetime(), meaning, TIME);

const source = z.object({
  log: field(text, 'Identity of the log: Kafka\'s cluster id, or the embedded log\'s own.'),
  topic: field(text, 'Topic of the log.'),
  partition: field(count, 'Partition of the topic, from 0.'),
  epoch: field(count, 'How often the topic was found to have begun again: offsets of two epochs are not of the same records.'),
  offset: field(count, 'Offset in the partition.'),
});
const policy = z.object({
  n: field(z.int().min(1), 'How many strikes make an alarm.', 'strikes'),
  windowMs: field(z.number().nullable(), 'Only strikes whose readings lie within so long of each other count together; null: no limit.', 'milliseconds'),
  clearOnNormal: field(z.boolean(), 'Whether a normal reading clears strikes.'),
});
const evidence = z.object({
  source: field(source, 'The record of the reading.'),
  readAt: time('The reading\'s own time: the sensor\'s clock when that is plausible, else that of the log.'),
  receivedAt: time('When the log took the reading.'),
  movement: field(z.boolean(), 'Movement was seen.'),
  smoke: field(z.boolean(), 'Smoke was seen.'),
  temperatureCelsius: field(z.number(), 'The temperature.', DEGREES),
  maxTemperatureCelsius: field(z.number(), 'The highest temperature that is still normal there.', DEGREES),
});
const alarmType = z.enum(ALARM_TYPES);

const schemaVersion = field(z.int().min(1), 'Version of the event\'s shape.');
const correlationId = field(text, 'Common to all that one record of the log caused.');

const sensorMetadata = z.object({
  schemaVersion,
  source: field(source, 'The record of the log that this event comes from.'),
  messageId: field(z.string().nullable(), 'The sender\'s own id of the message, by which a repeat is known; null when it gave none.'),
  sensorAt: field(z.string().nullable(), 'The sensor\'s clock as it was sent, plausible or not; null when it sent none.'),
  receivedAt: time('When the log took the record.'),
  recordedAt: time('When the event was decided, by the clock of the process.'),
  correlationId,
  causationId: field(text, 'The record that caused the event: log, topic, partition, epoch and offset, with slashes between.'),
  handledThrough: field(z.array(source), 'Of an OK\'s events: the last record of each partition of ENTRY that had been handled before it.').exactOptional(),
});
const notificationMetadata = z.object({
  schemaVersion,
  recordedAt: time('When it was decided, by the notifier\'s clock.'),
  correlationId,
  causationId: field(text, 'Id of the event that led here.'),
});

const commandMetadata = z.object({
  schemaVersion,
  recordedAt: time('When it was decided, by the clock of the process.'),
  correlationId: field(text, 'Id of the command; by time, of the event whose time ran out.'),
  causationId: field(text, 'What led here: the same.'),
});

const sensorId = field(count, 'The sensor, which is also its customer\'s number.');
const alarmId = field(text, 'The alarm; in every event of it, its e-mail and its record on COUNT.');
const about = { alarmId, sensorId };
const operator = field(text, 'The operator\'s id.');
const hasNote = field(z.boolean(), 'Whether the note store has a text under the event\'s id, unless it was erased since.');
const attempt = field(z.int().min(1), 'Which attempt it is, from 1.');
const possibleDuplicate = field(z.boolean(), 'An earlier claim ended without an outcome, so a copy may have gone already; this one says so.');
const mailId = field(text, 'The Message-ID header, with its angle brackets.');

/**
 * The shape of every event at its current version; the types of `DomainEvent` hold these schemas to the
 * domain's. Meanings and units are for docs/event-catalogue.md, which `npm run event-catalogue` writes.
 */
export const EVENT_SCHEMAS: { readonly [Type in DomainEvent['type']]: EventSchema<Extract<DomainEvent, { type: Type }>> } = {
  StrikeRecorded: {
    meaning: 'R3: a reading with smoke or heat was kept as a strike.',
    data: z.object({
      sensorId,
      alarmType: field(alarmType.exclude(['motion']), 'What the strike is of.'),
      strike: field(z.int().min(1), 'Which strike it is, from 1.', 'strikes'),
      of: field(z.int().min(1), 'How many make an alarm.', 'strikes'),
      evidence: field(evidence, 'The reading.'),
    }),
    metadata: sensorMetadata,
  },
  AlarmTriggered: {
    meaning: 'R2, R3: an alarm opened.',
    data: z.object({
      ...about,
      alarmType: field(alarmType, 'What the alarm is of.'),
      triggeredAt: time('Time of the reading that completed it.'),
      evidence: field(z.array(evidence).min(1), 'Every reading that led to it: by their times when the policy has a window, else by their arrival.'),
      policy: field(policy, 'The strike policy in force.'),
      shelvedUntil: time('The sensor was shelved until then: no e-mail is owed before a SensorUnshelved that names the alarm.').exactOptional(),
    }),
    metadata: sensorMetadata,
  },
  AlarmRecovered: {
    meaning: 'R5: an open alarm ended.',
    data: z.object({
      ...about,
      alarmType: field(alarmType, 'What the alarm was of.'),
      recoveredAt: time('Time of the message that ended it.'),
      by: field(z.literal('ok-message'), 'What ended it: a message on topic OK.'),
    }),
    metadata: sensorMetadata,
  },
  StrikesCleared: {
    meaning: 'R3, R5: strikes no longer count.',
    data: z.object({
      sensorId,
      alarmTypes: field(z.array(alarmType).min(1), 'Whose strikes are cleared.'),
      receivedThrough: time('Strikes whose reading the log took later still count.'),
      by: field(z.enum(['ok-message', 'normal-reading']), 'A message on topic OK; or a normal reading, with `clearOnNormal`.'),
    }),
    metadata: sensorMetadata,
  },
  ReadingNoted: {
    meaning: 'R7: a reading found its alarm open, and an OK from before it may still come, which will leave it.',
    data: z.object({
      sensorId,
      alarmType: field(alarmType, 'Of which an alarm was open.'),
      evidence: field(evidence, 'The reading.'),
      policy: field(policy, 'The strike policy in force.'),
    }),
    metadata: sensorMetadata,
  },
  AlarmAcknowledged: {
    meaning: 'An operator has seen an alarm, open or recovered.',
    data: z.object({ ...about, alarmType: field(alarmType, 'What the alarm is of.'), by: operator, hasNote }),
    metadata: commandMetadata,
  },
  AlarmCommented: {
    meaning: 'An operator wrote a note about an alarm; its text is in the note store, under the event\'s id.',
    data: z.object({ ...about, alarmType: field(alarmType, 'What the alarm is of.'), by: operator }),
    metadata: commandMetadata,
  },
  SensorShelved: {
    meaning: 'Until a time no e-mail goes for new alarms of the sensor; all else goes on. A shelved one has another time from now on.',
    data: z.object({ sensorId, by: operator, reason: field(z.enum(SHELVING_REASONS), 'Why, in a word.'), until: time('When it ends, unless an operator ends it before.'), hasNote }),
    metadata: commandMetadata,
  },
  SensorUnshelved: {
    meaning: 'The shelving of a sensor is over.',
    data: z.object({
      sensorId,
      cause: field(z.enum(['operator', 'time']), 'Whether an operator ended it, or its time was over.'),
      by: field(text.nullable(), 'The operator\'s id; null when its time was over.'),
      emailsOwed: field(z.array(text), 'The alarms that opened while it was shelved and are still open: their e-mails go now. Of the others none goes.'),
    }),
    metadata: commandMetadata,
  },
  SensorWentSilent: {
    meaning: 'A sensor has not been heard of for many of its own intervals, while others were.',
    data: z.object({
      sensorId,
      intervalMs: field(count, 'The longest usual time between two of its readings.', 'milliseconds'),
      silentForMs: field(count, 'How long it had been silent by then; time in which nobody was heard of does not count.', 'milliseconds'),
    }),
    metadata: commandMetadata,
  },
  SensorReturned: { meaning: 'A silent sensor has been heard of again.', data: z.object({ sensorId }), metadata: commandMetadata },
  NotificationRequested: { meaning: 'An e-mail is owed for an alarm (P4).', data: z.object(about), metadata: notificationMetadata },
  NotificationClaimed: {
    meaning: 'An attempt to send the e-mail belongs to one process, for a time.',
    data: z.object({
      ...about,
      attempt,
      by: field(text, 'The process, and the way by which it sends.'),
      until: time('The claim\'s end: after it another may claim the next attempt.'),
      possibleDuplicate,
    }),
    metadata: notificationMetadata,
  },
  NotificationSent: {
    meaning: 'The mail server took the e-mail.',
    data: z.object({
      ...about,
      attempt,
      mailId,
      possibleDuplicate,
      customer: field(z.enum(['complete', 'unknown', 'unavailable']), 'What it said of the customer: all; that there is none; nothing yet, which owes a follow-up.'),
    }),
    metadata: notificationMetadata,
  },
  NotificationFailed: {
    meaning: 'An attempt failed for certain, and another will follow.',
    data: z.object({ ...about, attempt, reason: field(z.string(), 'What the mail server, or the way to it, said.'), retryAt: time('No further attempt before this.') }),
    metadata: notificationMetadata,
  },
  NotificationParked: {
    meaning: 'No further attempt without an operator.',
    data: z.object({
      ...about,
      attempt: field(count, 'The last attempt, 0 when there was none.'),
      reason: field(z.string(), 'Why; `outcome-unknown` when the last claim ended without an outcome.'),
    }),
    metadata: notificationMetadata,
  },
  NotificationRequeued: {
    meaning: 'An operator asked for a parked e-mail again.',
    data: z.object({ ...about, by: operator }),
    metadata: notificationMetadata,
  },
  NotificationCompleted: {
    meaning: 'The follow-up with the customer\'s data went, after an e-mail without.',
    data: z.object({ ...about, mailId, customer: field(z.enum(['complete', 'unknown']), 'What it said of the customer: all; or that there is none.') }),
    metadata: notificationMetadata,
  },
};
