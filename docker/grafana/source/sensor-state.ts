import type { Zone } from '../../../src/customers/zones.js';

const BUCKET = 'from(bucket: v.defaultBucket)';

/**
 * The sensors and their open alarms at the end of the time range, so that the map can also be asked for an earlier
 * time: the last whole snapshot and what came after it. `presence` has a row for each sensor, by far the most, so
 * what follows it begins with `group` and `count`, which InfluxDB does where the points are; `open` has a row for each
 * open alarm. Source: docs/influxdb.md.
 */
function stateAtEnd(zone: Zone | null): string {
  const ofZone = zone === null ? '' : ` and r.zone == "${zone}"`;
  return `import "array"
import "date"
import "strings"

snapshot = (${BUCKET}
  |> range(start: date.sub(d: 2d, from: v.timeRangeStop), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "sensor_state_snapshot" and r._field == "sensors")
  |> last()
  |> findRecord(fn: (key) => true, idx: 0))._time

presence = ${BUCKET}
  |> range(start: snapshot, stop: date.add(d: 1ms, to: snapshot))
  |> filter(fn: (r) => r._measurement == "sensor_state" and r._field == "active" and r.type == "none"${ofZone})

open = ${BUCKET}
  |> range(start: snapshot, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "sensor_state" and r._field == "active" and r.type != "none"${ofZone})
  |> last()
  |> filter(fn: (r) => r._value == 1)

active = open
  |> group(columns: ["sensor", "zone", "geohash"])
  |> sort(columns: ["type"])
  |> reduce(identity: {types: ""}, fn: (r, accumulator) => ({types: if accumulator.types == "" then r.type else accumulator.types + ", " + r.type}))
  |> group()
`;
}

/** How many sensors without an open alarm are in each cell: columns `geohash` (of `$precision` characters) and `normal`. */
export function normalCells(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
sensors = presence
  |> filter(fn: (r) => r.geohash != "none")
  |> group(columns: ["geohash"])
  |> count()
  |> group()
  |> map(fn: (r) => ({geohash: r.geohash, normal: r._value}))

union(tables: [sensors, active |> filter(fn: (r) => r.geohash != "none") |> map(fn: (r) => ({geohash: r.geohash, normal: -1}))])
  |> map(fn: (r) => ({geohash: strings.substring(v: r.geohash, start: 0, end: \${precision}), normal: r.normal}))
  |> group(columns: ["geohash"])
  |> sum(column: "normal")
  |> group()
  |> filter(fn: (r) => r.normal > 0)`;
}

/** The sensors with open alarms: columns `sensor`, `zone`, `geohash`, `types` (`motion, smoke`). */
export function activeSensors(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
active`;
}

/** One row: how many sensors there are, column `sensors`. */
export function sensorCount(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
presence
  |> group()
  |> count()
  |> rename(columns: {_value: "sensors"})
  |> keep(columns: ["sensors"])`;
}

/** One row, also when there is none: how many sensors have open alarms, column `active`. */
export function activeCount(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
array.from(rows: [{active: length(arr: active |> findColumn(fn: (key) => true, column: "sensor"))}])`;
}

/** A row for each type with open alarms: columns `type` and `active`. */
export function activeByType(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
open
  |> group(columns: ["type"])
  |> count()
  |> rename(columns: {_value: "active"})
  |> group()`;
}

/** A row for each zone: columns `zone`, `sensors`, `active`. */
export function zoneTotals(): string {
  return `${stateAtEnd(null)}
sensors = presence
  |> group(columns: ["zone"])
  |> count()
  |> group()
  |> map(fn: (r) => ({zone: r.zone, sensors: r._value, active: 0}))

union(tables: [sensors, active |> map(fn: (r) => ({zone: r.zone, sensors: 0, active: 1}))])
  |> group(columns: ["zone"])
  |> reduce(identity: {sensors: 0, active: 0}, fn: (r, accumulator) => ({sensors: accumulator.sensors + r.sensors, active: accumulator.active + r.active}))
  |> group()
  |> sort(columns: ["zone"])`;
}
