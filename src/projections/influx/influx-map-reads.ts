import { toFluxValue } from '@influxdata/influxdb-client';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALARM_TYPES, type AlarmType } from '../../alarm-domain/reading.js';
import type { Totals } from '../cell-totals.js';
import { checkPrefixLength, mapAnswer, plus, type ActiveCells, type MapAnswer, type MapSource } from '../map-answer.js';
import { quietCell, type MapCell } from '../map-cell.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import type { InfluxClient } from './influx-client.js';
import { MEASUREMENTS, NOWHERE, PLACES_SEPARATOR, toTag } from './influx-points.js';
import { lastPlaces, pointsOf, storedCheckpoint } from './influx-reads.js';
import { sensorState } from './sensor-state.projection.js';

const OPEN_TYPES = ALARM_TYPES.map((type) => `r.type == "${type}"`).join(' or ');

/** Places added up in one go: some 4 ms of the event loop. */
const SLICE_PLACES = 10_000;

/** The sensors of one snapshot, and what was added up of them: by prefix length and zone, at most 9 × 11. */
interface Snapshot {
  readonly timeMs: number;
  /** Zone → where its sensors are, ascending. */
  readonly places: Promise<ReadonlyMap<string, readonly string[]>>;
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
    // The position before what it is the position of.
    const [snapshot, position] = await Promise.all([lastPlaces(client), storedCheckpoint(client, sensorState, storeId)]);
    if (snapshot === null) throw new ReadModelUnavailable('InfluxDB has no snapshot of the sensors yet');
    const { timeMs, placed } = snapshot;
    const [totals, active, unplaced] = await Promise.all([
      this.totalsOf(timeMs, placed, prefixLength, zone ?? null),
      this.activeCells(timeMs, prefixLength, zone),
      zone === undefined ? this.countUnplaced(timeMs) : 0,
    ]);
    return mapAnswer(totals, active, unplaced, position);
  }

  private async activeCells(snapshotMs: number, prefixLength: number, zone: string | undefined): Promise<ActiveCells> {
    const ofZone = zone === undefined ? '' : ` and r.zone == ${toFluxValue(toTag(zone))}`;
    const points = await pointsOf(this.client, MEASUREMENTS.state, 'active', { fromMs: snapshotMs, more: `(${OPEN_TYPES})${ofZone}` });
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

  private async totalsOf(timeMs: number, placed: number, prefixLength: number, zone: string | null): Promise<Totals> {
    if (this.snapshot?.timeMs !== timeMs) this.snapshot = { timeMs, places: this.placesAt(timeMs, placed), totals: new Map() };
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

  private async placesAt(timeMs: number, placed: number): Promise<ReadonlyMap<string, readonly string[]>> {
    const points = await pointsOf(this.client, MEASUREMENTS.places, 'geohashes', { fromMs: timeMs, toMs: timeMs + 1 });
    const places = new Map<string, string[]>();
    let found = 0;
    for await (const { zone = '', _value = '' } of this.client.query(`${points} |> keep(columns: ["zone", "_value"])`)) {
      const geohashes = _value.split(PLACES_SEPARATOR);
      found += geohashes.length;
      const ofZone = places.get(zone);
      if (ofZone) ofZone.push(...geohashes);
      else places.set(zone, geohashes);
    }
    // A later snapshot takes the place of this one, also while it is read.
    if (found !== placed) throw new ReadModelUnavailable(`InfluxDB has the places of ${found} sensors instead of ${placed}`);
    return places;
  }
}

async function addUp(places: ReadonlyMap<string, readonly string[]>, prefixLength: number, zone: string | null): Promise<Totals> {
  const sensors = new Map<string, number>();
  for (const geohashes of zone === null ? places.values() : [places.get(toTag(zone)) ?? []]) {
    for (let from = 0; from < geohashes.length; from += SLICE_PLACES) {
      for (const geohash of geohashes.slice(from, from + SLICE_PLACES)) {
        const cell = geohash.slice(0, prefixLength);
        sensors.set(cell, (sensors.get(cell) ?? 0) + 1);
      }
      await nextTurn();
    }
  }
  // Ascending in each zone already: what is left is to merge them.
  const cells: MapCell[] = [...sensors.keys()].sort().map((cell) => quietCell(cell, sensors.get(cell) ?? 0));
  return { cells, indexOf: new Map(cells.map(({ geohash }, index) => [geohash, index])) };
}
