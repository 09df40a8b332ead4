import type { EmbeddedDatabase, WriteStatement } from '../storage/embedded-database.js';
import type { EventRow } from './append-request.js';
import { WrongExpectedRevision, type ExpectedRevision } from './event-store.js';
import { decideAppend, exists, firstKept, type StreamRow } from './stream-rules.js';

/** How many events one transaction removes beyond those that it adds; about 2 ms. */
const TRIM_ROWS = 256;

/** How many of a stream's newest events are searched for a repeat of an append that expects `any`. */
const REMEMBERED_EVENTS = 64;

/** A stream that only ever grew has no row; a row knows the last revision also when no event is left. */
const SELECT_STREAM = `
  SELECT max(ifnull(last_revision, -1), ifnull((SELECT max(revision) FROM events WHERE stream = ?1), -1)) AS lastRevision,
    ifnull(origin, 0) AS origin, ifnull(is_deleted, 0) AS isDeleted, max_count AS maxCount, truncate_before AS truncateBefore
  FROM (SELECT 1) LEFT JOIN streams ON name = ?1`;

/** Streams of which the row is remembered: 10 MB at most. */
const REMEMBERED_STREAMS = 50_000;

/** Where the last event of an append stands. For an empty append to a new stream the revision is -1. */
export interface Stored {
  readonly revision: number;
  readonly position: number;
}

interface Statements {
  readonly selectStream: WriteStatement;
  readonly saveStream: WriteStatement;
  readonly insertEvent: WriteStatement;
  readonly selectEvent: WriteStatement;
  readonly findRecent: WriteStatement;
  readonly trim: WriteStatement;
}

/** The stream as committed. */
export function readStreamRow(db: EmbeddedDatabase, stream: string): StreamRow {
  return toStreamRow(db.get(SELECT_STREAM, stream));
}

/** Changes streams. Every method but `on` is to be called inside the work of `EmbeddedDatabase.write`, which makes it one transaction. */
export class StreamWriter {
  /** As they are in the transaction; all are forgotten when anything is undone. */
  private readonly remembered = new Map<string, StreamRow>();
  private undone: number;

  private constructor(
    private readonly db: EmbeddedDatabase,
    private readonly statements: Statements,
    /** The newest position given out. A write that is undone leaves a gap. */
    private lastPosition: number,
  ) {
    this.undone = db.undone;
  }

  static async on(db: EmbeddedDatabase, lastPosition: number): Promise<StreamWriter> {
    const statements: Statements = {
      selectStream: await db.writeStatement(SELECT_STREAM),
      saveStream: await db.writeStatement(
        'INSERT OR REPLACE INTO streams (name, last_revision, origin, is_deleted, max_count, truncate_before) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      insertEvent: await db.writeStatement(
        'INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ),
      selectEvent: await db.writeStatement('SELECT position, id FROM events WHERE stream = ? AND revision = ?'),
      findRecent: await db.writeStatement(
        'SELECT revision, id FROM events WHERE stream = ? AND revision >= ? AND id IN (?, ?) ORDER BY revision DESC LIMIT 1',
      ),
      trim: await db.writeStatement(
        'DELETE FROM events WHERE position IN (SELECT position FROM events WHERE stream = ? AND revision < ? ORDER BY revision LIMIT ?)',
      ),
    };
    return new StreamWriter(db, statements, lastPosition);
  }

  /** Thrown: `WrongExpectedRevision`. */
  append(stream: string, rows: readonly EventRow[], expected: ExpectedRevision): Stored {
    const before = this.load(stream);
    const decision = decideAppend(before, expected);
    const repeatsAt = decision.type === 'repeats' ? decision.at : expected === 'any' ? this.findRepeat(stream, before, rows) : null;
    if (repeatsAt !== null) {
      const repeated = this.findStored(stream, before, rows, repeatsAt);
      if (!repeated) throw new WrongExpectedRevision(stream, expected, exists(before) ? BigInt(before.lastRevision) : null);
      return repeated;
    }
    return rows.length === 0 ? { revision: before.lastRevision, position: this.lastPosition } : this.store(stream, before, rows);
  }

  setLimits(stream: string, limits: Pick<StreamRow, 'maxCount' | 'truncateBefore'>): void {
    this.save(stream, { ...this.load(stream), ...limits });
  }

  delete(stream: string): void {
    const row = this.load(stream);
    if (exists(row)) this.save(stream, { ...row, isDeleted: true, origin: row.lastRevision + 1 });
  }

  /** Removes the oldest events that no reader may see any more. */
  trim(stream: string): 'more' | 'done' {
    return this.removeBefore(stream, firstKept(this.load(stream)), TRIM_ROWS);
  }

  private store(stream: string, before: StreamRow, rows: readonly EventRow[]): Stored {
    let revision = before.lastRevision;
    for (const row of rows) {
      revision += 1;
      this.lastPosition += 1;
      this.statements.insertEvent.run(this.lastPosition, stream, revision, row.id, row.type, row.data, row.metadata);
    }
    const after: StreamRow = { ...before, isDeleted: false, lastRevision: revision };
    // A row for each append would be another page of the file, somewhere else for each stream.
    if (isPlain(before)) this.remember(stream, after);
    else this.save(stream, after);
    const first = firstKept(after);
    if (first > 0) this.removeBefore(stream, first, rows.length + TRIM_ROWS);
    return { revision, position: this.lastPosition };
  }

  private removeBefore(stream: string, revision: number, limit: number): 'more' | 'done' {
    return this.statements.trim.run(stream, revision, limit).changes === limit ? 'more' : 'done';
  }

  /** The revision from which an append to `any` repeats what is stored, by its last or its first event. */
  private findRepeat(stream: string, before: StreamRow, rows: readonly EventRow[]): number | null {
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last || !exists(before)) return null;
    const searchFrom = before.lastRevision + 1 - REMEMBERED_EVENTS - rows.length;
    const found = this.statements.findRecent.get(stream, Math.max(searchFrom, before.origin), first.id, last.id);
    if (!found) return null;
    const revision = Number(found['revision']);
    return found['id'] === last.id ? revision - rows.length + 1 : revision;
  }

  /** The result of an earlier append of the same events, null unless all of them are there from revision `at` on. */
  private findStored(stream: string, before: StreamRow, rows: readonly EventRow[], at: number): Stored | null {
    const firstStillThere = firstKept(before);
    let last: Stored | null = null;
    for (const [index, row] of rows.entries()) {
      const revision = at + index;
      // What was trimmed since can't be compared; the last event of the append must be there.
      if (revision < firstStillThere && index < rows.length - 1) continue;
      const event = this.statements.selectEvent.get(stream, revision);
      if (event?.['id'] !== row.id) return null;
      last = { revision, position: Number(event['position']) };
    }
    return last;
  }

  private load(stream: string): StreamRow {
    if (this.undone !== this.db.undone) {
      this.remembered.clear();
      this.undone = this.db.undone;
    }
    return this.remembered.get(stream) ?? this.remember(stream, toStreamRow(this.statements.selectStream.get(stream)));
  }

  private save(stream: string, row: StreamRow): void {
    this.statements.saveStream.run(stream, row.lastRevision, row.origin, row.isDeleted ? 1 : 0, row.maxCount, row.truncateBefore);
    this.remember(stream, row);
  }

  private remember(stream: string, row: StreamRow): StreamRow {
    if (this.remembered.size >= REMEMBERED_STREAMS && !this.remembered.has(stream)) this.remembered.delete(this.remembered.keys().next().value as string);
    this.remembered.set(stream, row);
    return row;
  }
}

/** Whether its events alone say all of it. */
function isPlain({ origin, isDeleted, maxCount, truncateBefore }: StreamRow): boolean {
  return origin === 0 && !isDeleted && maxCount === null && truncateBefore === null;
}

function toStreamRow(row: Record<string, unknown> | undefined): StreamRow {
  const { lastRevision, origin, isDeleted, maxCount, truncateBefore } = row as Record<keyof StreamRow, number>;
  return { lastRevision, origin, isDeleted: isDeleted === 1, maxCount, truncateBefore };
}
