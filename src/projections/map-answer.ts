import type { Position } from '../event-store/event-store.js';
import type { Totals } from './cell-totals.js';
import type { MapCell } from './map-cell.js';

export interface MapAnswer {
  /** By ascending geohash. */
  readonly cells: readonly MapCell[];
  /** Sensors that had an alarm and are no customer's; none of them is in a zone. */
  readonly unplaced: { readonly sensors: number; readonly active: number };
  readonly position: Position | null;
}

/** The world map: two adapters, libsql and InfluxDB. */
export interface MapSource {
  /**
   * The sensors by geohash prefix of `prefixLength` characters (1 to 9), of the world or of one zone.
   * Thrown: a RangeError for a bad length; `ReadModelUnavailable`.
   */
  cells(prefixLength: number, zone?: string): Promise<MapAnswer>;
}

export type ActiveCell = Pick<MapCell, 'active' | 'byType' | 'worst'>;

/** What is active in each cell; the cell null has the unplaced ones. */
export type ActiveCells = Map<string | null, ActiveCell>;

/** Thrown: a RangeError. */
export function checkPrefixLength(prefixLength: number): void {
  if (!Number.isInteger(prefixLength) || prefixLength < 1 || prefixLength > 9) throw new RangeError(`prefixLength: got ${prefixLength}, expected 1 to 9`);
}

/** The cells with what is active in them. */
export function mapAnswer(totals: Totals, active: ActiveCells, unplacedSensors: number, position: Position | null): MapAnswer {
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

export function plus(one: ActiveCell | undefined, other: ActiveCell): ActiveCell {
  if (!one) return other;
  const byType = { motion: one.byType.motion + other.byType.motion, smoke: one.byType.smoke + other.byType.smoke, temperature: one.byType.temperature + other.byType.temperature };
  return { ...other, active: one.active + other.active, byType };
}
