import { toFluxValue } from '@influxdata/influxdb-client';
import type { Clock } from '../../clock.js';
import type { LibsqlProjectionCopy } from '../libsql-projection-copy.js';
import type { PlacesTable } from '../places-table.js';
import type { StoredRow } from '../projection.js';
import type { Bucket } from './influx-bucket.js';
import { BATCH_LINES, SLOW_READ_LIMIT_MS, type InfluxClient, type WriteTerm } from './influx-client.js';
import { horizonMs, type InfluxMeasure } from './influx-measure.js';
import { MEASUREMENTS, NONE, NOWHERE, ns, placesLine, presenceLine, snapshotLine, stateLine } from './influx-points.js';
import { lastSnapshotMs } from './influx-reads.js';
import { sensorState, type SensorStateRow } from './sensor-state.projection.js';

/** Every sensor's state is written anew so often, so that a dashboard need not look back further, and it outlives the bucket's retention. */
export const SNAPSHOT_MS = 86_400_000;

/** During an import the places change all the time. */
const LEAST_SNAPSHOT_MS = 10_000;

/** A removed customer's points are deleted sensor by sensor, some ms each; with more than these all history goes at once. */
const MOST_SINGLE_DELETIONS = 100;

/**
 * `sensor_state`: a snapshot of all sensors, then a point for every change (ADR 12).
 *
 * A snapshot has one point a sensor (type `none`) and one for each open alarm, all at one time, and is told by a
 * point of `sensor_state_snapshot` at that time once it is whole. Readers take what is at or after the last such
 * time: so a sensor that moved or is gone, or a wrong state, is right with the next snapshot, in one step.
 */
export class SensorStateMeasure implements InfluxMeasure {
  readonly projection = sensorState;
  /** Points of changes are later than this. */
  private snapshotMs = 0;
  private taken: { readonly revision: number; readonly atMs: number; readonly term: WriteTerm } | null = null;

  constructor(
    private readonly client: InfluxClient,
    private readonly places: PlacesTable,
    private readonly clock: Clock,
  ) {}

  lines(steps: readonly StoredRow[], bucket: Bucket, isLive: boolean): string[] {
    const oldestMs = horizonMs(bucket, this.clock);
    // What a rebuild writes are the points that were written before; readers begin after them.
    const earliestMs = isLive ? this.snapshotMs + 1 : 0;
    return rowsOf(steps)
      .map((row) => ({ row, timeMs: Math.max(Date.parse(row.changedAt), earliestMs) }))
      .filter(({ timeMs }) => timeMs >= oldestMs)
      .map(({ row, timeMs }) => stateLine(row, this.placeOf(row.sensorId), ns(timeMs, row.changes % 1_000_000)));
  }

  /** Also when readers begin at a snapshot that is not ours: a writer before us, frozen at the wrong moment, may have told of it late. */
  async isDue(term: WriteTerm): Promise<boolean> {
    const { taken } = this;
    if (taken?.term !== term) return true;
    const ageMs = this.clock.now() - taken.atMs;
    if (ageMs >= SNAPSHOT_MS) return true;
    if (ageMs < LEAST_SNAPSHOT_MS) return false;
    return taken.revision !== this.places.revision || (await lastSnapshotMs(this.client)) !== this.snapshotMs;
  }

  async restore(rows: LibsqlProjectionCopy, term: WriteTerm): Promise<void> {
    const { revision } = this.places;
    const { active, sensors, lastMs } = await statesIn(rows);
    const timeMs = Math.max(this.clock.now(), lastMs + 1, this.snapshotMs + 1, ((await lastSnapshotMs(this.client)) ?? 0) + 1);
    // Also when it fails half way: what it has written may not hide a change that comes after.
    this.snapshotMs = timeMs;

    const placed = new Set<number>();
    let lines: string[] = [];
    for await (const page of this.places.pages()) {
      for (const { sensorId } of page) placed.add(sensorId);
      lines.push(...page.map((place) => presenceLine(place.sensorId, place, timeMs)));
      if (lines.length < BATCH_LINES) continue;
      await this.client.write(lines, term);
      lines = [];
    }
    await this.client.write(lines, term);
    const unplaced = [...sensors].filter((sensorId) => !placed.has(sensorId));
    await this.client.write(unplaced.map((sensorId) => presenceLine(sensorId, NOWHERE, timeMs)), term);
    await this.client.write(active.map((row) => stateLine(row, this.placeOf(row.sensorId), ns(timeMs))), term);
    const listed = await this.writePlaces(timeMs, term);
    await this.client.write([snapshotLine(placed.size + unplaced.length, listed, timeMs)], term);
    await this.forgetRemoved(placed, timeMs, term);
    this.taken = { revision, atMs: this.clock.now(), term };
  }

  /** Gives how many sensors are listed. */
  private async writePlaces(timeMs: number, term: WriteTerm): Promise<number> {
    let listed = 0;
    const lines: string[] = [];
    for await (const { zone, geohashes } of this.places.geohashes()) {
      listed += geohashes.length;
      lines.push(placesLine(zone, geohashes, timeMs, lines.length));
    }
    await this.client.write(lines, term);
    return listed;
  }

  /** Deletes where sensors were that are no customer's any more (P5). */
  private async forgetRemoved(placed: ReadonlySet<number>, snapshotMs: number, term: WriteTerm): Promise<void> {
    const removed: string[] = [];
    for await (const { _value: sensor = '' } of this.client.query(placedSensors((await this.client.bucket()).name), SLOW_READ_LIMIT_MS)) {
      if (!placed.has(Number(sensor))) removed.push(sensor);
    }
    await this.client.delete(0, snapshotMs - 1, `_measurement="${MEASUREMENTS.places}"`, term);
    const all = `_measurement="${MEASUREMENTS.state}"`;
    const predicates = removed.length > MOST_SINGLE_DELETIONS ? [all] : removed.map((sensor) => `${all} AND sensor="${sensor}"`);
    for (const predicate of predicates) await this.client.delete(0, snapshotMs - 1, predicate, term);
  }

  private placeOf(sensorId: number) {
    return this.places.find(sensorId) ?? NOWHERE;
  }
}

/** Sensors that have a point with a place, however old. */
const placedSensors = (bucket: string): string => `
import "influxdata/influxdb/schema"
schema.tagValues(bucket: ${toFluxValue(bucket)}, tag: "sensor", start: 0, stop: 2200-01-01T00:00:00Z, predicate: (r) => r._measurement == "${MEASUREMENTS.state}" and r.zone != "${NONE}")`;

async function statesIn(copy: LibsqlProjectionCopy): Promise<{ active: SensorStateRow[]; sensors: Set<number>; lastMs: number }> {
  const active: SensorStateRow[] = [];
  const sensors = new Set<number>();
  let last = '';
  for await (const page of copy.pages()) {
    for (const row of rowsOf(page)) {
      sensors.add(row.sensorId);
      if (row.active === 1) active.push(row);
      if (row.changedAt > last) last = row.changedAt;
    }
  }
  return { active, sensors, lastMs: last === '' ? 0 : Date.parse(last) };
}

function rowsOf(rows: readonly StoredRow[]): SensorStateRow[] {
  return rows.map(({ values }) => values as SensorStateRow);
}
