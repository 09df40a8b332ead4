import { toFluxValue } from '@influxdata/influxdb-client';
import { isoTime } from '../../clock.js';
import type { Position } from '../../event-store/event-store.js';
import type { MinuteCount } from '../count-reads.js';
import type { Projection } from '../projection.js';
import type { InfluxClient } from './influx-client.js';
import { MEASUREMENTS, toTag } from './influx-points.js';

/** Later than any point; without it a query ends now, by the server's clock. */
const NO_END = '2200-01-01T00:00:00Z';

/** Points of one measurement and field, as Flux; `more` is a condition on the row `r`. */
export async function pointsOf(client: InfluxClient, measurement: string, field: string, options: { fromMs?: number; toMs?: number; more?: string } = {}): Promise<string> {
  const { fromMs = 0, toMs, more } = options;
  const { id } = await client.bucket();
  return `from(bucketID: "${id}")
  |> range(start: ${isoTime(fromMs)}, stop: ${toMs === undefined ? NO_END : isoTime(toMs)})
  |> filter(fn: (r) => r._measurement == "${measurement}" and r._field == "${field}"${more === undefined ? '' : ` and ${more}`})`;
}

/** When the last whole snapshot of the sensors was taken, null when there is none. */
export async function lastSnapshotMs(client: InfluxClient): Promise<number | null> {
  const times = await timesOf(client, `${await pointsOf(client, MEASUREMENTS.snapshot, 'sensors')} |> last()`);
  return times[0] ?? null;
}

/** When the last whole snapshot was taken that tells the sensors' places, and how many they are; null when there is none. */
export async function lastPlaces(client: InfluxClient): Promise<{ readonly timeMs: number; readonly placed: number } | null> {
  const flux = `${await pointsOf(client, MEASUREMENTS.snapshot, 'placed')} |> last() |> keep(columns: ["_time", "_value"])`;
  for await (const { _time = '', _value } of client.query(flux)) return { timeMs: Date.parse(_time), placed: Number(_value) };
  return null;
}

/** The position to which a projection's points are there, null when there are none of this version and event store. */
export async function storedCheckpoint(client: InfluxClient, { name, version }: Projection, storeId: string): Promise<Position | null> {
  const more = `r.projection == ${toFluxValue(name)} and r.version == "${version}" and r.store == ${toFluxValue(toTag(storeId))}`;
  for await (const { _value } of client.query(`${await pointsOf(client, MEASUREMENTS.checkpoint, 'position', { more })} |> last()`)) return _value ?? null;
  return null;
}

/** The first and the last time of all counts, null when there are none. */
export async function countedTime(client: InfluxClient): Promise<{ readonly firstMs: number; readonly lastMs: number } | null> {
  const points = await pointsOf(client, MEASUREMENTS.counts, 'count');
  const times = [...(await timesOf(client, `${points} |> first()`)), ...(await timesOf(client, `${points} |> last()`))].sort((a, b) => a - b);
  const [firstMs, lastMs] = [times[0], times.at(-1)];
  return firstMs === undefined || lastMs === undefined ? null : { firstMs, lastMs };
}

/** The counts of the minutes from `fromMs` to `toMs` (exclusive), both whole minutes, by minute and type; at most `limit`. */
export async function countsBetween(client: InfluxClient, fromMs: number, toMs: number, options: { types?: readonly string[]; limit?: number } = {}): Promise<MinuteCount[]> {
  const { types, limit } = options;
  const more = types === undefined ? {} : { more: `(${types.map((type) => `r.type == ${toFluxValue(type)}`).join(' or ')})` };
  const points = await pointsOf(client, MEASUREMENTS.counts, 'count', { fromMs, toMs, ...more });
  const flux = `${points}
  |> aggregateWindow(every: 1m, fn: max, createEmpty: false, timeSrc: "_start")
  |> keep(columns: ["_time", "type", "_value"])
  |> group()
  |> sort(columns: ["_time", "type"])${limit === undefined ? '' : ` |> limit(n: ${limit})`}`;
  const counts: MinuteCount[] = [];
  for await (const row of client.query(flux)) {
    counts.push({ minute: isoTime(Date.parse(row['_time'] ?? '')), type: row['type'] as MinuteCount['type'], count: Number(row['_value']) });
  }
  return counts;
}

async function timesOf(client: InfluxClient, flux: string): Promise<number[]> {
  const times: number[] = [];
  for await (const { _time = '' } of client.query(`${flux} |> keep(columns: ["_time"])`)) times.push(Date.parse(_time));
  return times;
}
