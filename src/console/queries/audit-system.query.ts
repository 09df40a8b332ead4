import { isoTime, type Clock } from '../../clock.js';
import type { NoteStore } from '../../customers/note-store.js';
import type { PastAlarms } from '../../projections/past-alarms.js';
import type { PastChanges } from '../../projections/past-changes.js';
import type { PastSensors } from '../../projections/past-sensors.js';
import { findNotes, type FoundNote } from '../notes.js';
import type { PastAnswer } from '../past-schemas.js';
import type { PastQuery } from '../request-schemas.js';

/** What was known of the whole system at a time of recording. */
export class AuditSystem {
  constructor(readonly query: PastQuery) {}
}

/** More that was recorded in one millisecond is counted, not listed. */
const MOST_CHANGES = 50;

export class AuditSystemHandler {
  constructor(
    private readonly past: { readonly alarms: PastAlarms; readonly changes: PastChanges; readonly sensors: PastSensors },
    private readonly notes: NoteStore,
    private readonly clock: Clock,
  ) {}

  /** Thrown: `ReadModelUnavailable`. */
  async execute({ query }: AuditSystem): Promise<PastAnswer> {
    const { alarms, sensors } = this.past;
    const asOf = query.asOf ?? isoTime(this.clock.now());
    const moments = this.past.changes.moments(asOf);
    const changes = moments.current === null ? { total: 0, items: [] } : this.past.changes.at(moments.current, MOST_CHANGES);
    const { map, open } = await alarms.state(asOf, query);
    const shelved = await sensors.shelved(asOf, query);
    const silent = await sensors.silent(asOf, query);
    return {
      asOf,
      moments,
      changes: { total: changes.total, items: await this.withNotes(changes.items) },
      map: { ...map, cells: [...map.cells] },
      open: { ...open, items: [...open.items] },
      shelved: { total: shelved.total, items: await this.withNotes(shelved.items) },
      silent: { ...silent, items: [...silent.items] },
    };
  }

  private withNotes<Item extends { readonly sensorId: string; readonly noteEventId: string | null }>(items: readonly Item[]): Promise<(Omit<Item, 'noteEventId'> & FoundNote)[]> {
    return Promise.all(
      items.map(async (item) => {
        const { noteEventId, ...shown } = item;
        const noteOf = await findNotes(this.notes, Number(item.sensorId), noteEventId === null ? [] : [noteEventId]);
        return { ...shown, ...noteOf(noteEventId ?? '') };
      }),
    );
  }
}
