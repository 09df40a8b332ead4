import { join } from 'node:path';
import { crashPoint } from '../crash-point.js';
import { EmbeddedDatabase, type WriteStatement } from '../storage/embedded-database.js';
import { LibsqlProjectionCopy, tableDefinition, tableName } from './libsql-projection-copy.js';
import { PLACES_SCHEMA, PlacesTable } from './places-table.js';
import { ReadModelUnavailable, type ProjectionCopy, type ProjectionSink } from './projection-sink.js';
import type { Projection } from './projection.js';

/**
 * `is_live` decides which copy readers see; `definition` are the columns and indexes that the copy was made
 * with, `copy_stores` names the event store from whose events.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS projection_copies (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  definition TEXT NOT NULL,
  checkpoint TEXT,
  is_live INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS live_copies ON projection_copies (name) WHERE is_live = 1;
CREATE TABLE IF NOT EXISTS copy_stores (copy_id INTEGER PRIMARY KEY, store_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parked_events (
  copy_id INTEGER NOT NULL,
  position TEXT NOT NULL,
  stream TEXT NOT NULL,
  revision INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  error TEXT NOT NULL,
  parked_at TEXT NOT NULL,
  PRIMARY KEY (copy_id, position)
) WITHOUT ROWID;
${PLACES_SCHEMA}`;

interface CopyRow {
  id: number;
  name: string;
  version: number;
  definition: string;
  /** Empty for a copy of an unnamed event store. */
  storeId: string;
}

const COPIES = "SELECT id, name, version, definition, coalesce(store_id, '') AS storeId FROM projection_copies LEFT JOIN copy_stores ON copy_id = id";

/**
 * The read models in `<dir>/read-models.db`, a table for each copy of a projection, and the places of the sensors beside them.
 *
 * Commits do not wait for the disk: rows and checkpoint are one transaction, so what a power failure takes is projected again,
 * and the fsyncs of events and e-mails have the disk to themselves.
 */
export class LibsqlProjectionSink implements ProjectionSink {
  /** The live copies, so that a read need not look them up. */
  private readonly live = new Map<string, CopyRow>();

  private constructor(
    readonly db: EmbeddedDatabase,
    readonly places: PlacesTable,
    readonly storeId: string,
    private readonly statements: Readonly<Record<'add' | 'addStore' | 'unsetLive' | 'setLive' | 'remove' | 'removeStore' | 'removeParked', WriteStatement>>,
  ) {
    for (const row of db.all<CopyRow>(`${COPIES} WHERE is_live = 1`)) this.live.set(row.name, row);
  }

  /**
   * Opens or creates the file, for models of the events of the store `storeId`; without one of a store that has
   * no name, as in a spec. Thrown: an error naming the file when it is no sound database.
   */
  static async open(dir: string, storeId = ''): Promise<LibsqlProjectionSink> {
    const db = await EmbeddedDatabase.open(join(dir, 'read-models.db'), SCHEMA, 'checkpoints');
    return new LibsqlProjectionSink(db, await PlacesTable.on(db), storeId, {
      add: await db.writeStatement('INSERT INTO projection_copies (name, version, definition, is_live) VALUES (?, ?, ?, 0) RETURNING id'),
      addStore: await db.writeStatement('INSERT INTO copy_stores (copy_id, store_id) VALUES (?, ?)'),
      unsetLive: await db.writeStatement('UPDATE projection_copies SET is_live = 0 WHERE name = ? AND is_live = 1'),
      setLive: await db.writeStatement('UPDATE projection_copies SET is_live = 1 WHERE id = ?'),
      remove: await db.writeStatement('DELETE FROM projection_copies WHERE id = ? AND is_live = 0'),
      removeStore: await db.writeStatement('DELETE FROM copy_stores WHERE copy_id = ?'),
      removeParked: await db.writeStatement('DELETE FROM parked_events WHERE copy_id = ?'),
    });
  }

  /** The event stores that the live copies were made from. */
  get madeFrom(): ReadonlySet<string> {
    return new Set([...this.live.values()].map(({ storeId }) => storeId));
  }

  async openLive(projection: Projection): Promise<LibsqlProjectionCopy | 'outdated' | null> {
    const row = this.live.get(projection.name);
    if (!row) return null;
    const isCurrent = row.version === projection.version && row.definition === definitionOf(projection) && row.storeId === this.storeId;
    if (!isCurrent) return 'outdated';
    return LibsqlProjectionCopy.on(this.db, projection, row.id);
  }

  /**
   * The table of the live copy, for reads. An older version of the projection is read as long as its columns
   * are the same. Thrown: `ReadModelUnavailable`.
   */
  liveTable(projection: Projection): { readonly table: string; readonly copyId: number } {
    const row = this.live.get(projection.name);
    if (!row) throw new ReadModelUnavailable(`read model ${projection.name} was never built`);
    if (row.definition !== definitionOf(projection)) throw new ReadModelUnavailable(`read model ${projection.name} is being rebuilt with other columns`);
    return { table: tableName(row.name, row.id), copyId: row.id };
  }

  async createCopy(projection: Projection): Promise<LibsqlProjectionCopy> {
    const { name, version } = projection;
    return this.run(`make a copy of ${name}`, async () => {
      const id = await this.db.write(() => {
        const added = Number(this.statements.add.get(name, version, definitionOf(projection))?.['id']);
        this.statements.addStore.run(added, this.storeId);
        return added;
      });
      await this.db.define(tableDefinition(projection, tableName(name, id)));
      return LibsqlProjectionCopy.on(this.db, projection, id);
    });
  }

  async makeLive(copy: ProjectionCopy): Promise<void> {
    const { name, version } = copy.projection;
    const id = Number(copy.id);
    const before = this.live.get(name);
    await copy.prepare?.();
    await this.run(`switch ${name}`, () =>
      this.db.write(() => {
        this.statements.unsetLive.run(name);
        if (this.statements.setLive.run(id).changes === 0) throw new Error(`copy ${copy.id} is gone`);
      }),
    );
    crashPoint('rebuild-switched');
    this.live.set(name, { id, name, version, definition: definitionOf(copy.projection), storeId: this.storeId });
    if (before && before.id !== id) await this.remove(before);
  }

  async drop(copy: ProjectionCopy): Promise<void> {
    const { name } = copy.projection;
    if (this.live.get(name)?.id === Number(copy.id)) throw new Error(`copy ${copy.id} of ${name} is live`);
    await this.remove({ id: Number(copy.id), name });
  }

  async dropLeftovers(): Promise<void> {
    const leftovers = await this.run('look for leftovers', async () => this.db.all<CopyRow>(`${COPIES} WHERE is_live = 0`));
    for (const leftover of leftovers) await this.remove(leftover);
  }

  close(): Promise<void> {
    return this.db.close();
  }

  /** The table goes first: its row tells a later start that there is something to remove. */
  private async remove({ id, name }: Pick<CopyRow, 'id' | 'name'>): Promise<void> {
    await this.run(`remove copy ${id} of ${name}`, async () => {
      await this.db.define(`DROP TABLE IF EXISTS ${tableName(name, id)}`);
      await this.db.write(() => {
        this.statements.remove.run(id);
        this.statements.removeStore.run(id);
        this.statements.removeParked.run(id);
      });
    });
  }

  private async run<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new ReadModelUnavailable(`cannot ${what} in ${this.db.file}: ${String(error)}`, { cause: error });
    }
  }
}

function definitionOf({ columns, indexes }: Projection): string {
  return JSON.stringify({ columns, indexes });
}
