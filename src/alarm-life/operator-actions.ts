import { randomUUID } from 'node:crypto';
import type { AlarmLifeEvent } from '../alarm-domain/alarm-life-events.js';
import { commandEventId, type SensorCommand } from '../alarm-domain/operated-sensor.js';
import { crashPoint } from '../crash-point.js';
import { OutcomeUnknown } from '../event-store/event-store.js';
import type { NoteStore } from '../customers/note-store.js';
import { idOf } from '../ingestion/deterministic-id.js';
import type { CommandResult, SensorCommands } from './sensor-commands.js';

/** Commands that may have a note, and the event under whose id it is kept. */
const NOTED = { acknowledge: 'AlarmAcknowledged', comment: 'AlarmCommented', shelve: 'SensorShelved' } as const satisfies Partial<Record<SensorCommand['type'], AlarmLifeEvent['type']>>;
type NotedCommand = Extract<SensorCommand, { readonly type: keyof typeof NOTED }>;

/** A command of an operator with what was written to it. */
export interface Action {
  readonly sensorId: number;
  readonly command: NotedCommand;
  /** See `CommandOptions`. */
  readonly expected: readonly number[] | null;
  readonly note: string | null;
}

/**
 * Carries out commands that may have a note.
 *
 * Order: note → event. So an event never tells of a note that was not stored; a note whose event was refused is removed,
 * and one that a crash has left without an event is shown nowhere and erased with the customer.
 */
export class OperatorActions {
  constructor(
    private readonly commands: SensorCommands,
    private readonly notes: NoteStore,
  ) {}

  /** Thrown: as by `SensorCommands.execute`; `NoteRefused`, `CustomersUnavailable`. */
  async act({ sensorId, command, expected, note }: Action): Promise<CommandResult> {
    const commandId = randomUUID();
    if (note === null) return this.commands.execute(sensorId, command, { expected, commandId });
    const eventId = commandEventId({ commandId, idOf }, NOTED[command.type]);
    await this.notes.save({ sensorId, eventId, text: note });
    crashPoint('note-saved');
    try {
      const result = await this.commands.execute(sensorId, command, { expected, commandId });
      if (result.events.length === 0) await this.notes.remove(sensorId, eventId);
      return result;
    } catch (error) {
      // The event may be stored all the same.
      if (!(error instanceof OutcomeUnknown)) await this.notes.remove(sensorId, eventId);
      throw error;
    }
  }
}
