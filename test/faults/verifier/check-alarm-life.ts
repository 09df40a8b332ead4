import type { OutputEvent, Outputs } from './outputs.js';
import { ALARM_TYPES } from './reference-parser.js';

/** An alarm of the sensor whose stream is gone through. */
interface Alarm {
  readonly alarmType: unknown;
  isOpen: boolean;
  isHeld: boolean;
  isAcknowledged: boolean;
}

interface Sensor {
  /** ISO 8601; null while it is not shelved. */
  shelvedUntil: string | null;
  isSilent: boolean;
  readonly alarms: Map<unknown, Alarm>;
}

/** What operators and time did, as the streams tell it. */
export interface AlarmLife {
  /** Alarms whose e-mail is held back: their sensor was shelved when they opened, and is still, or they recovered before it was not. */
  readonly held: ReadonlySet<unknown>;
  readonly acknowledged: ReadonlySet<unknown>;
  readonly shelved: ReadonlySet<number>;
  readonly silent: ReadonlySet<number>;
  /** What no sequence of commands comes to. */
  readonly problems: readonly string[];
}

/** Goes through each sensor's stream once more, for what follows from no record of the log. Source: docs/alarm-rules.md. */
export function foldAlarmLife(events: readonly OutputEvent[]): AlarmLife {
  const sensors = new Map<string, Sensor>();
  const problems: string[] = [];
  for (const event of events) {
    if (!event.stream.startsWith('sensor-')) continue;
    const sensor = sensors.get(event.stream) ?? { shelvedUntil: null, isSilent: false, alarms: new Map<unknown, Alarm>() };
    sensors.set(event.stream, sensor);
    problems.push(...take(sensor, event).map((what) => `${event.stream}: ${event.type} ${event.revision} ${what}`));
  }
  const alarms = [...sensors.values()].flatMap((sensor) => [...sensor.alarms]);
  const idsOf = (isSo: (alarm: Alarm) => boolean) => new Set(alarms.filter(([, alarm]) => isSo(alarm)).map(([id]) => id));
  const sensorsThat = (isSo: (sensor: Sensor) => boolean) => new Set([...sensors].filter(([, sensor]) => isSo(sensor)).map(([stream]) => Number(stream.slice('sensor-'.length))));
  return {
    held: idsOf(({ isHeld }) => isHeld),
    acknowledged: idsOf(({ isAcknowledged }) => isAcknowledged),
    shelved: sensorsThat(({ shelvedUntil }) => shelvedUntil !== null),
    silent: sensorsThat(({ isSilent }) => isSilent),
    problems,
  };
}

/** Brings the sensor up to an event, and says what is wrong with that. */
function take(sensor: Sensor, { type, data, metadata }: OutputEvent): string[] {
  const recordedAt = String(metadata['recordedAt']);
  const alarm = sensor.alarms.get(data['alarmId']);
  switch (type) {
    case 'AlarmTriggered': {
      const until = (data['shelvedUntil'] ?? null) as string | null;
      sensor.alarms.set(data['alarmId'], { alarmType: data['alarmType'], isOpen: true, isHeld: until !== null, isAcknowledged: false });
      const should = sensor.shelvedUntil !== null && sensor.shelvedUntil > recordedAt ? sensor.shelvedUntil : null;
      return until === should ? [] : [`says that its e-mail is held until ${until}, expected ${should}`];
    }
    case 'AlarmRecovered':
      if (alarm?.isOpen !== true || alarm.alarmType !== data['alarmType']) return [`is of no open alarm: ${String(data['alarmId'])}`];
      alarm.isOpen = false;
      return [];
    case 'AlarmAcknowledged': {
      const isFirst = alarm?.isAcknowledged === false;
      if (alarm) alarm.isAcknowledged = true;
      return isFirst && alarm.alarmType === data['alarmType'] ? [] : [`is of no alarm that waits for it: ${String(data['alarmId'])}`];
    }
    case 'SensorShelved':
      sensor.shelvedUntil = String(data['until']);
      return sensor.shelvedUntil > recordedAt ? [] : [`ends at ${sensor.shelvedUntil}, before it begins`];
    case 'SensorUnshelved':
      return endShelving(sensor, data, recordedAt);
    case 'SensorWentSilent':
    case 'SensorReturned': {
      const wasSilent = sensor.isSilent;
      sensor.isSilent = type === 'SensorWentSilent';
      return wasSilent === sensor.isSilent ? ['tells nothing new'] : [];
    }
    default:
      return [];
  }
}

function endShelving(sensor: Sensor, data: OutputEvent['data'], recordedAt: string): string[] {
  const owed = ALARM_TYPES.flatMap((type) => [...sensor.alarms].filter(([, alarm]) => alarm.alarmType === type && alarm.isOpen && alarm.isHeld).map(([id]) => id));
  const until = sensor.shelvedUntil;
  for (const id of owed) (sensor.alarms.get(id) as Alarm).isHeld = false;
  sensor.shelvedUntil = null;
  const problems: string[] = [];
  if (until === null) problems.push('ends no shelving');
  else if (data['cause'] === 'time' && until > recordedAt) problems.push(`by time at ${recordedAt}, which was to be at ${until}`);
  if (String(data['emailsOwed']) !== String(owed)) problems.push(`owes the e-mails of ${String(data['emailsOwed'])}, expected ${String(owed)}`);
  return problems;
}

/** What an operator was told is done is in the streams, once; what was refused is nowhere. */
export function checkCommands({ events, commands = [] }: Outputs): string[] {
  const done = new Map<unknown, number>();
  for (const { metadata } of events) done.set(metadata['correlationId'], (done.get(metadata['correlationId']) ?? 0) + 1);
  return commands.flatMap(({ commandId, outcome }) => {
    const times = done.get(commandId) ?? 0;
    if (outcome === 'unknown' || times === (outcome === 'done' ? 1 : 0)) return [];
    return [`command ${commandId} was ${outcome}, and ${times} events tell of it`];
  });
}
