import type { ShelvingReason } from '../alarm-domain/alarm-life-events.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { shelvedSensors, type ShelvedSensorRow } from './shelved-sensors.projection.js';

/** A shelved sensor as the API gives it, without its note. */
export interface ShelvedSensor {
  readonly sensorId: string;
  readonly since: string;
  readonly until: string;
  readonly by: string;
  readonly reason: ShelvingReason;
  /** How many alarms opened meanwhile. */
  readonly alarms: number;
  readonly version: number;
  readonly zone: string | null;
  readonly geohash: string | null;
  /** The event that says so, under which its note is stored. */
  readonly eventId: string;
  readonly hasNote: boolean;
}

type JoinedRow = ShelvedSensorRow & { readonly zone: string | null; readonly geohash: string | null };

/** Which sensors are shelved, and whose time is over. Thrown by every method: `ReadModelUnavailable`. */
export class ShelvingReads {
  constructor(private readonly sink: LibsqlProjectionSink) {}

  /** One page, those shelved last first; `after` is the `next` of the page before, as (since, sensor id). */
  list(limit: number, after: readonly [since: string, sensorId: number] | null): { items: ShelvedSensor[]; last: readonly [since: string, sensorId: number] | null; total: number } {
    const { table } = this.sink.liveTable(shelvedSensors);
    const rest = after === null ? '' : 'AND (s.since, s.sensorId) < (?, ?)';
    const sql = `SELECT s.*, p.zone, p.geohash FROM ${table} s LEFT JOIN places p ON p.sensor_id = s.sensorId
      WHERE s.isShelved = 1 ${rest} ORDER BY s.since DESC, s.sensorId DESC LIMIT ?`;
    const rows = this.sink.db.all<JoinedRow>(sql, ...(after ?? []), limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { items: page.map(toView), last: last && rows.length > limit ? [last.since, last.sensorId] : null, total: this.count() };
  }

  count(): number {
    const { table } = this.sink.liveTable(shelvedSensors);
    return this.sink.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE isShelved = 1`)?.n ?? 0;
  }

  /** The sensors whose shelving has an end at `time` or before, the earliest first, some at a time. */
  endedBy(time: string, limit: number): number[] {
    const { table } = this.sink.liveTable(shelvedSensors);
    const sql = `SELECT sensorId FROM ${table} WHERE isShelved = 1 AND until <= ? ORDER BY until LIMIT ?`;
    return this.sink.db.all<{ sensorId: number }>(sql, time, limit).map(({ sensorId }) => sensorId);
  }
}

function toView(row: JoinedRow): ShelvedSensor {
  const { sensorId, since, until, by, reason, alarms, version, zone, geohash, eventId, hasNote } = row;
  return { sensorId: String(sensorId), since, until, by, reason, alarms, version, zone, geohash, eventId, hasNote: hasNote === 1 };
}
