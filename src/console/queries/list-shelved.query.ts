import type { NoteStore } from '../../customers/note-store.js';
import type { SensorListReads } from '../../projections/sensor-list-reads.js';
import { findNotes } from '../notes.js';
import { cursorOf, placeIn } from '../sensor-cursor.js';
import type { SensorListQuery } from '../request-schemas.js';
import type { ShelvedList } from '../response-schemas.js';

/** A page of the shelved sensors, the last shelved first. */
export class ListShelved {
  constructor(readonly query: SensorListQuery) {}
}

export class ListShelvedHandler {
  constructor(
    private readonly lists: SensorListReads,
    private readonly notes: NoteStore,
  ) {}

  /** Thrown: `BadCursor`, `ReadModelUnavailable`. */
  async execute({ query }: ListShelved): Promise<ShelvedList> {
    const { items, last, total } = this.lists.shelved(query.limit, placeIn(query.cursor));
    const withNotes = await Promise.all(
      items.map(async ({ hasNote, ...item }) => {
        const noteOf = await findNotes(this.notes, Number(item.sensorId), hasNote ? [item.eventId] : []);
        return { ...item, ...noteOf(item.eventId) };
      }),
    );
    return { items: withNotes, next: cursorOf(last), total };
  }
}
