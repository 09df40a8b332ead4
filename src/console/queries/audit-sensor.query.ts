import { isoTime, type Clock } from '../../clock.js';
import type { NoteStore } from '../../customers/note-store.js';
import type { EventStore } from '../../event-store/event-store.js';
import { findNotes } from '../notes.js';
import { badFields, RequestRefused } from '../problem.js';
import type { AuditQuery } from '../request-schemas.js';
import type { AuditEvent, SensorAudit } from '../response-schemas.js';
import { eventsBackwards, historyOf, momentOf } from '../sensor-history.js';

/** What was known of a sensor at a time of recording, and the events that say so. */
export class AuditSensor {
  constructor(
    readonly sensorId: number,
    readonly query: AuditQuery,
  ) {}
}

export class AuditSensorHandler {
  constructor(
    private readonly store: EventStore,
    private readonly notes: NoteStore,
    private readonly clock: Clock,
  ) {}

  /** Thrown: `RequestRefused` with 404 for a sensor without any event, with 400 for a bad cursor. */
  async execute({ sensorId, query }: AuditSensor): Promise<SensorAudit> {
    const { limit, cursor, revision } = query;
    const history = await historyOf(this.store, sensorId, query.asOf, revision === undefined ? undefined : BigInt(revision));
    const [newest] = await eventsBackwards(this.store, sensorId, undefined, 1);
    if (newest === undefined || history.first === null) throw new RequestRefused(404, `sensor ${sensorId} has no events`);

    const from = cursor === undefined ? history.last : revisionIn(cursor, history.last);
    const items = await eventsBackwards(this.store, sensorId, from, limit + 1);
    const [last] = cursor === undefined ? items : await eventsBackwards(this.store, sensorId, history.last, 1);
    const noteOf = await findNotes(this.notes, sensorId, last !== undefined && hasNote(last) ? [last.id] : []);
    return {
      sensorId: String(sensorId),
      asOf: query.asOf ?? (revision === undefined ? null : history.lastAt) ?? isoTime(this.clock.now()),
      state: history.state,
      before: history.before,
      ...noteOf(last?.id ?? ''),
      first: history.first,
      last: momentOf(newest),
      items: items.slice(0, limit),
      next: items.length > limit ? String(items[limit]?.revision) : null,
      total: history.events,
    };
  }
}

function hasNote({ type, data }: AuditEvent): boolean {
  return type === 'AlarmCommented' || data['hasNote'] === true;
}

function revisionIn(cursor: string, last: bigint | null): bigint {
  if (!/^\d{1,15}$/.test(cursor) || last === null || BigInt(cursor) > last) {
    throw badFields([{ field: 'cursor', detail: 'not a cursor that this list gave as its next' }]);
  }
  return BigInt(cursor);
}
