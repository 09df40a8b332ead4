import { isoTime, type Clock } from '../../clock.js';
import type { EventStore } from '../../event-store/event-store.js';
import { badFields, RequestRefused } from '../problem.js';
import type { AuditQuery } from '../request-schemas.js';
import type { SensorAudit } from '../response-schemas.js';
import { eventsBackwards, historyOf } from '../sensor-history.js';

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
    private readonly clock: Clock,
  ) {}

  /** Thrown: `RequestRefused` with 404 for a sensor without any event, with 400 for a bad cursor. */
  async execute({ sensorId, query }: AuditSensor): Promise<SensorAudit> {
    const { limit, cursor } = query;
    const asOf = query.asOf ?? isoTime(this.clock.now());
    const { state, events: total, last } = await historyOf(this.store, sensorId, query.asOf);
    if (last === null && !(await this.hasEvents(sensorId))) throw new RequestRefused(404, `sensor ${sensorId} has no events`);

    const from = cursor === undefined ? last : revisionIn(cursor, last);
    const items = await eventsBackwards(this.store, sensorId, from, limit + 1);
    const next = items.length > limit ? String(items[limit]?.revision) : null;
    const { openAlarms, strikes, shelving } = state;
    return { sensorId: String(sensorId), asOf, state: { openAlarms, strikes, shelving }, items: items.slice(0, limit), next, total };
  }

  private async hasEvents(sensorId: number): Promise<boolean> {
    return (await eventsBackwards(this.store, sensorId, undefined, 1)).length > 0;
  }
}

function revisionIn(cursor: string, last: bigint | null): bigint {
  if (!/^\d{1,15}$/.test(cursor) || last === null || BigInt(cursor) > last) {
    throw badFields([{ field: 'cursor', detail: 'not a cursor that this list gave as its next' }]);
  }
  return BigInt(cursor);
}
