import type { AlarmType } from '../alarm-domain/reading.js';

/** The sensors of one geohash prefix. `byType`: how many of them have an open alarm of that type. */
export interface MapCell {
  readonly geohash: string;
  readonly sensors: number;
  readonly active: number;
  readonly byType: Readonly<Record<AlarmType, number>>;
  readonly worst: 'active' | 'inactive';
}

const NOTHING_OPEN: MapCell['byType'] = { motion: 0, smoke: 0, temperature: 0 };

/** A cell in which nothing is open. */
export function quietCell(geohash: string, sensors: number): MapCell {
  return { geohash, sensors, active: 0, byType: NOTHING_OPEN, worst: 'inactive' };
}
