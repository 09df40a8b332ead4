import type { SensorEvent } from './alarm-events.js';
import type { AlarmAcknowledged, AlarmCommented, AlarmLifeEvent, CommandMetadata, SensorReturned, SensorShelved, SensorUnshelved, SensorWentSilent, ShelvingReason } from './alarm-life-events.js';
import { assertNever } from './assert-never.js';
import { ALARM_TYPES, type AlarmType } from './reading.js';
import { evolve as evolveSensor, INITIAL_SENSOR, type SensorState } from './sensor.js';

/**
 * A sensor as its operators act on it: commands, state, evolve, decide. It is another fold of the stream of sensor.ts: whether an
 * alarm is acknowledged plays no part in what a reading does, nor do the readings in what an operator may do.
 */

// ---- commands -----------------------------------------------------------------------------------

export type AlarmCommand =
  | { readonly type: 'acknowledge'; readonly alarmId: string; readonly by: string; readonly hasNote: boolean }
  | { readonly type: 'comment'; readonly alarmId: string; readonly by: string };

export type ShelvingCommand =
  | { readonly type: 'shelve'; readonly by: string; readonly reason: ShelvingReason; readonly until: string; readonly hasNote: boolean }
  | { readonly type: 'unshelve'; readonly by: string }
  | { readonly type: 'unshelve-by-time' };

/** What supervision has found. */
export type SilenceCommand = { readonly type: 'note-silence'; readonly intervalMs: number; readonly silentForMs: number } | { readonly type: 'note-return' };

export type SensorCommand = AlarmCommand | ShelvingCommand | SilenceCommand;

// ---- state --------------------------------------------------------------------------------------

export interface OperatedAlarm {
  readonly alarmType: AlarmType;
  readonly isAcknowledged: boolean;
  /** How many events of the sensor's stream tell of the alarm, from 1: what a command names as its expected version. */
  readonly version: number;
}

export interface OperatedSensor {
  readonly sensor: SensorState;
  /** The alarm that is asked for; null before it opened. */
  readonly alarm: OperatedAlarm | null;
  /** How many events tell of shelving and unshelving, from 0; the expected version of commands about that. */
  readonly shelvingVersion: number;
  readonly isSilent: boolean;
}

export const INITIAL_OPERATED: OperatedSensor = { sensor: INITIAL_SENSOR, alarm: null, shelvingVersion: 0, isSilent: false };

// ---- evolve -------------------------------------------------------------------------------------

/** The state after one more event of the sensor's stream; `alarmId` names the alarm that is asked for, null for none. */
export function evolveOperated(state: OperatedSensor, event: SensorEvent, alarmId: string | null): OperatedSensor {
  const after = { ...state, sensor: evolveSensor(state.sensor, event) };
  switch (event.type) {
    case 'AlarmTriggered':
      return event.data.alarmId === alarmId ? { ...after, alarm: { alarmType: event.data.alarmType, isAcknowledged: false, version: 1 } } : after;
    case 'AlarmRecovered':
    case 'AlarmAcknowledged':
    case 'AlarmCommented': {
      const { alarm } = state;
      if (event.data.alarmId !== alarmId || alarm === null) return after;
      return { ...after, alarm: { ...alarm, isAcknowledged: alarm.isAcknowledged || event.type === 'AlarmAcknowledged', version: alarm.version + 1 } };
    }
    case 'SensorShelved':
    case 'SensorUnshelved':
      return { ...after, shelvingVersion: state.shelvingVersion + 1 };
    case 'SensorWentSilent':
    case 'SensorReturned':
      return { ...after, isSilent: event.type === 'SensorWentSilent' };
    case 'StrikeRecorded':
    case 'StrikesCleared':
    case 'ReadingNoted':
      return after;
    default:
      return assertNever(event);
  }
}

/** The version that a command of an operator expects, of the alarm or of the shelving; null when its alarm does not exist. */
export function versionFor(command: SensorCommand, state: OperatedSensor): number | null {
  return isAlarmCommand(command) ? (state.alarm?.version ?? null) : state.shelvingVersion;
}

export function isAlarmCommand(command: SensorCommand): command is AlarmCommand {
  return command.type === 'acknowledge' || command.type === 'comment';
}

// ---- decide -------------------------------------------------------------------------------------

export interface CommandContext {
  readonly sensorId: number;
  /** The clock of the process that decides, ISO 8601 UTC with milliseconds. */
  readonly recordedAt: string;
  /** A UUID of this command alone: two commands never make the same event. */
  readonly commandId: string;
  readonly longestShelvingMs: number;
  /** Turns a name into a UUID, always the same one for the same name. */
  readonly idOf: (name: string) => string;
}

/** `unknown-alarm`: no such alarm of this sensor; `not-shelved`: nothing to end; `until-past`, `until-too-far`: the time of a shelving. */
export const REFUSALS = ['unknown-alarm', 'not-shelved', 'until-past', 'until-too-far'] as const;
export type CommandDecision =
  | { readonly type: 'events'; readonly events: readonly AlarmLifeEvent[] }
  | { readonly type: 'refused'; readonly reason: (typeof REFUSALS)[number] };

/** What follows from a command; no events for what is done already. Pure. */
export function decideCommand(state: OperatedSensor, command: SensorCommand, context: CommandContext): CommandDecision {
  switch (command.type) {
    case 'acknowledge': {
      const { alarm } = state;
      if (alarm === null) return refused('unknown-alarm');
      if (alarm.isAcknowledged) return NOTHING;
      const { alarmId, by, hasNote } = command;
      return decided<AlarmAcknowledged>(context, 'AlarmAcknowledged', { alarmId, sensorId: context.sensorId, alarmType: alarm.alarmType, by, hasNote });
    }
    case 'comment': {
      const { alarm } = state;
      if (alarm === null) return refused('unknown-alarm');
      return decided<AlarmCommented>(context, 'AlarmCommented', { alarmId: command.alarmId, sensorId: context.sensorId, alarmType: alarm.alarmType, by: command.by });
    }
    case 'shelve': {
      const { by, reason, until, hasNote } = command;
      if (until <= context.recordedAt) return refused('until-past');
      if (Date.parse(until) - Date.parse(context.recordedAt) > context.longestShelvingMs) return refused('until-too-far');
      return decided<SensorShelved>(context, 'SensorShelved', { sensorId: context.sensorId, by, reason, until, hasNote });
    }
    case 'unshelve':
      return state.sensor.shelving === null ? refused('not-shelved') : decided<SensorUnshelved>(context, 'SensorUnshelved', unshelved(state.sensor, context, command.by));
    case 'unshelve-by-time': {
      const { shelving } = state.sensor;
      if (shelving === null || shelving.until > context.recordedAt) return NOTHING;
      // Of the shelving that ends, so that whoever ends it makes the same event.
      return decided<SensorUnshelved>({ ...context, commandId: shelving.eventId }, 'SensorUnshelved', unshelved(state.sensor, context, null));
    }
    case 'note-silence': {
      const { intervalMs, silentForMs } = command;
      return state.isSilent ? NOTHING : decided<SensorWentSilent>(context, 'SensorWentSilent', { sensorId: context.sensorId, intervalMs, silentForMs });
    }
    case 'note-return':
      return state.isSilent ? decided<SensorReturned>(context, 'SensorReturned', { sensorId: context.sensorId }) : NOTHING;
    default:
      return assertNever(command);
  }
}

const NOTHING: CommandDecision = { type: 'events', events: [] };

function refused(reason: (typeof REFUSALS)[number]): CommandDecision {
  return { type: 'refused', reason };
}

function unshelved({ openAlarms }: SensorState, { sensorId }: CommandContext, by: string | null): SensorUnshelved['data'] {
  const emailsOwed = ALARM_TYPES.flatMap((type) => (openAlarms[type]?.isHeld ? [openAlarms[type].alarmId] : []));
  return { sensorId, cause: by === null ? 'time' : 'operator', by, emailsOwed };
}

/** The version of these events' shapes; src/event-store/event-codec.ts brings older ones up to it. */
export const ALARM_LIFE_SCHEMA_VERSION = 1;

/** The id of the event that a command makes: known before it is decided, so that its note can be stored under it. */
export function commandEventId({ commandId, idOf }: Pick<CommandContext, 'commandId' | 'idOf'>, type: AlarmLifeEvent['type']): string {
  return idOf(`${commandId}|${type}`);
}

function decided<Event extends AlarmLifeEvent>(context: CommandContext, type: Event['type'], data: Event['data']): CommandDecision {
  const { recordedAt, commandId } = context;
  const metadata: CommandMetadata = { schemaVersion: ALARM_LIFE_SCHEMA_VERSION, recordedAt, correlationId: commandId, causationId: commandId };
  return { type: 'events', events: [{ id: commandEventId(context, type), type, data, metadata } as AlarmLifeEvent] };
}
