import type { CausedEvent, CausedMetadata } from './caused-event.js';
import type { AlarmType } from './reading.js';

/**
 * The events of stream `sensor-<id>` that follow from no record of the log but from what an operator did, or from the
 * passing of time. They name an operator by id; what was written in a note is nowhere in them, but in the note store
 * under the event's id (P5). Times are ISO 8601 UTC with milliseconds.
 */
export type AlarmLifeEvent = AlarmAcknowledged | AlarmCommented | SensorShelved | SensorUnshelved | SensorWentSilent | SensorReturned;

export const ALARM_LIFE_EVENT_TYPES = ['AlarmAcknowledged', 'AlarmCommented', 'SensorShelved', 'SensorUnshelved', 'SensorWentSilent', 'SensorReturned'] as const;

/** Why a sensor is shelved, in a word that can stay for ever; more of it may be said in a note. */
export const SHELVING_REASONS = ['maintenance', 'faulty', 'nuisance', 'test', 'other'] as const;
export type ShelvingReason = (typeof SHELVING_REASONS)[number];

/** `recordedAt`: the clock of the process that decided it. `causationId`: the command; by time, the event whose time ran out. */
export type CommandMetadata = CausedMetadata;

/** An operator has seen an alarm, open or recovered. */
export type AlarmAcknowledged = CausedEvent<
  'AlarmAcknowledged',
  { readonly alarmId: string; readonly sensorId: number; readonly alarmType: AlarmType; readonly by: string; readonly hasNote: boolean }
>;

/** An operator has written a note about an alarm. */
export type AlarmCommented = CausedEvent<'AlarmCommented', { readonly alarmId: string; readonly sensorId: number; readonly alarmType: AlarmType; readonly by: string }>;

/** Until a time no e-mail goes for new alarms of the sensor; of a shelved one, its time is another from now on. */
export type SensorShelved = CausedEvent<
  'SensorShelved',
  { readonly sensorId: number; readonly by: string; readonly reason: ShelvingReason; readonly until: string; readonly hasNote: boolean }
>;

/**
 * The shelving is over. `emailsOwed`: the alarms that opened meanwhile and are still open; their e-mails go now. `by` is
 * null when its time was over.
 */
export type SensorUnshelved = CausedEvent<
  'SensorUnshelved',
  { readonly sensorId: number; readonly cause: 'operator' | 'time'; readonly by: string | null; readonly emailsOwed: readonly string[] }
>;

/**
 * A sensor has not been heard of for many of its own intervals, while others were. `intervalMs` is the longest usual time between two of
 * its readings, `silentForMs` how long it was silent by then; time in which nobody was heard of does not count.
 */
export type SensorWentSilent = CausedEvent<'SensorWentSilent', { readonly sensorId: number; readonly intervalMs: number; readonly silentForMs: number }>;

/** A silent sensor has been heard of again. */
export type SensorReturned = CausedEvent<'SensorReturned', { readonly sensorId: number }>;
