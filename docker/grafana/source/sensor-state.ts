import type { Zone } from '../../../src/customers/zones.js';

/**
 * The last state of each sensor and type at the end of the time range, so that the map can also be asked for an
 * earlier time: the last whole snapshot and what came after it. Source: docs/influxdb.md.
 */
function stateAtEnd(zone: Zone | null): string {
  const ofZone = zone === null ? '' : ` and r.zone == "${zone}"`;
  return `import "date"
import "strings"

snapshot = (from(bucket: v.defaultBucket)
  |> range(start: date.sub(d: 2d, from: v.timeRangeStop), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "sensor_state_snapshot" and r._field == "sensors")
  |> last()
  |> findRecord(fn: (key) => true, idx: 0))._time

state = from(bucket: v.defaultBucket)
  |> range(start: snapshot, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "sensor_state" and r._field == "active"${ofZone})
  |> last()
`;
}

/** How many sensors without an open alarm are in each cell: columns `geohash` (of `$precision` characters) and `normal`. */
export function normalCells(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
state
  |> filter(fn: (r) => r.geohash != "none")
  |> group(columns: ["sensor", "geohash"])
  |> max()
  |> filter(fn: (r) => r._value == 0)
  |> group()
  |> map(fn: (r) => ({geohash: strings.substring(v: r.geohash, start: 0, end: \${precision}), normal: 1}))
  |> group(columns: ["geohash"])
  |> sum(column: "normal")
  |> group()`;
}

/** The sensors with open alarms: columns `sensor`, `zone`, `geohash`, `types` (`motion, smoke`). */
export function activeSensors(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
state
  |> filter(fn: (r) => r._value == 1)
  |> group(columns: ["sensor", "zone", "geohash"])
  |> sort(columns: ["type"])
  |> reduce(identity: {types: ""}, fn: (r, accumulator) => ({types: if accumulator.types == "" then r.type else accumulator.types + ", " + r.type}))
  |> group()`;
}

/** One row: how many sensors there are, column `sensors`. */
export function sensorCount(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
state
  |> filter(fn: (r) => r.type == "none")
  |> group()
  |> count()
  |> rename(columns: {_value: "sensors"})`;
}

/** One row, also when there is none: how many sensors have open alarms, column `active`. */
export function activeCount(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
state
  |> group(columns: ["sensor"])
  |> max()
  |> group()
  |> sum()
  |> rename(columns: {_value: "active"})`;
}

/** A row for each type with open alarms: columns `type` and `active`. */
export function activeByType(zone: Zone | null): string {
  return `${stateAtEnd(zone)}
state
  |> filter(fn: (r) => r._value == 1)
  |> group(columns: ["type"])
  |> count()
  |> rename(columns: {_value: "active"})
  |> group()`;
}

/** A row for each zone: columns `zone`, `sensors`, `active`. */
export function zoneTotals(): string {
  return `${stateAtEnd(null)}
state
  |> group(columns: ["zone", "sensor"])
  |> max()
  |> map(fn: (r) => ({zone: r.zone, sensors: 1, active: r._value}))
  |> group(columns: ["zone"])
  |> reduce(identity: {sensors: 0, active: 0}, fn: (r, accumulator) => ({sensors: accumulator.sensors + r.sensors, active: accumulator.active + r.active}))
  |> group()
  |> sort(columns: ["zone"])`;
}
