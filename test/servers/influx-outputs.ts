import type { ReadModels } from '../faults/verifier/outputs.js';
import { rowsOf, type Row } from './dashboard-answers.js';
import type { InfluxServer } from './influxdb.js';

const countsIn = (bucket: string): string => `from(bucket: "${bucket}") |> range(start: -1d, stop: 1d)
  |> filter(fn: (r) => r._measurement == "alarms_per_minute" and r._field == "count")
  |> aggregateWindow(every: 1m, fn: max, createEmpty: false, timeSrc: "_start")
  |> group() |> keep(columns: ["_time", "type", "_value"])`;

/** Each sensor's highest state since the last snapshot, as docs/influxdb.md says. */
const mapIn = (bucket: string): string => `snapshot = (from(bucket: "${bucket}") |> range(start: -2d)
  |> filter(fn: (r) => r._measurement == "sensor_state_snapshot") |> group() |> sort(columns: ["_time"]) |> last()
  |> findRecord(fn: (key) => true, idx: 0))._time
from(bucket: "${bucket}") |> range(start: snapshot, stop: 2200-01-01T00:00:00Z)
  |> filter(fn: (r) => r._measurement == "sensor_state" and r._field == "active")
  |> last() |> group(columns: ["sensor"]) |> max() |> group() |> keep(columns: ["sensor", "_value"])`;

async function ask(influx: InfluxServer, query: string): Promise<readonly Row[]> {
  return rowsOf(await influx.call('POST', `/api/v2/query?org=${encodeURIComponent(influx.org)}`, { query, dialect: { annotations: [], header: true } }));
}

/** The names of a bucket's measurements, and what is said to be a sensor there and is none. */
export async function influxSchema(influx: InfluxServer, bucket: string): Promise<{ readonly measurements: readonly string[]; readonly oddSensors: readonly string[] }> {
  const values = async (call: string): Promise<string[]> => (await ask(influx, `import "influxdata/influxdb/schema"\nschema.${call}`)).map((row) => row['_value'] ?? '');
  const [measurements, sensors] = [await values(`measurements(bucket: "${bucket}")`), await values(`tagValues(bucket: "${bucket}", tag: "sensor")`)];
  return { measurements: measurements.sort(), oddSensors: sensors.filter((sensor) => !/^\d+$/.test(sensor)) };
}

/** Map and counts of a bucket, asked of InfluxDB itself by its own language. */
export async function influxModels(influx: InfluxServer, bucket: string): Promise<ReadModels> {
  return {
    of: 'InfluxDB',
    map: (await ask(influx, mapIn(bucket))).map((row) => ({ sensorId: Number(row['sensor']), state: row['_value'] === '1' ? 'active' : 'inactive', openTypes: null })),
    hasEverySensor: true,
    counts: (await ask(influx, countsIn(bucket))).map((row) => ({ minute: new Date(row['_time'] ?? '').toISOString(), type: row['type'] ?? '', count: Number(row['_value']) })),
    alarms: null,
    parked: 0,
  };
}
