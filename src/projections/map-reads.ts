import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Position } from '../event-store/event-store.js';
import { alarmMap } from './alarm-map.projection.js';
import { CellTotals } from './cell-totals.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { checkPrefixLength, mapAnswer, plus, type ActiveCells, type MapAnswer, type MapSource } from './map-answer.js';
import { UnplacedSensors } from './unplaced-sensors.js';

/** Active sensors read in one go: some 8 ms of the event loop. */
const SLICE_ACTIVE = 3000;

/** The world map: sensors by cell. */
export class MapReads implements MapSource {
  private readonly totals: CellTotals;
  private readonly unplaced: UnplacedSensors;

  constructor(private readonly sink: LibsqlProjectionSink) {
    this.totals = new CellTotals(sink);
    this.unplaced = new UnplacedSensors(sink);
  }

  /** How many sensors a cell has is kept until the places change; only the active ones are read each time. */
  async cells(prefixLength: number, zone?: string): Promise<MapAnswer> {
    checkPrefixLength(prefixLength);
    const totals = await this.totals.of(prefixLength, zone ?? null);
    const unplacedSensors = zone === undefined ? await this.unplaced.count() : 0;
    const position = this.position();
    const active = await this.activeCells(prefixLength, zone ?? null);
    return mapAnswer(totals, active, unplacedSensors, position);
  }

  private position(): Position | null {
    const { copyId } = this.sink.liveTable(alarmMap);
    return this.sink.db.get<{ checkpoint: string | null }>('SELECT checkpoint FROM projection_copies WHERE id = ?', copyId)?.checkpoint ?? null;
  }

  /** What is active in each cell; the cell null has the unplaced ones. */
  private async activeCells(prefixLength: number, zone: string | null): Promise<ActiveCells> {
    const cells: ActiveCells = new Map();
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

type ActiveTuple = [cell: string | null, active: number, motion: number, smoke: number, temperature: number];
