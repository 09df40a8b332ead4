import { BadCursor, decodeCursor, decodePlace, encodeCursor, encodePlace } from '../projections/alarm-cursor.js';
import type { SensorPlaceInCell } from '../projections/cell-sensors.js';
import type { SensorPlaceInList } from '../projections/sensor-list-reads.js';

/** Where a list of sensors ended, as the `next` of its answer. */
export function cursorOf(last: SensorPlaceInList | null): string | null {
  return last && encodeCursor({ triggeredAt: last[0], alarmId: String(last[1]) });
}

/** Null for the beginning. Thrown: `BadCursor`. */
export function placeIn(cursor: string | undefined): SensorPlaceInList | null {
  if (cursor === undefined) return null;
  const { triggeredAt, alarmId } = decodeCursor(cursor);
  return [triggeredAt, sensorIdIn(cursor, alarmId)];
}

/** The same for the list of a cell's sensors. */
export function cursorInCell(last: SensorPlaceInCell | null): string | null {
  return last && encodePlace(last[0], String(last[1]));
}

/** Null for the beginning. Thrown: `BadCursor`, also for the cursor of another cell. */
export function placeInCell(cursor: string | undefined, cell: string): SensorPlaceInCell | null {
  if (cursor === undefined) return null;
  const [geohash, id] = decodePlace(cursor, new RegExp(`^${cell}`));
  return [geohash, sensorIdIn(cursor, id)];
}

function sensorIdIn(cursor: string, id: string): number {
  if (!/^\d{1,10}$/.test(id)) throw new BadCursor(cursor);
  return Number(id);
}
