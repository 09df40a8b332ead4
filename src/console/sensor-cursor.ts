import { BadCursor, decodeCursor, encodeCursor } from '../projections/alarm-cursor.js';
import type { SensorPlaceInList } from '../projections/sensor-list-reads.js';

/** Where a list of sensors ended, as the `next` of its answer. */
export function cursorOf(last: SensorPlaceInList | null): string | null {
  return last && encodeCursor({ triggeredAt: last[0], alarmId: String(last[1]) });
}

/** Null for the beginning. Thrown: `BadCursor`. */
export function placeIn(cursor: string | undefined): SensorPlaceInList | null {
  if (cursor === undefined) return null;
  const { triggeredAt, alarmId } = decodeCursor(cursor);
  if (!/^\d{1,10}$/.test(alarmId)) throw new BadCursor(cursor);
  return [triggeredAt, Number(alarmId)];
}
