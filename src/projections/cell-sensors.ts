import type { AlarmType } from '../alarm-domain/reading.js';
import { alarmMap, openTypesOf, type AlarmMapRow } from './alarm-map.projection.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';

/** A sensor on the map. `state` is `inactive`, and `since` null, for one that never had an alarm. */
export interface MapSensor {
  readonly sensorId: string;
  readonly state: 'active' | 'inactive';
  readonly openTypes: readonly AlarmType[];
  readonly since: string | null;
  readonly geohash: string;
  readonly zone: string;
}

/** Where a page ended. */
export type SensorPlaceInCell = readonly [geohash: string, sensorId: number];

export interface CellPage {
  readonly items: MapSensor[];
  readonly last: SensorPlaceInCell | null;
  readonly total: number;
}

/** Comes after every character of a geohash. */
const AFTER_ALL = '~';

type CellRow = { readonly sensorId: number; readonly geohash: string; readonly zone: string } & (Pick<AlarmMapRow, 'state' | 'openTypes' | 'since'> | { readonly state: null });

/** The single sensors behind a cell of the map. */
export class CellSensors {
  constructor(private readonly sink: LibsqlProjectionSink) {}

  /**
   * One page of the sensors in a cell, of all zones or one, those side by side that are near each other; `after` is the `last` of the
   * page before. The page goes along an index, whatever the cell holds; `total` is counted along it. Thrown: `ReadModelUnavailable`.
   */
  page(cell: string, zone: string | null, limit: number, after: SensorPlaceInCell | null): CellPage {
    const { table } = this.sink.liveTable(alarmMap);
    const ofCell = `${zone === null ? '' : 'p.zone = ? AND '}(p.geohash, p.sensor_id) > (?, ?) AND p.geohash < ?`;
    const from = (first: SensorPlaceInCell) => [...(zone === null ? [] : [zone]), ...first, cell + AFTER_ALL];
    const beginning: SensorPlaceInCell = [cell, -1];
    const sql = `SELECT p.sensor_id AS sensorId, p.geohash, p.zone, m.state, m.openTypes, m.since FROM places p LEFT JOIN ${table} m ON m.sensorId = p.sensor_id
      WHERE ${ofCell} ORDER BY p.geohash, p.sensor_id LIMIT ?`;
    const rows = this.sink.db.all<CellRow>(sql, ...from(after ?? beginning), limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const total = this.sink.db.get<{ n: number }>(`SELECT count(*) AS n FROM places p WHERE ${ofCell}`, ...from(beginning))?.n ?? 0;
    return { items: page.map(toSensor), last: last && rows.length > limit ? [last.geohash, last.sensorId] : null, total };
  }
}

function toSensor({ sensorId, geohash, zone, ...row }: CellRow): MapSensor {
  const known = row.state === null ? null : row;
  return { sensorId: String(sensorId), state: known?.state ?? 'inactive', openTypes: [...openTypesOf(known ?? undefined)], since: known?.since ?? null, geohash, zone };
}
