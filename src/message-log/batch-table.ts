import { randomUUID } from 'node:crypto';
import { EmbeddedDatabase, type WriteStatement } from '../storage/embedded-database.js';
import { ALL_TOPICS, PARTITIONS, type SensorTopic, type Timeline } from './message-log.js';

/**
 * The embedded log's tables: one row per record batch, whose id is the order of all commits.
 *
 * AUTOINCREMENT, so that no id comes again after all rows were deleted: consumers stand at ids. `bytes`
 * is the last column, so that a scan of the others does not read it.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1), identity TEXT NOT NULL, last_append_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS partitions (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    base_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL, appended_at_ms INTEGER NOT NULL, bytes BLOB NOT NULL);
  CREATE UNIQUE INDEX IF NOT EXISTS batches_by_offset ON batches (topic, partition, last_offset);
  CREATE INDEX IF NOT EXISTS sensor_batches ON batches (partition) WHERE topic IN ('ENTRY', 'OK');
  CREATE TABLE IF NOT EXISTS timelines (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, from_offset INTEGER NOT NULL, epoch INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS probe (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), bytes BLOB NOT NULL);
`;

/** A read gives no more than this, so that the event loop is not held for long, but always one row. */
const MAX_READ_BYTES = 512 * 1024;
const MAX_READ_ROWS = 256;

/** Bytes that a deletion frees; each page of a freed blob has to be read. */
const MAX_DELETE_BYTES = 1024 * 1024;
const MAX_DELETE_ROWS = 100;

/** About as much as a commit of some appends needs on the disk. */
const PROBE_BYTES = 64 * 1024;

export interface BatchRow {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
}

export interface PartitionRow {
  readonly partition: number;
  readonly nextOffset: number;
}

interface SizedRow {
  readonly id: number;
  readonly lastOffset: number;
  readonly size: number;
}

/** The SQL of the embedded log. Reads see what is committed; the statements of a write run inside one only. */
export class BatchTable {
  private constructor(
    private readonly db: EmbeddedDatabase,
    readonly identity: string,
    private readonly statements: Record<'lastAppend' | 'setLastAppend' | 'nextOffset' | 'setNextOffset' | 'insert' | 'probe' | 'remove' | 'beginTimeline', WriteStatement>,
  ) {}

  /** `maxFileBytes` bounds the database's size; 0 for no bound but the disk's. */
  static async open(file: string, maxFileBytes: number): Promise<BatchTable> {
    const db = await EmbeddedDatabase.open(file, SCHEMA);
    if (maxFileBytes > 0) {
      const pageBytes = db.get<{ page_size: number }>('PRAGMA page_size')!.page_size;
      await db.define(`PRAGMA max_page_count = ${Math.ceil(maxFileBytes / pageBytes)}`);
    }
    const setUp = await db.writeStatement('INSERT OR IGNORE INTO log VALUES (1, ?, 0)');
    const addPartition = await db.writeStatement('INSERT OR IGNORE INTO partitions VALUES (?, ?, 0)');
    if (!db.get('SELECT 1 FROM log')) {
      await db.write(() => {
        setUp.run(randomUUID());
        for (const topic of ALL_TOPICS) {
          for (let partition = 0; partition < PARTITIONS; partition += 1) addPartition.run(topic, partition);
        }
      });
    }
    const { identity } = db.get<{ identity: string }>('SELECT identity FROM log')!;
    return new BatchTable(db, identity, {
      lastAppend: await db.writeStatement('SELECT last_append_ms AS ms FROM log'),
      setLastAppend: await db.writeStatement('UPDATE log SET last_append_ms = ?'),
      nextOffset: await db.writeStatement('SELECT next_offset AS next FROM partitions WHERE topic = ? AND partition = ?'),
      setNextOffset: await db.writeStatement('UPDATE partitions SET next_offset = ? WHERE topic = ? AND partition = ?'),
      insert: await db.writeStatement('INSERT INTO batches (topic, partition, base_offset, last_offset, appended_at_ms, bytes) VALUES (?, ?, ?, ?, ?, ?)'),
      probe: await db.writeStatement(`INSERT OR REPLACE INTO probe VALUES (1, zeroblob(${PROBE_BYTES}))`),
      remove: await db.writeStatement('DELETE FROM batches WHERE topic = ? AND partition = ? AND last_offset <= ?'),
      beginTimeline: await db.writeStatement('INSERT OR REPLACE INTO timelines SELECT topic, partition, next_offset, ? FROM partitions WHERE topic = ?'),
    });
  }

  /** Runs `work` in a transaction; see `EmbeddedDatabase.write`. Thrown: what `work` threw, also when SQLite has undone the whole transaction for it. */
  async write<T>(work: () => T): Promise<T> {
    const failed: { error?: unknown } = {};
    try {
      return await this.db.write(() => {
        delete failed.error; // of a first run that was undone
        try {
          return work();
        } catch (error) {
          failed.error = error;
          throw error;
        }
      });
    } catch (error) {
      throw failed.error ?? error;
    }
  }

  close(): Promise<void> {
    return this.db.close();
  }

  // ---- inside a write ---------------------------------------------------------------------------

  /** The time of this write's records: the clock's, but always after that of the write before. */
  takeAppendTime(nowMs: number): number {
    const appendedAtMs = Math.max(nowMs, Number(this.statements.lastAppend.get()!['ms']) + 1);
    this.statements.setLastAppend.run(appendedAtMs);
    return appendedAtMs;
  }

  nextOffset(topic: string, partition: number): number {
    return Number(this.statements.nextOffset.get(topic, partition)!['next']);
  }

  setNextOffset(topic: string, partition: number, next: number): void {
    this.statements.setNextOffset.run(next, topic, partition);
  }

  insert(topic: string, partition: number, baseOffset: number, lastOffset: number, appendedAtMs: number, bytes: Buffer): void {
    this.statements.insert.run(topic, partition, baseOffset, lastOffset, appendedAtMs, bytes);
  }

  beginTimeline(topic: string, epoch: number): void {
    this.statements.beginTimeline.run(epoch, topic);
  }

  /** Writes something of no meaning, to see whether the disk takes it. */
  probe(): void {
    this.statements.probe.run();
  }

  // ---- reads ------------------------------------------------------------------------------------

  partitions(topic: string): PartitionRow[] {
    return this.db.all<PartitionRow>('SELECT partition, next_offset AS nextOffset FROM partitions WHERE topic = ? ORDER BY partition', topic);
  }

  /** The newest timeline of a partition, null when it was never restored. */
  timeline(topic: string, partition: number): Timeline | null {
    const sql = 'SELECT from_offset AS fromOffset, epoch FROM timelines WHERE topic = ? AND partition = ?';
    return this.db.get<Timeline>(sql, topic, partition) ?? null;
  }

  /** The first offset still there, null when no row is. */
  firstOffset(topic: string, partition: number): number | null {
    const sql = 'SELECT base_offset AS base FROM batches WHERE topic = ? AND partition = ? ORDER BY last_offset LIMIT 1';
    return this.db.get<{ base: number }>(sql, topic, partition)?.base ?? null;
  }

  /** The first offset of the first row appended after a time, null when there is none. */
  firstOffsetAfter(topic: string, partition: number, appendedAtMs: number): number | null {
    const sql = 'SELECT min(base_offset) AS base FROM batches WHERE topic = ? AND partition = ? AND appended_at_ms > ?';
    return this.db.get<{ base: number | null }>(sql, topic, partition, appendedAtMs)?.base ?? null;
  }

  /** The id of the newest row of all, 0 when there is none. */
  newestId(): number {
    return this.db.get<{ id: number | null }>('SELECT max(id) AS id FROM batches')!.id ?? 0;
  }

  /** The id of the row that holds `offset`, or of the first one after it; null when there is none yet. */
  idAt(topic: string, partition: number, offset: number): number | null {
    const sql = 'SELECT id FROM batches WHERE topic = ? AND partition = ? AND last_offset >= ? ORDER BY last_offset LIMIT 1';
    return this.db.get<{ id: number }>(sql, topic, partition, offset)?.id ?? null;
  }

  /** The next rows of ENTRY and OK with this partition number, in the order of their commits. */
  sensorRowsAfter(id: number, partition: number): (BatchRow & { readonly topic: SensorTopic })[] {
    const which = "FROM batches WHERE partition = ? AND topic IN ('ENTRY', 'OK') AND id > ?";
    const sized = this.db.all<SizedRow>(`SELECT id, last_offset AS lastOffset, length(bytes) AS size ${which} ORDER BY id LIMIT ${MAX_READ_ROWS}`, partition, id);
    const last = lastWithin(sized, MAX_READ_BYTES);
    if (!last) return [];
    return this.rows(`${which} AND id <= ? ORDER BY id`, partition, id, last.id) as (BatchRow & { topic: SensorTopic })[];
  }

  /** The next rows of one partition from the one that holds `offset` on. */
  rowsFrom(topic: string, partition: number, offset: number): BatchRow[] {
    const which = 'FROM batches WHERE topic = ? AND partition = ? AND last_offset >= ?';
    const sized = this.db.all<SizedRow>(
      `SELECT id, last_offset AS lastOffset, length(bytes) AS size ${which} ORDER BY last_offset LIMIT ${MAX_READ_ROWS}`,
      topic, partition, offset,
    );
    const last = lastWithin(sized, MAX_READ_BYTES);
    return last ? this.rows(`${which} AND last_offset <= ? ORDER BY last_offset`, topic, partition, offset, last.lastOffset) : [];
  }

  private rows(which: string, ...values: (string | number)[]): BatchRow[] {
    const sql = `SELECT id, topic, partition, base_offset AS baseOffset, last_offset AS lastOffset, bytes ${which}`;
    const rows = this.db.all<Omit<BatchRow, 'bytes'> & { bytes: ArrayBuffer }>(sql, ...values);
    return rows.map((row) => ({ ...row, bytes: Buffer.from(row.bytes) }));
  }

  /**
   * Deletes some of the oldest rows of a partition, those appended before a time and wholly at or below
   * an offset; the number of deleted rows, 0 when none is left to delete.
   */
  async deleteSome(topic: string, partition: number, appendedBeforeMs: number, throughOffset: number): Promise<number> {
    const sized = this.db.all<SizedRow & { appendedAtMs: number }>(
      `SELECT id, last_offset AS lastOffset, length(bytes) AS size, appended_at_ms AS appendedAtMs FROM batches
       WHERE topic = ? AND partition = ? AND last_offset <= ? ORDER BY last_offset LIMIT ${MAX_DELETE_ROWS}`,
      topic, partition, throughOffset,
    );
    const young = sized.findIndex((row) => row.appendedAtMs >= appendedBeforeMs);
    const last = lastWithin(young < 0 ? sized : sized.slice(0, young), MAX_DELETE_BYTES);
    if (!last) return 0;
    return this.write(() => this.statements.remove.run(topic, partition, last.lastOffset).changes);
  }
}

/** The last of the rows that together hold at most so many bytes; the first one in any case. */
function lastWithin(rows: readonly SizedRow[], maxBytes: number): SizedRow | undefined {
  let bytes = 0;
  const tooMany = rows.findIndex((row, index) => (bytes += row.size) > maxBytes && index > 0);
  return tooMany < 0 ? rows.at(-1) : rows[tooMany - 1];
}
