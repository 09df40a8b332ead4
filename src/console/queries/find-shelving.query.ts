import type { SensorCommands } from '../../alarm-life/sensor-commands.js';
import type { NoteStore } from '../../customers/note-store.js';
import { findNotes } from '../notes.js';
import type { SensorShelving } from '../response-schemas.js';

/** Whether a sensor is shelved, as its stream says now. */
export class FindShelving {
  constructor(readonly sensorId: number) {}
}

export class FindShelvingHandler {
  constructor(
    private readonly commands: SensorCommands,
    private readonly notes: NoteStore,
    private readonly longestMs: number,
  ) {}

  async execute({ sensorId }: FindShelving): Promise<SensorShelving> {
    const { state } = await this.commands.load(sensorId, null);
    const { shelving } = state.sensor;
    const known = { sensorId: String(sensorId), version: state.shelvingVersion, longestMs: this.longestMs };
    if (shelving === null) return { ...known, shelving: null };
    const { hasNote, ...fields } = shelving;
    const noteOf = await findNotes(this.notes, sensorId, hasNote ? [shelving.eventId] : []);
    return { ...known, shelving: { ...fields, ...noteOf(shelving.eventId) } };
  }
}
