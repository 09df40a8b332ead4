import { toFluxValue } from '@influxdata/influxdb-client';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALARM_TYPES, type AlarmType } from '../../alarm-domain/reading.js';
import type { Totals } from '../cell-totals.js';
import { checkPrefixLength, mapAnswer, plus, type ActiveCells, type MapAnswer, type MapSource } from '../map-answer.js';
import { quietCell, type MapCell } from '../map-cell.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import { SLOW_READ_LIMIT_MS, type InfluxClient } from './influx-client.js';
import { MEASUREMENTS, NONE, NOWHERE, toTag, type Place } from './influx-points.js';
import { lastSnapshotMs, pointsOf, storedCheckpoint } from './influx-reads.js';
import { sensorState } from './sensor-state.projection.js';

/** Places added up in one go: some 4 ms of the event loop. */
const SLICE_PLACES = 10_000;

/** The sensors of one snapshot, and what was added up of them: by prefix length and zone, at most 9 × 11. */
interface Snapshot {
  readonly timeMs: number;
  /** By ascending geohash. */
  readonly places: Promise<readonly Place[]>;
  readonly totals: Map<string, Promise<Totals>>;
}

/** The world map from InfluxDB: the last snapshot of all sensors and the changes since. */
export class InfluxMapReads implements MapSource {
  private snapshot: Snapshot | null = null;

  constructor(
    private readonly client: InfluxClient,
    private readonly storeId: string,
  ) {}

  /** The sensors of a snapshot are read once; each time only what changed since. A sensor that moved is in its old cell until the next snapshot. */
  async cells(prefixLength: number, zone?: string): Promise<MapAnswer> {
    checkPrefixLength(prefixLength);
    const { client, storeId } = this;
    const timeMs = await lastSnapshotMs(client);
    if (timeMs === null) throw new ReadModelUnavailable('InfluxDB has no snapshot of the sensors yet');
    const totals = await this.totalsOf(timeMs, prefixLength, zone ?? null);
    const position = await storedCheckpoint(client, sensorState, storeId);
    const active = await this.activeCells(timeMs, prefixLength, zone);
    const unplaced = zone === undefined ? await this.countUnplaced(timeMs) : 0;
    return mapAnswer(totals, active, unplaced, position);
  }

  private async activeCells(snapshotMs: number, prefixLength: number, zone: string | undefined): Promise<ActiveCells> {
    const ofZone = zone === undefined ? '' : ` and r.zone == ${toFluxValue(toTag(zone))}`;
    const points = await pointsOf(this.client, MEASUREMENTS.state, 'active', { fromMs: snapshotMs, more: `r.type != "${NONE}"${ofZone}` });
    const flux = `${points} |> last() |> filter(fn: (r) => r._value == 1) |> keep(columns: ["sensor", "type", "geohash"]) |> group()`;
    const sensors = new Map<string, { readonly geohash: string; readonly types: Set<string> }>();
    for await (const { sensor = '', type = '', geohash = '' } of this.client.query(flux)) {
      const known = sensors.get(sensor);
      if (known) known.types.add(type);
      else sensors.set(sensor, { geohash, types: new Set([type]) });
    }
    const cells: ActiveCells = new Map();
    for (const { geohash, types } of sensors.values()) {
      const cell = geohash === NOWHERE.geohash ? null : geohash.slice(0, prefixLength);
      const byType = Object.fromEntries(ALARM_TYPES.map((type) => [type, types.has(type) ? 1 : 0])) as Record<AlarmType, number>;
      cells.set(cell, plus(cells.get(cell), { active: 1, byType, worst: 'active' }));
    }
    return cells;
  }

  private async countUnplaced(snapshotMs: number): Promise<number> {
    const points = await pointsOf(this.client, MEASUREMENTS.state, 'active', { fromMs: snapshotMs, more: `r.zone == "${NOWHERE.zone}"` });
    for await (const { _value } of this.client.query(`${points} |> last() |> group() |> distinct(column: "sensor") |> count()`)) return Number(_value);
    return 0;
  }

  private async totalsOf(timeMs: number, prefixLength: number, zone: string | null): Promise<Totals> {
    if (this.snapshot?.timeMs !== timeMs) this.snapshot = { timeMs, places: this.placesAt(timeMs), totals: new Map() };
    const { snapshot } = this;
    const key = `${prefixLength} ${zone}`;
    const totals = snapshot.totals.get(key) ?? snapshot.places.then((places) => addUp(places, prefixLength, zone));
    snapshot.totals.set(key, totals);
    try {
      return await totals;
    } catch (error) {
      if (this.snapshot === snapshot) this.snapshot = null;
      throw error;
    }
  }

  private async placesAt(timeMs: number): Promise<readonly Place[]> {
    const points = await pointsOf(this.client, MEASUREMENTS.state, 'active', { fromMs: timeMs, toMs: timeMs + 1, more: `r.type == "${NONE}" and r.zone != "${NOWHERE.zone}"` });
    const places: Place[] = [];
    const flux = `${points} |> group() |> keep(columns: ["geohash", "zone"])`;
    for await (const { geohash = '', zone = '' } of this.client.query(flux, SLOW_READ_LIMIT_MS)) places.push({ geohash, zone });
    // The server takes twice as long when it sorts.
    return places.sort((a, b) => (a.geohash < b.geohash ? -1 : 1));
  }
}

async function addUp(places: readonly Place[], prefixLength: number, zone: string | null): Promise<Totals> {
  const cells: MapCell[] = [];
  const tag = zone === null ? null : toTag(zone);
  for (let from = 0; from < places.length; from += SLICE_PLACES) {
    if (from > 0) await nextTurn();
    for (const place of places.slice(from, from + SLICE_PLACES)) {
      if (tag !== null && place.zone !== tag) continue;
      const cell = place.geohash.slice(0, prefixLength);
      const before = cells.at(-1)?.geohash === cell ? cells.pop() : undefined;
      cells.push(quietCell(cell, 1 + (before?.sensors ?? 0)));
    }
  }
  return { cells, indexOf: new Map(cells.map(({ geohash }, index) => [geohash, index])) };
}
