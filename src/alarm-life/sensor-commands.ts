import { randomUUID } from 'node:crypto';
import type { AlarmLifeEvent } from '../alarm-domain/alarm-life-events.js';
import {
  decideCommand,
  evolveOperated,
  INITIAL_OPERATED,
  isAlarmCommand,
  versionFor,
  type OperatedSensor,
  type REFUSALS,
  type SensorCommand,
} from '../alarm-domain/operated-sensor.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import { isoTime, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { appendUntilKnown } from '../event-store/append-until-known.js';
import { toAppend } from '../event-store/event-codec.js';
import { StoreUnavailable, WrongExpectedRevision, type EventStore } from '../event-store/event-store.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';
import { idOf } from '../ingestion/deterministic-id.js';

/** Another writer of the sensor's stream may win this often; it has an alarm to record, so it goes first. */
const MOST_CONFLICTS = 50;

/** The command expected another version of the alarm, or of the shelving; a retry helps after reading it again. */
export class StaleVersion extends Error {
  constructor(
    readonly expected: readonly number[],
    readonly actual: number,
  ) {
    super(`expected version ${expected.join(' or ')}, it is at ${actual}; read it again before a retry`);
    this.name = 'StaleVersion';
  }
}

/** The command makes no sense for the sensor as it is; a retry does not help. */
export class CommandRefused extends Error {
  constructor(
    readonly reason: (typeof REFUSALS)[number],
    sensorId: number,
  ) {
    super(`sensor ${sensorId}: ${reason}`);
    this.name = 'CommandRefused';
  }
}

export interface CommandOptions {
  /** The versions any of which is expected, null for whatever there is. */
  readonly expected?: readonly number[] | null;
  /** A UUID of this command alone; known before when a note is stored under an id that follows from it. */
  readonly commandId?: string;
}

export interface CommandResult {
  /** None when it was done already. */
  readonly events: readonly AlarmLifeEvent[];
  /** After the command. */
  readonly version: number;
  readonly state: OperatedSensor;
}

/**
 * Carries out commands on sensors' streams, to which readings are written meanwhile, by this process or others.
 *
 * The append names the revision that was read, so neither overwrites the other: whoever is refused reads again and decides again.
 */
export class SensorCommands {
  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly longestShelvingMs: number,
  ) {}

  /** Thrown: `StaleVersion`, `CommandRefused`; the store's errors. */
  async execute(sensorId: number, command: SensorCommand, options: CommandOptions = {}): Promise<CommandResult> {
    const { expected = null, commandId = randomUUID() } = options;
    for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
      const { state, revision } = await this.load(sensorId, command);
      const version = versionFor(command, state);
      if (version !== null && expected !== null && !expected.includes(version)) throw new StaleVersion(expected, version);
      const context = { sensorId, recordedAt: isoTime(this.clock.now()), commandId, longestShelvingMs: this.longestShelvingMs, idOf };
      const decision = decideCommand(state, command, context);
      if (decision.type === 'refused') throw new CommandRefused(decision.reason, sensorId);
      const { events } = decision;
      if (events.length > 0 && !(await this.append(sensorId, events, revision))) continue;
      const after = events.reduce((before, event) => evolveOperated(before, event, alarmIdOf(command)), state);
      return { events, version: versionFor(command, after) ?? 0, state: after };
    }
    throw new StoreUnavailable(`${MOST_CONFLICTS} times another writer of ${sensorStream(sensorId)} was quicker`);
  }

  /** The sensor as the command finds it. Thrown: the store's errors. */
  async load(sensorId: number, command: SensorCommand | null): Promise<{ readonly state: OperatedSensor; readonly revision: bigint | null }> {
    let state = INITIAL_OPERATED;
    let revision: bigint | null = null;
    for await (const recorded of this.store.readStream(sensorStream(sensorId))) {
      state = evolveOperated(state, decodeSensorEvent(recorded), command === null ? null : alarmIdOf(command));
      revision = recorded.revision;
    }
    return { state, revision };
  }

  /** False when another was quicker. */
  private async append(sensorId: number, events: readonly AlarmLifeEvent[], revision: bigint | null): Promise<boolean> {
    try {
      await appendUntilKnown(this.store, sensorStream(sensorId), events.map(toAppend), revision ?? 'no-stream');
      crashPoint('command-stored');
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return false;
      throw error;
    }
  }
}

function alarmIdOf(command: SensorCommand): string | null {
  return isAlarmCommand(command) ? command.alarmId : null;
}
