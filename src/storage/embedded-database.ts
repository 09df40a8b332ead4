import { setImmediate as nextTurn } from 'node:timers/promises';
import { openReader, openWriter, type Connection, type SqlValue, type Statement, type SyncedAt } from './libsql-connection.js';

/** Why a group holds no more: a longer transaction would keep the first of its writers waiting for too long. */
const MAX_GROUP = 1024;

/** Writes that are run without a break: some 5 ms of the event loop. */
const SLICE = 256;

/** Statements kept ready per connection; the adapters have some tens. */
const MAX_STATEMENTS = 200;

/** A prepared statement of the writer; to be used only inside the `work` of `write`. */
export interface WriteStatement {
  run(...values: SqlValue[]): { readonly changes: number };
  get(...values: SqlValue[]): Record<string, unknown> | undefined;
}

interface QueuedWrite {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface QueuedDefinition {
  readonly sql: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The commit failed; it may or may not have reached the disk. */
export class CommitOutcomeUnknown extends Error {
  constructor(file: string, cause: unknown) {
    super(`commit to ${file} failed: ${String(cause)}`, { cause });
    this.name = 'CommitOutcomeUnknown';
  }
}

/**
 * One database file: a writer with group commit and a read-only connection.
 *
 * Statements run on the caller's thread (about 5 µs a row), the commit with its fsync on another; writes
 * that come meanwhile share the next transaction, at most 1,024. A write that throws is undone alone: the transaction is
 * undone and run again, each write in a savepoint, which takes two calls more of each.
 * In WAL mode, synchronous=FULL: what has resolved survives kill -9 and, unless opened otherwise (`SyncedAt`), power loss.
 */
export class EmbeddedDatabase {
  private readonly queue: QueuedWrite[] = [];
  private readonly definitions: QueuedDefinition[] = [];
  private readonly readStatements = new Map<string, Statement>();
  private readonly writeStatements = new Map<string, WriteStatement>();
  private draining: Promise<void> | null = null;
  private closed = false;
  private undoneCount = 0;

  private constructor(
    readonly file: string,
    private readonly writer: Connection,
    private readonly reader: Connection,
    private readonly savepoint: { begin: WriteStatement; release: WriteStatement; undo: WriteStatement },
  ) {}

  /** Opens or creates `file` and runs `schema`, which must be repeatable (IF NOT EXISTS). Thrown: `DatabaseUnusable` when it is not a sound database. */
  static async open(file: string, schema: string, syncedAt: SyncedAt = 'commits'): Promise<EmbeddedDatabase> {
    const writer = await openWriter(file, schema, syncedAt);
    return new EmbeddedDatabase(file, writer, await openReader(file), {
      begin: toWriteStatement(await writer.prepare('SAVEPOINT one_write')),
      release: toWriteStatement(await writer.prepare('RELEASE one_write')),
      undo: toWriteStatement(await writer.prepare('ROLLBACK TO one_write')),
    });
  }

  /** How often something that a write had done was undone: what is remembered of the rows from before then may be wrong. */
  get undone(): number {
    return this.undoneCount;
  }

  /** How many writes wait for a transaction. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Prepares a statement of the writer; the same text gives the same statement. */
  async writeStatement(sql: string): Promise<WriteStatement> {
    let statement = this.writeStatements.get(sql);
    if (!statement) {
      statement = toWriteStatement(await this.writer.prepare(sql));
      keep(this.writeStatements, sql, statement);
    }
    return statement;
  }

  /**
   * Runs `work`, which is synchronous, in a transaction and resolves with its value once that is durable. It may be run a
   * second time after the first was undone, so it changes nothing but the database.
   * Thrown: what `work` threw, after undoing it; `CommitOutcomeUnknown` when the commit failed.
   */
  write<T>(work: () => T): Promise<T> {
    if (this.closed) return Promise.reject(new Error(`database ${this.file} is closed`));
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.draining ??= this.drain();
    });
  }

  /** Runs statements that define tables, between two transactions; writes wait for them. */
  define(sql: string): Promise<void> {
    if (this.closed) return Promise.reject(new Error(`database ${this.file} is closed`));
    return new Promise<void>((resolve, reject) => {
      this.definitions.push({ sql, resolve, reject });
      this.draining ??= this.drain();
    });
  }

  /** All rows of a query, each an object by column, from the read-only connection. Holds the event loop for about 10 µs a row: ask for pages. */
  all<T extends object = Record<string, unknown>>(sql: string, ...values: SqlValue[]): T[] {
    let statement = this.readStatements.get(sql);
    if (!statement) {
      statement = this.reader.prepare(sql) as Statement;
      keep(this.readStatements, sql, statement);
    }
    const rows = statement.all(values);
    for (const row of rows) delete row['_metadata'];
    return rows as T[];
  }

  get<T extends object = Record<string, unknown>>(sql: string, ...values: SqlValue[]): T | undefined {
    return this.all<T>(sql, ...values)[0];
  }

  /** Waits for the writes in the queue, then closes both connections. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    while (this.draining) await this.draining;
    this.reader.close();
    this.writer.close();
  }

  private async drain(): Promise<void> {
    // One turn of the event loop, so that writes made together are committed together.
    await nextTurn();
    while (this.queue.length > 0 || this.definitions.length > 0) {
      // By turns: neither waits for more than one of the other kind.
      const definition = this.definitions.shift();
      if (definition) await this.runDefinition(definition);
      if (this.queue.length > 0) await this.commitGroup(this.queue.splice(0, MAX_GROUP));
    }
    this.draining = null;
  }

  private async runDefinition({ sql, resolve, reject }: QueuedDefinition): Promise<void> {
    try {
      await this.writer.exec(sql);
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  private async commitGroup(group: readonly QueuedWrite[]): Promise<void> {
    let settle: readonly (() => void)[];
    try {
      settle = (await this.runTogether(group)) ?? (await this.runEachAlone(group));
    } catch (error) {
      await this.rollback();
      for (const write of group) write.reject(error);
      return;
    }
    try {
      await this.writer.exec('COMMIT');
    } catch (error) {
      await this.rollback();
      for (const write of group) write.reject(new CommitOutcomeUnknown(this.file, error));
      return;
    }
    for (const tell of settle) tell();
  }

  /** Begins a transaction and runs the writes; what they say to their callers waits for the commit. Null when one has thrown: nothing of any is left. */
  private async runTogether(group: readonly QueuedWrite[]): Promise<(() => void)[] | null> {
    await this.writer.exec('BEGIN IMMEDIATE');
    try {
      return await inSlices(group, ({ work, resolve }) => {
        const value = work();
        return () => resolve(value);
      });
    } catch {
      await this.rollback();
      return null;
    }
  }

  /** The same with a savepoint for each write, so that one that throws is undone alone. */
  private async runEachAlone(group: readonly QueuedWrite[]): Promise<(() => void)[]> {
    await this.writer.exec('BEGIN IMMEDIATE');
    return inSlices(group, (write) => this.runAlone(write));
  }

  private runAlone(write: QueuedWrite): () => void {
    this.savepoint.begin.run();
    try {
      const value = write.work();
      this.savepoint.release.run();
      return () => write.resolve(value);
    } catch (error) {
      this.undoneCount += 1;
      try {
        this.savepoint.undo.run();
        this.savepoint.release.run();
      } catch {
        // A full disk, for one, ends the whole transaction and its savepoints: nothing of the group was stored.
        throw error;
      }
      return () => write.reject(error);
    }
  }

  private async rollback(): Promise<void> {
    this.undoneCount += 1;
    try {
      await this.writer.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself when the transaction is gone.
    }
  }
}

/** Other work has its turn in between; nothing else uses the writer meanwhile. */
async function inSlices(group: readonly QueuedWrite[], run: (write: QueuedWrite) => () => void): Promise<(() => void)[]> {
  const settle: (() => void)[] = [];
  for (const [index, write] of group.entries()) {
    if (index > 0 && index % SLICE === 0) await nextTurn();
    settle.push(run(write));
  }
  return settle;
}

function toWriteStatement(prepared: unknown): WriteStatement {
  const statement = prepared as Statement & { get(values: readonly SqlValue[]): Record<string, unknown> | undefined };
  return {
    run: (...values) => statement.run(values),
    get: (...values) => statement.get(values),
  };
}

function keep<T>(statements: Map<string, T>, sql: string, statement: T): void {
  if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value as string);
  statements.set(sql, statement);
}
