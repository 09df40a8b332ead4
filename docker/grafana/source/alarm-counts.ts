/** The count of each minute and type is its highest point. Source: docs/influxdb.md. */
const MINUTES = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "alarms_per_minute" and r._field == "count")
  |> filter(fn: (r) => contains(value: r.type, set: \${type:json}))
  |> aggregateWindow(every: 1m, fn: max, createEmpty: false, timeSrc: "_start")`;

/** A series for each type: alarms in each `$per` of the time range. */
export const COUNTS_BY_TYPE = `${MINUTES}
  |> aggregateWindow(every: \${per}, fn: sum, createEmpty: true, timeSrc: "_start")
  |> fill(value: 0)
  |> keep(columns: ["_time", "_value", "type"])
  |> group(columns: ["type"])`;

/** A row for each type that had alarms in the time range: columns `type` and `alarms`. */
export const TOTALS_BY_TYPE = `${MINUTES}
  |> group(columns: ["type"])
  |> sum()
  |> rename(columns: {_value: "alarms"})
  |> group()`;

/** The ten minutes with the most alarms: columns `_time` and `alarms`. */
export const BUSIEST_MINUTES = `${MINUTES}
  |> group(columns: ["_time"])
  |> sum()
  |> group()
  |> rename(columns: {_value: "alarms"})
  |> sort(columns: ["alarms"], desc: true)
  |> limit(n: 10)`;
