import type { SensorEvent } from '../../src/alarm-domain/alarm-events.js';
import { decideCommand, evolveOperated, INITIAL_OPERATED, versionFor, type CommandContext, type CommandDecision, type OperatedSensor, type SensorCommand } from '../../src/alarm-domain/operated-sensor.js';
import type { SensorMessage } from '../../src/alarm-domain/sensor-message.js';
import { decide } from '../../src/alarm-domain/sensor.js';
import { contextWith } from './sensor-messages.js';

/** Words for specs of what operators do: records of the log and commands for sensor 7, one after the other. */

const NOON_MS = Date.parse('2026-03-01T12:00:00.000Z');

/** So many seconds after noon. */
export const second = (count: number): string => new Date(NOON_MS + count * 1000).toISOString();

export const LONGEST_SHELVING_MS = 8 * 3_600_000;

/** A command that is decided so many seconds after noon. */
export interface Commanded {
  readonly command: SensorCommand;
  readonly second: number;
}

export const commandContext = (atSecond: number): CommandContext => ({
  sensorId: 7,
  recordedAt: second(atSecond),
  commandId: `command at ${atSecond}`,
  longestShelvingMs: LONGEST_SHELVING_MS,
  idOf: contextWith().idOf,
});

/** A sensor's stream as it grows by records and commands. */
export class PlayedSensor {
  readonly events: SensorEvent[] = [];

  /** A record, decided at the second at which the log took it. */
  record(message: SensorMessage): this {
    const decision = decide(this.state(null).sensor, message, { ...contextWith(), recordedAt: message.receivedAt });
    if (decision.type === 'events') this.events.push(...decision.events);
    return this;
  }

  /** A command; what came of it. */
  command(command: SensorCommand, atSecond: number): CommandDecision {
    const decision = decideCommand(this.state('alarmId' in command ? command.alarmId : null), command, commandContext(atSecond));
    if (decision.type === 'events') this.events.push(...decision.events);
    return decision;
  }

  state(alarmId: string | null): OperatedSensor {
    return this.events.reduce((state, event) => evolveOperated(state, event, alarmId), INITIAL_OPERATED);
  }

  version(command: SensorCommand): number | null {
    return versionFor(command, this.state('alarmId' in command ? command.alarmId : null));
  }

  /** The ids of the alarms that opened, in order. */
  alarmIds(): string[] {
    return this.events.flatMap((event) => (event.type === 'AlarmTriggered' ? [event.data.alarmId] : []));
  }
}
