import { Point } from '@influxdata/influxdb-client';
import type { Position } from '../../event-store/event-store.js';
import type { AlarmsPerMinuteRow } from '../alarms-per-minute.projection.js';
import type { Projection } from '../projection.js';
import type { SensorStateRow } from './sensor-state.projection.js';

/** A sensor that is on the map, or that had an alarm without being a customer's (`NOWHERE`). */
export interface Place {
  readonly geohash: string;
  readonly zone: string;
}

/** Tags have no empty value. */
export const NONE = 'none';
export const NOWHERE: Place = { geohash: NONE, zone: NONE };

/** No tag has it. */
export const PLACES_SEPARATOR = '\t';

/** What is in the bucket; docs/influxdb.md says how it is to be read. */
export const MEASUREMENTS = {
  state: 'sensor_state',
  snapshot: 'sensor_state_snapshot',
  places: 'sensor_places',
  counts: 'alarms_per_minute',
  checkpoint: 'vigia_checkpoint',
} as const;

/**
 * The value that a tag gets for a text: line protocol has no way to write control characters, a backslash at
 * the end or nothing at all, so those become `_` or `none`; other texts stay as they are.
 */
export function toTag(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]|\\(?=\\*$)/gu, '_') || NONE;
}

/** A sensor's state of one type: `sensor_state,geohash=…,sensor=42959,type=smoke,zone=… active=1i`; the time in ns. */
export function stateLine(row: SensorStateRow, place: Place, timeNs: string): string {
  return sensorLine(row.sensorId, row.type, place, row.active, timeNs);
}

/** A sensor is there, whatever its alarms: type `none`, never active. */
export function presenceLine(sensorId: number, place: Place, timeMs: number): string {
  return sensorLine(sensorId, NONE, place, 0, ns(timeMs));
}

function sensorLine(sensorId: number, type: string, place: Place, active: number, timeNs: string): string {
  const point = new Point(MEASUREMENTS.state).tag('sensor', String(sensorId)).tag('type', type).tag('zone', toTag(place.zone)).tag('geohash', toTag(place.geohash));
  return line(point.intField('active', active), timeNs);
}

/** Every point of a snapshot at this time has been written: states of so many sensors, and the places of so many of them. */
export function snapshotLine(sensors: number, placed: number, timeMs: number): string {
  return line(new Point(MEASUREMENTS.snapshot).intField('sensors', sensors).intField('placed', placed), ns(timeMs));
}

/**
 * Where some sensors of a zone are, with a tab between: `sensor_places,zone=UK geohashes="gcpvj0du1\tgcpvj0du2"`. A series for each sensor
 * takes the server seconds to read; these few take it some ms. Points of a snapshot and zone are told apart by their nanoseconds.
 */
export function placesLine(zone: string, geohashes: readonly string[], timeMs: number, ordinal: number): string {
  const point = new Point(MEASUREMENTS.places).tag('zone', toTag(zone)).stringField('geohashes', geohashes.map(toTag).join(PLACES_SEPARATOR));
  return line(point, ns(timeMs, ordinal));
}

/**
 * How many alarms of a type a minute has, at the minute and so many nanoseconds: each count is a point of its
 * own and the highest is read, so that an older one that comes late lowers nothing.
 */
export function countLine({ minute, type, count }: AlarmsPerMinuteRow): string {
  return line(new Point(MEASUREMENTS.counts).tag('type', type).intField('count', count), ns(Date.parse(minute), count));
}

const HOUR_MS = 3_600_000;

/** All events of a store to here are in the points of a projection, at its version. There is one such point an hour, which each later checkpoint overwrites. */
export function checkpointLine({ name, version }: Projection, storeId: string, position: Position, nowMs: number): string {
  const timeMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  return line(new Point(MEASUREMENTS.checkpoint).tag('projection', name).tag('version', String(version)).tag('store', toTag(storeId)).stringField('position', position), ns(timeMs));
}

/** Milliseconds since 1970, and nanoseconds of the one that follows: at most 10^10 - 1 of them. */
export function ns(ms: number, nanoseconds = 0): string {
  return String(BigInt(ms) * 1_000_000n + BigInt(nanoseconds));
}

function line(point: Point, timeNs: string): string {
  const text = point.timestamp(timeNs).toLineProtocol();
  if (text === undefined) throw new Error('a point without a field');
  return text;
}
