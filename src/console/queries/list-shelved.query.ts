import type { NoteStore } from '../../customers/note-store.js';
import { BadCursor, decodeCursor, encodeCursor } from '../../projections/alarm-cursor.js';
import type { ShelvingReads } from '../../projections/shelving-reads.js';
import { findNotes } from '../notes.js';
import type { ShelvedListQuery } from '../request-schemas.js';
import type { ShelvedList } from '../response-schemas.js';

/** A page of the shelved sensors, the last shelved first. */
export class ListShelved {
  constructor(readonly query: ShelvedListQuery) {}
}

export class ListShelvedHandler {
  constructor(
    private readonly shelved: ShelvingReads,
    private readonly notes: NoteStore,
  ) {}

  /** Thrown: `BadCursor`, `ReadModelUnavailable`. */
  async execute({ query }: ListShelved): Promise<ShelvedList> {
    const { items, last, total } = this.shelved.list(query.limit, query.cursor === undefined ? null : placeIn(query.cursor));
    const withNotes = await Promise.all(
      items.map(async ({ hasNote, ...item }) => {
        const noteOf = await findNotes(this.notes, Number(item.sensorId), hasNote ? [item.eventId] : []);
        return { ...item, ...noteOf(item.eventId) };
      }),
    );
    return { items: withNotes, next: last && encodeCursor({ triggeredAt: last[0], alarmId: String(last[1]) }), total };
  }
}

function placeIn(cursor: string): readonly [since: string, sensorId: number] {
  const { triggeredAt, alarmId } = decodeCursor(cursor);
  if (!/^\d{1,10}$/.test(alarmId)) throw new BadCursor(cursor);
  return [triggeredAt, Number(alarmId)];
}
