import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { quietCell, type MapCell } from './map-cell.js';

/** Places added up in one go: some 4 ms of the event loop. */
const SLICE_PLACES = 4000;

/** Answers kept: the finest of 50,000 sensors takes 8 MB. */
const MAX_KEPT = 12;

/** All cells of the map as if nothing were active, and where each of them is in the list. */
export interface Totals {
  readonly cells: readonly MapCell[];
  readonly indexOf: ReadonlyMap<string, number>;
}

/** How many sensors each cell of the map has; kept until the places change. */
export class CellTotals {
  private readonly kept = new Map<string, { readonly revision: number; readonly totals: Promise<Totals> }>();

  constructor(private readonly sink: LibsqlProjectionSink) {}

  of(prefixLength: number, zone: string | null): Promise<Totals> {
    const key = `${prefixLength} ${zone}`;
    const { revision } = this.sink.places;
    const kept = this.kept.get(key);
    this.kept.delete(key);
    if (kept?.revision === revision) {
      this.kept.set(key, kept);
      return kept.totals;
    }
    const totals = this.addUp(prefixLength, zone);
    totals.catch(() => this.kept.delete(key));
    const oldest = this.kept.size >= MAX_KEPT ? this.kept.keys().next().value : undefined;
    if (oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(key, { revision, totals });
    return totals;
  }

  /** Walks the places by geohash, so that the cells come in order and none comes twice but at the seam of two slices. */
  private async addUp(prefixLength: number, zone: string | null): Promise<Totals> {
    const cells: MapCell[] = [];
    const slice = `
      SELECT geohash, sensor_id FROM places WHERE ${zone === null ? '' : 'zone = ? AND'} (geohash, sensor_id) > (?, ?)
      ORDER BY geohash, sensor_id LIMIT ${SLICE_PLACES}`;
    const perCell = `SELECT substr(geohash, 1, ?) AS cell, count(*) AS sensors FROM (${slice}) GROUP BY 1 ORDER BY 1`;
    for (let after: readonly [geohash: string, sensorId: number] = ['', -1]; ; await nextTurn()) {
      const where = [...(zone === null ? [] : [zone]), ...after];
      const found = this.sink.db.get<{ cells: string }>(`SELECT json_group_array(json_array(cell, sensors)) AS cells FROM (${perCell})`, prefixLength, ...where);
      for (const [geohash, sensors] of JSON.parse(found?.cells ?? '[]') as [string, number][]) {
        const before = cells.at(-1)?.geohash === geohash ? cells.pop() : undefined;
        cells.push(quietCell(geohash, sensors + (before?.sensors ?? 0)));
      }
      const last = this.sink.db.get<{ geohash: string; sensor_id: number }>(`${slice.replace(/LIMIT \d+$/, 'LIMIT 1')} OFFSET ${SLICE_PLACES - 1}`, ...where);
      if (!last) return { cells, indexOf: new Map(cells.map(({ geohash }, index) => [geohash, index])) };
      after = [last.geohash, last.sensor_id];
    }
  }
}
