import type { ShelvingReason } from '../alarm-domain/alarm-life-events.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import type { Projection } from './projection.js';
import { shelvedSensors, type ShelvedSensorRow } from './shelved-sensors.projection.js';
import { silentSensors, type SilentSensorRow } from './silent-sensors.projection.js';

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

/** A sensor that is not heard of, as the API gives it. */
export interface SilentSensor {
  readonly sensorId: string;
  readonly since: string;
  readonly intervalMs: number;
  readonly silentForMs: number;
  readonly zone: string | null;
  readonly geohash: string | null;
}

/** Where a page ended. */
export type SensorPlaceInList = readonly [since: string, sensorId: number];

export interface SensorPage<Item> {
  readonly items: Item[];
  readonly last: SensorPlaceInList | null;
  readonly total: number;
}

type Joined<Row> = Row & { readonly zone: string | null; readonly geohash: string | null };

/** Which sensors are shelved, and whose time is over, and which are silent. Thrown by every method: `ReadModelUnavailable`. */
export class SensorListReads {
  constructor(private readonly sink: LibsqlProjectionSink) {}

  /** One page of the shelved, the last shelved first; `after` is the `last` of the page before. */
  shelved(limit: number, after: SensorPlaceInList | null): SensorPage<ShelvedSensor> {
    const { items, ...page } = this.page<ShelvedSensorRow>(shelvedSensors, 'isShelved', limit, after);
    return { items: items.map(toShelved), ...page };
  }

  /** One page of the silent, the last to grow silent first. */
  silent(limit: number, after: SensorPlaceInList | null): SensorPage<SilentSensor> {
    const { items, ...page } = this.page<SilentSensorRow>(silentSensors, 'isSilent', limit, after);
    return { items: items.map(({ sensorId, since, intervalMs, silentForMs, zone, geohash }) => ({ sensorId: String(sensorId), since, intervalMs, silentForMs, zone, geohash })), ...page };
  }

  countShelved(): number {
    return this.count(shelvedSensors, 'isShelved');
  }

  /** The sensors whose shelving has an end at `time` or before, the earliest first, some at a time. */
  endedBy(time: string, limit: number): number[] {
    const { table } = this.sink.liveTable(shelvedSensors);
    const sql = `SELECT sensorId FROM ${table} WHERE isShelved = 1 AND until <= ? ORDER BY until LIMIT ?`;
    return this.sink.db.all<{ sensorId: number }>(sql, time, limit).map(({ sensorId }) => sensorId);
  }

  private page<Row extends { readonly since: string; readonly sensorId: number }>(projection: Projection, flag: string, limit: number, after: SensorPlaceInList | null): SensorPage<Joined<Row>> {
    const { table } = this.sink.liveTable(projection);
    const rest = after === null ? '' : 'AND (s.since, s.sensorId) < (?, ?)';
    const sql = `SELECT s.*, p.zone, p.geohash FROM ${table} s LEFT JOIN places p ON p.sensor_id = s.sensorId
      WHERE s.${flag} = 1 ${rest} ORDER BY s.since DESC, s.sensorId DESC LIMIT ?`;
    const rows = this.sink.db.all<Joined<Row>>(sql, ...(after ?? []), limit + 1);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { items, last: last && rows.length > limit ? [last.since, last.sensorId] : null, total: this.count(projection, flag) };
  }

  private count(projection: Projection, flag: string): number {
    const { table } = this.sink.liveTable(projection);
    return this.sink.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${flag} = 1`)?.n ?? 0;
  }
}

function toShelved(row: Joined<ShelvedSensorRow>): ShelvedSensor {
  const { sensorId, since, until, by, reason, alarms, version, zone, geohash, eventId, hasNote } = row;
  return { sensorId: String(sensorId), since, until, by, reason, alarms, version, zone, geohash, eventId, hasNote: hasNote === 1 };
}
