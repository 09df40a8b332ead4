import { ALARM_LIFE_EVENT_TYPES, type AlarmLifeEvent } from './alarm-life-events.js';
import type { AlarmType } from './reading.js';
import type { SourcePosition } from './source-position.js';
import type { StrikePolicy } from './strike-policy.js';

/**
 * The events of stream `sensor-<id>`. Names and fields are stored: they never change, a new need is a
 * new version with an upcaster (src/event-store/event-codec.ts). Times are ISO 8601 UTC with milliseconds.
 */
export type SensorEvent = ReadingEvent | AlarmLifeEvent;

/** What follows from a record of the log. */
export type ReadingEvent = StrikeRecorded | AlarmTriggered | AlarmRecovered | StrikesCleared | ReadingNoted;

export const READING_EVENT_TYPES = ['StrikeRecorded', 'AlarmTriggered', 'AlarmRecovered', 'StrikesCleared', 'ReadingNoted'] as const;

export const SENSOR_EVENT_TYPES = [...READING_EVENT_TYPES, ...ALARM_LIFE_EVENT_TYPES] as const;

/** True for an event that follows from a record of the log, which its metadata names. */
export function isReadingEvent(event: SensorEvent): event is ReadingEvent {
  return (READING_EVENT_TYPES as readonly string[]).includes(event.type);
}

/** One reading that counted towards an alarm, as it was. `readAt` is the reading's own time, `receivedAt` the log's. */
export interface Evidence {
  readonly source: SourcePosition;
  readonly readAt: string;
  readonly receivedAt: string;
  readonly movement: boolean;
  readonly smoke: boolean;
  readonly temperatureCelsius: number;
  readonly maxTemperatureCelsius: number;
}

/** R3: a reading with smoke or heat was kept as strike number `strike` of `of`, counted among those within one window. */
export interface StrikeRecorded {
  readonly id: string;
  readonly type: 'StrikeRecorded';
  readonly data: {
    readonly sensorId: number;
    readonly alarmType: Exclude<AlarmType, 'motion'>;
    readonly strike: number;
    readonly of: number;
    readonly evidence: Evidence;
  };
  readonly metadata: EventMetadata;
}

/**
 * R2, R3: an alarm opened. `triggeredAt` is the time of the reading that completed it; `evidence` has every reading
 * that led to it: in the order of their times with a strike window, else of their arrival. The record in the metadata
 * is that reading, or the OK that came after it although it was received before it (P7).
 */
export interface AlarmTriggered {
  readonly id: string;
  readonly type: 'AlarmTriggered';
  readonly data: {
    readonly alarmId: string;
    readonly sensorId: number;
    readonly alarmType: AlarmType;
    readonly triggeredAt: string;
    readonly evidence: readonly Evidence[];
    readonly policy: StrikePolicy;
    /** The sensor was shelved until then: no e-mail is owed before a SensorUnshelved that names the alarm. */
    readonly shelvedUntil?: string;
  };
  readonly metadata: EventMetadata;
}

/** R5: an open alarm ended by an OK message. `recoveredAt` is the time of that message. */
export interface AlarmRecovered {
  readonly id: string;
  readonly type: 'AlarmRecovered';
  readonly data: {
    readonly alarmId: string;
    readonly sensorId: number;
    readonly alarmType: AlarmType;
    readonly recoveredAt: string;
    readonly by: 'ok-message';
  };
  readonly metadata: EventMetadata;
}

/** R5, R3: strikes received up to `receivedThrough` no longer count, by an OK message or (with `clearOnNormal`) a normal reading. */
export interface StrikesCleared {
  readonly id: string;
  readonly type: 'StrikesCleared';
  readonly data: {
    readonly sensorId: number;
    readonly alarmTypes: readonly AlarmType[];
    readonly receivedThrough: string;
    readonly by: 'ok-message' | 'normal-reading';
  };
  readonly metadata: EventMetadata;
}

/**
 * R7, P7: a reading found its alarm open while an OK from before it may still come; that OK will leave the reading.
 * `policy` is the one in force: it bounds how many are kept.
 */
export interface ReadingNoted {
  readonly id: string;
  readonly type: 'ReadingNoted';
  readonly data: {
    readonly sensorId: number;
    readonly alarmType: AlarmType;
    readonly evidence: Evidence;
    readonly policy: StrikePolicy;
  };
  readonly metadata: EventMetadata;
}

/**
 * What every event that follows from a record carries about where it came from.
 *
 * `sensorAt`: the sensor's clock, as sent; `receivedAt`: the log's append time; `recordedAt`: the
 * processing clock when the event was decided. `correlationId` is common to all that one record caused,
 * `causationId` is the record or event that caused this one.
 */
export interface EventMetadata {
  readonly schemaVersion: number;
  readonly source: SourcePosition;
  readonly messageId: string | null;
  readonly sensorAt: string | null;
  readonly receivedAt: string;
  readonly recordedAt: string;
  readonly correlationId: string;
  readonly causationId: string;
  /**
   * Of an OK's events: the last ENTRY records that had been handled before it. Readings up to there that had
   * yielded no event must not be decided again after it, by whoever still has them in hand (P3).
   */
  readonly handledThrough?: readonly SourcePosition[];
}
