import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmType } from '../alarm-domain/reading.js';
import type { Position } from '../event-store/event-store.js';
import { alarmMap, openTypesOf, type AlarmMapRow } from './alarm-map.projection.js';
import { CellTotals } from './cell-totals.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import type { MapCell } from './map-cell.js';
import { UnplacedSensors } from './unplaced-sensors.js';

export interface MapAnswer {
  /** By ascending geohash. */
  readonly cells: readonly MapCell[];
  /** Sensors that had an alarm and are no customer's; none of them is in a zone. */
  readonly unplaced: { readonly sensors: number; readonly active: number };
  readonly position: Position | null;
}

/** `state` is `inactive` for a customer's sensor that never had an alarm; `since` is null then. */
export interface MapSensor {
  readonly sensorId: string;
  readonly state: 'active' | 'inactive';
  readonly openTypes: readonly AlarmType[];
  readonly since: string | null;
  readonly geohash: string | null;
  readonly zone: string | null;
}

/** Active sensors read in one go: some 8 ms of the event loop. */
const SLICE_ACTIVE = 3000;

/** The world map: sensors by cell, and single sensors. */
export class MapReads {
  private readonly totals: CellTotals;
  private readonly unplaced: UnplacedSensors;

  constructor(private readonly sink: LibsqlProjectionSink) {
    this.totals = new CellTotals(sink);
    this.unplaced = new UnplacedSensors(sink);
  }

  /**
   * The sensors by geohash prefix of `prefixLength` characters (1 to 9), of the world or of one zone.
   * How many sensors a cell has is kept until the places change; only the active ones are read each time.
   * Thrown: a RangeError for a bad length; `ReadModelUnavailable`.
   */
  async cells(prefixLength: number, zone?: string): Promise<MapAnswer> {
    if (!Number.isInteger(prefixLength) || prefixLength < 1 || prefixLength > 9) throw new RangeError(`prefixLength: got ${prefixLength}, expected 1 to 9`);
    const totals = await this.totals.of(prefixLength, zone ?? null);
    const unplacedSensors = zone === undefined ? await this.unplaced.count() : 0;
    const position = this.position();
    const active = await this.activeCells(prefixLength, zone ?? null);
    const unplacedActive = active.get(null)?.active ?? 0;
    const cells = [...totals.cells];
    for (const [geohash, cell] of active) {
      const index = geohash === null ? undefined : totals.indexOf.get(geohash);
      const total = index === undefined ? undefined : cells[index];
      // A cell that the places have got since the totals were added up shows with the next sync.
      if (index !== undefined && total) cells[index] = { ...total, ...cell, sensors: Math.max(total.sensors, cell.active) };
    }
    return { cells, unplaced: { sensors: Math.max(unplacedSensors, unplacedActive), active: unplacedActive }, position };
  }

  /** Null for a sensor that is no customer's and never had an alarm. */
  async sensor(sensorId: string | number): Promise<MapSensor | null> {
    const { table } = this.sink.liveTable(alarmMap);
    const row = this.sink.db.get<AlarmMapRow>(`SELECT * FROM ${table} WHERE key = ?`, String(Number(sensorId)));
    const place = this.sink.places.find(Number(sensorId));
    if (!row && !place) return null;
    return {
      sensorId: String(Number(sensorId)),
      state: row?.state ?? 'inactive',
      openTypes: [...openTypesOf(row)],
      since: row?.since ?? null,
      geohash: place?.geohash ?? null,
      zone: place?.zone ?? null,
    };
  }

  private position(): Position | null {
    const { copyId } = this.sink.liveTable(alarmMap);
    return this.sink.db.get<{ checkpoint: string | null }>('SELECT checkpoint FROM projection_copies WHERE id = ?', copyId)?.checkpoint ?? null;
  }

  /** What is active in each cell; the cell null has the unplaced ones. */
  private async activeCells(prefixLength: number, zone: string | null): Promise<Map<string | null, ActiveCell>> {
    const cells = new Map<string | null, ActiveCell>();
    for (let after = -1; ; await nextTurn()) {
      const { table } = this.sink.liveTable(alarmMap);
      const slice = `SELECT sensorId, openTypes FROM ${table} WHERE state = 'active' AND sensorId > ? ORDER BY sensorId LIMIT ${SLICE_ACTIVE}`;
      const perCell = `
        SELECT substr(p.geohash, 1, ?) AS cell, count(*) AS active, max(m.sensorId) AS last,
          sum(instr(m.openTypes, 'motion') > 0) AS motion, sum(instr(m.openTypes, 'smoke') > 0) AS smoke, sum(instr(m.openTypes, 'temperature') > 0) AS heat
        FROM (${slice}) m LEFT JOIN places p ON p.sensor_id = m.sensorId WHERE ? IS NULL OR p.zone = ? GROUP BY 1`;
      // One text is parsed five times quicker than as many rows are read.
      const sql = `SELECT json_group_array(json_array(cell, active, motion, smoke, heat)) AS cells FROM (${perCell})`;
      const found = this.sink.db.get<{ cells: string }>(sql, prefixLength, after, zone, zone)?.cells ?? '[]';
      for (const [cell, active, motion, smoke, temperature] of JSON.parse(found) as ActiveTuple[]) {
        cells.set(cell, plus(cells.get(cell), { active, byType: { motion, smoke, temperature }, worst: 'active' }));
      }
      const next = this.sink.db.get<{ sensorId: number }>(`SELECT sensorId FROM ${table} WHERE state = 'active' AND sensorId > ? ORDER BY sensorId LIMIT 1 OFFSET ${SLICE_ACTIVE - 1}`, after);
      if (!next) return cells;
      after = next.sensorId;
    }
  }
}

type ActiveCell = Pick<MapCell, 'active' | 'byType' | 'worst'>;
type ActiveTuple = [cell: string | null, active: number, motion: number, smoke: number, temperature: number];

function plus(one: ActiveCell | undefined, other: ActiveCell): ActiveCell {
  if (!one) return other;
  const byType = { motion: one.byType.motion + other.byType.motion, smoke: one.byType.smoke + other.byType.smoke, temperature: one.byType.temperature + other.byType.temperature };
  return { ...other, active: one.active + other.active, byType };
}
