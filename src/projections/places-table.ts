import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CustomerStore } from '../customers/customer-store.js';
import type { SensorPlace } from '../customers/customer.js';
import type { EmbeddedDatabase, WriteStatement } from '../storage/embedded-database.js';

const INDEXES = `
CREATE INDEX IF NOT EXISTS places_by_geohash ON places (geohash);
CREATE INDEX IF NOT EXISTS places_by_zone ON places (zone, geohash);
`;
/** Where each customer's sensor is: a copy of the customer list, beside the read models that are joined with it (ADR 5). */
export const PLACES_SCHEMA = `
CREATE TABLE IF NOT EXISTS places (sensor_id INTEGER PRIMARY KEY, geohash TEXT NOT NULL, zone TEXT NOT NULL);
${INDEXES}
CREATE TABLE IF NOT EXISTS places_state (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), version TEXT);
INSERT OR IGNORE INTO places_state VALUES (1, NULL);
`;

/** Places compared at a time: some 5 ms of the event loop, and one transaction when any differs. */
const CHUNK_ROWS = 500;

/** Geohashes read in one go: some 5 ms of the event loop. */
const GEOHASH_ROWS = 2000;

/** Sensor ids are int32. */
const LAST_SENSOR = 2 ** 31 - 1;

export class PlacesTable {
  private running: Promise<number> | null = null;
  private changes = 0;

  private constructor(
    private readonly db: EmbeddedDatabase,
    private readonly statements: { upsert: WriteStatement; remove: WriteStatement; setVersion: WriteStatement },
  ) {}

  static async on(db: EmbeddedDatabase): Promise<PlacesTable> {
    return new PlacesTable(db, {
      upsert: await db.writeStatement('INSERT OR REPLACE INTO places (sensor_id, geohash, zone) VALUES (?, ?, ?)'),
      remove: await db.writeStatement('DELETE FROM places WHERE sensor_id = ?'),
      setVersion: await db.writeStatement('UPDATE places_state SET version = ?'),
    });
  }

  /** Rises when a sync that changed something is complete: what was derived from the places is then to be derived anew. */
  get revision(): number {
    return this.changes;
  }

  /** The table has been equal to the customer list at some time. */
  get isKnown(): boolean {
    return this.syncedVersion !== null;
  }

  private get syncedVersion(): string | null {
    return this.db.get<{ version: string | null }>('SELECT version FROM places_state')?.version ?? null;
  }

  find(sensorId: number): SensorPlace | null {
    return this.db.get<SensorPlace>('SELECT sensor_id AS sensorId, geohash, zone FROM places WHERE sensor_id = ?', sensorId) ?? null;
  }

  /** All places, in pages, by ascending id. */
  async *pages(): AsyncIterable<readonly SensorPlace[]> {
    const sql = 'SELECT sensor_id AS sensorId, geohash, zone FROM places WHERE sensor_id > ? ORDER BY sensor_id LIMIT ?';
    for (let after = -1; ; await nextTurn()) {
      const page = this.db.all<SensorPlace>(sql, after, CHUNK_ROWS);
      if (page.length > 0) yield page;
      if (page.length < CHUNK_ROWS) return;
      after = page.at(-1)?.sensorId ?? after;
    }
  }

  /** Where the sensors of each zone are, without who they are: in pages, by zone and geohash. */
  async *geohashes(): AsyncIterable<{ readonly zone: string; readonly geohashes: readonly string[] }> {
    const sql = 'SELECT zone, geohash, sensor_id AS sensorId FROM places WHERE (zone, geohash, sensor_id) > (?, ?, ?) ORDER BY zone, geohash, sensor_id LIMIT ?';
    for (let after: SensorPlace = { zone: '', geohash: '', sensorId: -1 }; ; await nextTurn()) {
      const page = this.db.all<SensorPlace>(sql, after.zone, after.geohash, after.sensorId, GEOHASH_ROWS);
      for (let from = 0; from < page.length; ) {
        const { zone } = page[from] as SensorPlace;
        const to = page.findIndex((place, index) => index > from && place.zone !== zone);
        const ofZone = page.slice(from, to < 0 ? page.length : to);
        yield { zone, geohashes: ofZone.map(({ geohash }) => geohash) };
        from += ofZone.length;
      }
      if (page.length < GEOHASH_ROWS) return;
      after = page.at(-1) ?? after;
    }
  }

  /**
   * Makes the table equal to the customer list and gives the number of places that changed; nothing is read
   * when the list's version is that of the last sync. A call while one is running waits for that one.
   *
   * Both sides are walked by ascending id and only differences are written, so a sensor that is in both
   * lists is never missing, whatever moment a reader or a crash comes at. Thrown: `CustomersUnavailable`;
   * the reason of `signal` when it is aborted.
   */
  sync(customers: CustomerStore, signal?: AbortSignal): Promise<number> {
    this.running ??= this.syncOnce(customers, signal).finally(() => (this.running = null));
    return this.running;
  }

  private async syncOnce(customers: CustomerStore, signal?: AbortSignal): Promise<number> {
    // The version first: a change during the walk gives another one, and so another sync.
    const version = await customers.version();
    if (version === this.syncedVersion) return 0;
    let changed = 0;
    // The first time all come at once, by id: their indexes are made when all are there, or at the next start.
    if (!this.isKnown) await this.db.define('DROP INDEX IF EXISTS places_by_geohash; DROP INDEX IF EXISTS places_by_zone;');
    try {
      let after = -1;
      for await (const page of customers.places()) {
        signal?.throwIfAborted();
        const last = page.at(-1);
        if (!last) continue;
        changed += await this.replaceRange(after, last.sensorId, page);
        after = last.sensorId;
      }
      changed += await this.replaceRange(after, LAST_SENSOR, []);
      await this.db.define(INDEXES);
      await this.db.write(() => this.statements.setVersion.run(version));
    } finally {
      // Also after half a sync: what it wrote is there to be seen.
      if (changed > 0) this.changes += 1;
    }
    return changed;
  }

  /** Makes the rows with ids from `after` (exclusive) to `through` (inclusive) these places. */
  private async replaceRange(after: number, through: number, places: readonly SensorPlace[]): Promise<number> {
    const sql = 'SELECT sensor_id AS sensorId, geohash, zone FROM places WHERE sensor_id > ? AND sensor_id <= ? ORDER BY sensor_id LIMIT ?';
    let changed = 0;
    for (let from = after; from < through; ) {
      const stored = this.db.all<SensorPlace>(sql, from, through, CHUNK_ROWS);
      const to = stored.length < CHUNK_ROWS ? through : (stored.at(-1)?.sensorId ?? through);
      const wanted = places.filter(({ sensorId }) => sensorId > from && sensorId <= to);
      changed += await this.write(differences(stored, wanted));
      from = to;
      await nextTurn();
    }
    return changed;
  }

  private async write({ upserts, removals }: Differences): Promise<number> {
    for (let from = 0; from < upserts.length; from += CHUNK_ROWS) {
      await this.db.write(() => {
        for (const { sensorId, geohash, zone } of upserts.slice(from, from + CHUNK_ROWS)) this.statements.upsert.run(sensorId, geohash, zone);
      });
    }
    if (removals.length > 0) {
      await this.db.write(() => {
        for (const sensorId of removals) this.statements.remove.run(sensorId);
      });
    }
    return upserts.length + removals.length;
  }
}

interface Differences {
  readonly upserts: readonly SensorPlace[];
  readonly removals: readonly number[];
}

function differences(stored: readonly SensorPlace[], wanted: readonly SensorPlace[]): Differences {
  const before = new Map(stored.map((place) => [place.sensorId, place]));
  const upserts = wanted.filter((place) => {
    const old = before.get(place.sensorId);
    before.delete(place.sensorId);
    return old?.geohash !== place.geohash || old.zone !== place.zone;
  });
  return { upserts, removals: [...before.keys()] };
}
