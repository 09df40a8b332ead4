import type { AlarmTriggered, Evidence, ReadingEvent, SensorEvent } from './alarm-events.js';
import type { SensorShelved, ShelvingReason } from './alarm-life-events.js';
import { assertNever } from './assert-never.js';
import { alarmRecovered, alarmTriggered, evidenceOf, readingNoted, strikeRecorded, strikesCleared } from './decided-events.js';
import { notedAfter, withNoted, withoutNoted, type NotedReadings } from './noted-readings.js';
import { ALARM_TYPES, abnormalTypes, type AlarmType } from './reading.js';
import type { DecisionContext, OkMessage, ReadingMessage, RecordFacts, SensorMessage } from './sensor-message.js';
import { isAtOrBefore, partitionKey, type SourcePosition } from './source-position.js';
import type { StrikePolicy } from './strike-policy.js';
import { countedWith, withoutReceivedThrough, withoutType, withStrike, type Strikes } from './strikes.js';

/** The sensor aggregate: stream, state, evolve, decide. Stored names never change. */

// ---- stream -------------------------------------------------------------------------------------

export const SENSOR_STREAM_PREFIX = 'sensor-';

/** `sensor-42959` for sensor 42959. */
export function sensorStream(sensorId: number): string {
  return `${SENSOR_STREAM_PREFIX}${sensorId}`;
}

// ---- state --------------------------------------------------------------------------------------

/**
 * How many messageIds a sensor remembers; a repeat that comes after so many others is not recognised. After a
 * restart only half of them are sure to be there: the order of those that no event remembers is not stored.
 */
export const REMEMBERED_MESSAGE_IDS = 64;

export interface OpenAlarm {
  readonly alarmId: string;
  readonly triggeredAt: string;
  /** When the log took the last of its readings. */
  readonly receivedAt: string;
  /** Set while its e-mail is held back, the sensor being shelved. */
  readonly isHeld?: true;
}

/** Until when e-mails are held back, who asked for it, and the event that says so. */
export interface Shelving {
  readonly until: string;
  readonly by: string;
  readonly reason: ShelvingReason;
  readonly hasNote: boolean;
  readonly eventId: string;
}

export interface SensorState {
  readonly openAlarms: Readonly<Partial<Record<AlarmType, OpenAlarm>>>;
  readonly strikes: Strikes;
  /** Of the open alarms: what an OK from before these readings leaves. */
  readonly noted: NotedReadings;
  /** The last record seen of each partition, by `partitionKey`. */
  readonly lastSeen: Readonly<Record<string, { readonly epoch: number; readonly offset: number }>>;
  /** The newest messageIds, oldest first, at most `REMEMBERED_MESSAGE_IDS`. */
  readonly messageIds: readonly string[];
  /** Null unless shelved; its time may be over, which only SensorUnshelved ends. */
  readonly shelving: Shelving | null;
}

export const INITIAL_SENSOR: SensorState = { openAlarms: {}, strikes: {}, noted: {}, lastSeen: {}, messageIds: [], shelving: null };

// ---- evolve -------------------------------------------------------------------------------------

/** The state after one more event of the sensor's stream. */
export function evolve(state: SensorState, event: SensorEvent): SensorState {
  switch (event.type) {
    case 'AlarmAcknowledged':
    case 'AlarmCommented':
    case 'SensorWentSilent':
    case 'SensorReturned':
      return state;
    case 'SensorShelved':
      return { ...state, shelving: shelvingBy(event) };
    case 'SensorUnshelved':
      return { ...state, shelving: null, openAlarms: withNoneHeld(state.openAlarms) };
    default:
      return evolveByRecord(state, event);
  }
}

function evolveByRecord(state: SensorState, event: ReadingEvent): SensorState {
  const { handledThrough = [] } = event.metadata;
  const seen = handledThrough.reduce(lookPast, remember(state, event.metadata));
  switch (event.type) {
    case 'StrikeRecorded': {
      const { alarmType, evidence, of } = event.data;
      return { ...seen, strikes: withStrike(seen.strikes, alarmType, evidence, of), noted: withoutNoted(seen.noted, alarmType, [evidence]) };
    }
    case 'AlarmTriggered': {
      const { alarmId, alarmType, triggeredAt, evidence, shelvedUntil } = event.data;
      const receivedAt = evidence.reduce((latest, each) => (each.receivedAt > latest ? each.receivedAt : latest), '');
      return {
        ...seen,
        openAlarms: { ...seen.openAlarms, [alarmType]: { alarmId, triggeredAt, receivedAt, ...(shelvedUntil === undefined ? {} : { isHeld: true as const }) } },
        strikes: withoutType(seen.strikes, alarmType),
        noted: withoutNoted(seen.noted, alarmType, evidence),
      };
    }
    case 'AlarmRecovered': {
      const { [event.data.alarmType]: _recovered, ...openAlarms } = seen.openAlarms;
      return { ...seen, openAlarms, noted: notedAfter(seen.noted, event.data.alarmType, event.metadata.receivedAt) };
    }
    case 'ReadingNoted':
      return { ...seen, noted: withNoted(seen.noted, event.data.alarmType, event.data.evidence, event.data.policy) };
    case 'StrikesCleared':
      return { ...seen, strikes: withoutReceivedThrough(seen.strikes, event.data.alarmTypes, event.data.receivedThrough) };
    default:
      return assertNever(event);
  }
}

function shelvingBy({ id, data }: SensorShelved): Shelving {
  const { until, by, reason, hasNote } = data;
  return { until, by, reason, hasNote, eventId: id };
}

function withNoneHeld(openAlarms: SensorState['openAlarms']): SensorState['openAlarms'] {
  const left = Object.entries(openAlarms).map(([type, { isHeld: _held, ...alarm }]) => [type, alarm] as const);
  return Object.fromEntries(left);
}

/** The state after a record for which this was decided; what no event says of it is lost with the process. */
export function afterDecision(state: SensorState, message: SensorMessage, decision: Decision, policy: StrikePolicy): SensorState {
  if (decision.type === 'normal') return state;
  const after = decision.type === 'events' ? decision.events.reduce(evolve, state) : remember(state, message);
  if (message.type === 'ok' || (decision.type === 'ignored' && decision.reason !== 'alarm-open')) return after;
  const found = abnormalTypes(message.reading).filter((type) => state.openAlarms[type]);
  return { ...after, noted: found.reduce((noted, type) => withNoted(noted, type, evidenceOf(message), policy), after.noted) };
}

/** The state with a record marked as seen, for a record that yielded an event or was ignored. */
export function remember(
  state: SensorState,
  record: { readonly source: SourcePosition; readonly messageId: string | null },
): SensorState {
  const { lastSeen } = lookPast(state, record.source);
  const { messageId } = record;
  const messageIds =
    messageId === null || state.messageIds.includes(messageId)
      ? state.messageIds
      : [...state.messageIds, messageId].slice(-REMEMBERED_MESSAGE_IDS);
  return { ...state, lastSeen, messageIds };
}

/** The state with all records of a partition up to a position marked as seen. */
function lookPast(state: SensorState, position: SourcePosition): SensorState {
  const key = partitionKey(position);
  const last = state.lastSeen[key];
  if (last && isAtOrBefore(position, last)) return state;
  const { epoch, offset } = position;
  return { ...state, lastSeen: { ...state.lastSeen, [key]: { epoch, offset } } };
}

// ---- decide -------------------------------------------------------------------------------------

/**
 * Why a record that is not a normal reading yields no event (P2).
 * `duplicate`: its position or messageId was seen before; `alarm-open`: R7; `no-open-alarm`: an OK with
 * nothing to recover or clear; `late`: an OK older than all that it could recover or clear (P7).
 */
export const IGNORE_REASONS = ['duplicate', 'alarm-open', 'no-open-alarm', 'late'] as const;
export type IgnoreReason = (typeof IGNORE_REASONS)[number];

export type Decision =
  | { readonly type: 'events'; readonly events: readonly ReadingEvent[] }
  | { readonly type: 'normal' }
  | { readonly type: 'ignored'; readonly reason: IgnoreReason };

/** What follows from one record for its sensor; pure, so the same record always yields the same events. Source: R1–R3, R5, R7. */
export function decide(state: SensorState, message: SensorMessage, context: DecisionContext): Decision {
  if (isDuplicate(state, message)) return { type: 'ignored', reason: 'duplicate' };
  const decision = decideMessage(state, message, context);
  const { shelving } = state;
  // One whose time is over holds nothing back, even if nobody has ended it yet.
  if (decision.type !== 'events' || shelving === null || shelving.until <= context.recordedAt) return decision;
  return { type: 'events', events: decision.events.map((event) => (event.type === 'AlarmTriggered' ? held(event, shelving) : event)) };
}

function decideMessage(state: SensorState, message: SensorMessage, context: DecisionContext): Decision {
  switch (message.type) {
    case 'reading':
      return decideReading(state, message, context);
    case 'ok':
      return decideOk(state, message, context);
    default:
      return assertNever(message);
  }
}

function held(alarm: AlarmTriggered, { until }: Shelving): AlarmTriggered {
  return { ...alarm, data: { ...alarm.data, shelvedUntil: until } };
}

function isDuplicate(state: SensorState, message: RecordFacts): boolean {
  const last = state.lastSeen[partitionKey(message.source)];
  if (last && isAtOrBefore(message.source, last)) return true;
  return message.messageId !== null && state.messageIds.includes(message.messageId);
}

function decideReading(state: SensorState, message: ReadingMessage, context: DecisionContext): Decision {
  const { reading } = message;
  const types = abnormalTypes(reading);
  if (types.length === 0) return decideNormal(state, message, context);

  const events: ReadingEvent[] = [];
  for (const alarmType of types) {
    if (!state.openAlarms[alarmType]) events.push(...decideAbnormal(message, context, alarmType, evidenceOf(message), state.strikes[alarmType] ?? []));
    else if (context.isOutOfOrder) events.push(readingNoted(message, context, alarmType));
    // R7: else it is nothing new
  }
  return events.length > 0 ? { type: 'events', events } : { type: 'ignored', reason: 'alarm-open' };
}

/** What follows from a reading, of a type of which no alarm is open. */
function decideAbnormal(message: SensorMessage, context: DecisionContext, alarmType: AlarmType, evidence: Evidence, strikes: readonly Evidence[]): ReadingEvent[] {
  if (alarmType === 'motion') return [alarmTriggered(message, context, alarmType, evidence, [evidence])]; // R2
  const counted = countedWith(evidence, strikes, context.policy.windowMs);
  const strike = strikeRecorded(message, context, alarmType, evidence, counted.length); // R3
  return counted.length < context.policy.n ? [strike] : [strike, alarmTriggered(message, context, alarmType, evidence, counted)];
}

/** R1 discards a normal reading; only `clearOnNormal` of R3 gives it an effect. */
function decideNormal(state: SensorState, message: ReadingMessage, context: DecisionContext): Decision {
  if (!context.policy.clearOnNormal) return { type: 'normal' };
  const cleared = strikeTypesThrough(state, message.receivedAt);
  if (cleared.length === 0) return { type: 'normal' };
  return { type: 'events', events: [strikesCleared(message, context, message.reading.sensorId, cleared, 'normal-reading')] };
}

/** R5. What was received after the OK is left alone, and what was ignored for an alarm that it ends counts anew (P7). */
function decideOk(state: SensorState, message: OkMessage, context: DecisionContext): Decision {
  const events: ReadingEvent[] = [];
  for (const alarmType of ALARM_TYPES) {
    const open = state.openAlarms[alarmType];
    if (open && open.receivedAt <= message.receivedAt) {
      events.push(alarmRecovered(message, context, alarmType, open.alarmId));
      events.push(...decideNoted(state, message, context, alarmType));
    }
  }
  const cleared = strikeTypesThrough(state, message.receivedAt);
  if (cleared.length > 0) events.push(strikesCleared(message, context, message.sensorId, cleared, 'ok-message'));
  if (events.length > 0) return { type: 'events', events };
  const isLate = Object.keys(state.openAlarms).length > 0 || Object.keys(state.strikes).length > 0;
  return { type: 'ignored', reason: isLate ? 'late' : 'no-open-alarm' };
}

/** The readings that came after the OK by the log's time, but before it here: as if they came now. */
function decideNoted(state: SensorState, message: OkMessage, context: DecisionContext, alarmType: AlarmType): ReadingEvent[] {
  const events: ReadingEvent[] = [];
  const strikes: Evidence[] = [];
  for (const evidence of notedAfter(state.noted, alarmType, message.receivedAt)[alarmType] ?? []) {
    events.push(...decideAbnormal(message, context, alarmType, evidence, strikes));
    if (events.at(-1)?.type === 'AlarmTriggered') break; // the others stay noted, for an OK from before them
    strikes.push(evidence);
  }
  return events;
}

function strikeTypesThrough(state: SensorState, receivedThrough: string): AlarmType[] {
  return ALARM_TYPES.filter((type) => (state.strikes[type] ?? []).some((strike) => strike.receivedAt <= receivedThrough));
}
