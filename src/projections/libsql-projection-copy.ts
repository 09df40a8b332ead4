import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crashPoint } from '../crash-point.js';
import type { Position } from '../event-store/event-store.js';
import type { EmbeddedDatabase, WriteStatement } from '../storage/embedded-database.js';
import type { SqlValue } from '../storage/libsql-connection.js';
import { ReadModelUnavailable, type CopySummary, type ParkedEvent, type ProjectionCopy, type ProjectionStep } from './projection-sink.js';
import type { Projection, ProjectionRow, StoredRow } from './projection.js';

/** Rows per query: some 5 ms of the event loop. */
const PAGE_ROWS = 500;

/** A copy of a read model as a table of its own: `key`, `position` and the projection's columns. */
export class LibsqlProjectionCopy implements ProjectionCopy {
  readonly id: string;
  private isPrepared = false;

  private constructor(
    private readonly db: EmbeddedDatabase,
    readonly projection: Projection,
    readonly copyId: number,
    readonly table: string,
    private readonly statements: { upsert: WriteStatement; setCheckpoint: WriteStatement; park: WriteStatement },
  ) {
    this.id = String(copyId);
  }

  /** A copy whose table and row in `projection_copies` are there. */
  static async on(db: EmbeddedDatabase, projection: Projection, copyId: number): Promise<LibsqlProjectionCopy> {
    const table = tableName(projection.name, copyId);
    const columns = columnsOf(projection);
    const names = ['key', 'position', ...columns.map(quote)];
    const changes = names.slice(1).map((name) => `${name} = excluded.${name}`);
    return new LibsqlProjectionCopy(db, projection, copyId, table, {
      upsert: await db.writeStatement(
        `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
         ON CONFLICT (key) DO UPDATE SET ${changes.join(', ')} WHERE excluded.position > position`,
      ),
      setCheckpoint: await db.writeStatement('UPDATE projection_copies SET checkpoint = ? WHERE id = ?'),
      park: await db.writeStatement(
        `INSERT OR IGNORE INTO parked_events (copy_id, position, stream, revision, event_id, type, error, parked_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
    });
  }

  async checkpoint(): Promise<Position | null> {
    const row = this.read(() => this.db.get<{ checkpoint: string | null }>('SELECT checkpoint FROM projection_copies WHERE id = ?', this.copyId));
    if (!row) throw this.gone();
    return row.checkpoint;
  }

  async load(keys: readonly string[]): Promise<ReadonlyMap<string, StoredRow>> {
    const rows = new Map<string, StoredRow>();
    const sql = `SELECT * FROM ${this.table} WHERE key IN (SELECT value FROM json_each(?))`;
    for (let from = 0; from < keys.length; from += PAGE_ROWS) {
      if (from > 0) await nextTurn();
      const page = JSON.stringify(keys.slice(from, from + PAGE_ROWS));
      for (const row of this.read(() => this.db.all<FlatRow>(sql, page))) rows.set(row.key, toStored(row));
    }
    return rows;
  }

  /** All rows, in pages, by key. A row that changes meanwhile comes as it was or as it is. */
  async *pages(): AsyncIterable<readonly StoredRow[]> {
    const sql = `SELECT * FROM ${this.table} WHERE key > ? ORDER BY key LIMIT ${PAGE_ROWS}`;
    for (let after = ''; ; await nextTurn()) {
      const page = this.read(() => this.db.all<FlatRow>(sql, after)).map(toStored);
      if (page.length > 0) yield page;
      if (page.length < PAGE_ROWS) return;
      after = page.at(-1)?.key ?? after;
    }
  }

  /** An index that is made of all rows at once costs less than one that is kept up row by row. Other writes wait for one at a time. */
  async prepare(signal?: AbortSignal): Promise<void> {
    if (this.isPrepared) return;
    for (const index of indexDefinitions(this.projection, this.table)) {
      signal?.throwIfAborted();
      try {
        await this.db.define(index);
      } catch (error) {
        throw new ReadModelUnavailable(`cannot index ${this.table} in ${this.db.file}: ${String(error)}`, { cause: error });
      }
    }
    this.isPrepared = true;
  }

  async save({ rows, checkpoint, parked }: ProjectionStep): Promise<void> {
    const { upsert, setCheckpoint, park } = this.statements;
    const columns = columnsOf(this.projection);
    const work = () => {
      for (const row of rows) upsert.run(row.key, row.position, ...columns.map((column) => row.values[column] as SqlValue));
      for (const p of parked) park.run(this.copyId, p.position, p.stream, p.revision, p.eventId, p.type, p.error, p.parkedAt);
      if (setCheckpoint.run(checkpoint, this.copyId).changes === 0) throw this.gone();
      crashPoint('rows-committing');
    };
    try {
      await this.db.write(work);
      crashPoint('rows-committed');
    } catch (error) {
      if (error instanceof ReadModelUnavailable) throw error;
      throw new ReadModelUnavailable(`cannot write ${this.table} in ${this.db.file}: ${String(error)}`, { cause: error });
    }
  }

  /** SQLite makes one text of each page, which is five times quicker than objects. */
  async summary(): Promise<CopySummary> {
    const names = ['key', 'position', ...columnsOf(this.projection).map(quote)].join(', ');
    const sql = `SELECT count(*) AS rows, max(key) AS last, json_group_array(json_array(${names})) AS text
      FROM (SELECT * FROM ${this.table} WHERE key > ? ORDER BY key LIMIT ${PAGE_ROWS})`;
    const hash = createHash('sha256');
    let rows = 0;
    for (let after = ''; ; ) {
      const page = this.read(() => this.db.get<{ rows: number; last: string; text: string }>(sql, after));
      if (!page || page.rows === 0) return { rows, checksum: hash.digest('hex') };
      // The brackets would tell where a page begins, which is no property of the rows.
      hash.update(`${page.text.slice(1, -1)},`);
      rows += page.rows;
      after = page.last;
      await nextTurn();
    }
  }

  async parked(limit: number): Promise<readonly ParkedEvent[]> {
    const sql = `SELECT position, stream, revision, event_id AS eventId, type, error, parked_at AS parkedAt
      FROM parked_events WHERE copy_id = ? ORDER BY position LIMIT ?`;
    return this.read(() => this.db.all<ParkedEvent>(sql, this.copyId, limit));
  }

  async countParked(): Promise<number> {
    return this.read(() => this.db.get<{ n: number }>('SELECT count(*) AS n FROM parked_events WHERE copy_id = ?', this.copyId))?.n ?? 0;
  }

  private read<T>(query: () => T): T {
    try {
      return query();
    } catch (error) {
      throw new ReadModelUnavailable(`cannot read ${this.table} in ${this.db.file}: ${String(error)}`, { cause: error });
    }
  }

  private gone(): ReadModelUnavailable {
    return new ReadModelUnavailable(`copy ${this.id} of ${this.projection.name} is gone`);
  }
}

interface FlatRow extends ProjectionRow {
  readonly key: string;
  readonly position: string;
}

function toStored({ key, position, ...values }: FlatRow): StoredRow {
  return { key, position, values };
}

/** `alarms_per_minute_7`; a copy's id never comes again, so neither does its table. */
export function tableName(projection: string, copyId: number): string {
  return `${projection.replaceAll('-', '_')}_${copyId}`;
}

/** The statement that makes the table of a copy. */
export function tableDefinition(projection: Projection, table: string): string {
  const columns = columnsOf(projection).map((column) => {
    const type = projection.columns[column] ?? 'text';
    return `${quote(column)} ${type.startsWith('text') ? 'TEXT' : 'INTEGER'}${type.endsWith(' or null') ? '' : ' NOT NULL'}`;
  });
  return `CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY, position TEXT NOT NULL, ${columns.join(', ')});`;
}

/** The statements that make its indexes, one each. */
export function indexDefinitions(projection: Projection, table: string): readonly string[] {
  return projection.indexes.map((on) => `CREATE INDEX IF NOT EXISTS ${table}_by_${on.join('_')} ON ${table} (${on.map(quote).join(', ')});`);
}

function columnsOf(projection: Projection): readonly string[] {
  return Object.keys(projection.columns);
}

function quote(column: string): string {
  return `"${column}"`;
}
