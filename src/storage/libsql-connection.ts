import { statSync } from 'node:fs';
import SyncDatabase from 'libsql';
import AsyncDatabase from 'libsql/promise';

/** What a large transaction has made of the write-ahead log, such as that of an index, is given back to the disk down to this. */
const LOG_BYTES = 32 * 1024 * 1024;

export type SqlValue = string | number | bigint | Buffer | null;

/** The part of libsql that is used; its own types are `any`. */
export interface Connection {
  exec(sql: string): unknown;
  prepare(sql: string): unknown;
  close(): void;
}
export interface Statement {
  run(values: readonly SqlValue[]): { changes: number };
  all(values: readonly SqlValue[]): Record<string, unknown>[];
}

/**
 * What a power failure may take of what has resolved; `kill -9` takes nothing of either. `commits`: nothing, at an fsync for
 * each commit. `checkpoints`: the last transactions, never one without all after it; for what is made from other data and goes on from where it stands.
 */
export type SyncedAt = 'commits' | 'checkpoints';
const SYNCHRONOUS: Readonly<Record<SyncedAt, string>> = { commits: 'FULL', checkpoints: 'NORMAL' };

/** Such a file is read to its end at the start: a second or so. A larger one is checked when it is backed up. */
const LARGEST_CHECKED_BYTES = 1024 * 1024 * 1024;

/** The file is no database, is damaged, or can't be reached. */
export class DatabaseUnusable extends Error {
  constructor(file: string, why: string, options?: ErrorOptions) {
    super(`cannot open database ${file}: ${why}`, options);
    this.name = 'DatabaseUnusable';
  }
}

/** The connection of a file's only writer: statements run on the caller's thread, `exec` on another. Opens or creates the file and runs `schema`. Thrown: `DatabaseUnusable`. */
export async function openWriter(file: string, schema: string, syncedAt: SyncedAt): Promise<Connection> {
  return usable(file, async () => {
    const writer = new AsyncDatabase(file, {}) as Connection;
    await writer.exec('PRAGMA busy_timeout = 5000');
    await writer.exec('PRAGMA journal_mode = WAL');
    await writer.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
    // The library would sort the keys of an index in memory, 100 MB for a million rows.
    await writer.exec('PRAGMA temp_store = FILE');
    await writer.exec(`PRAGMA synchronous = ${SYNCHRONOUS[syncedAt]}`);
    if (statSync(file).size <= LARGEST_CHECKED_BYTES) await requireSound(writer);
    await writer.exec(schema);
    return writer;
  });
}

/** A read-only connection, all of it on the caller's thread. Thrown: `DatabaseUnusable`. */
export async function openReader(file: string): Promise<Connection> {
  return usable(file, async () => {
    const reader = new SyncDatabase(file, {}) as Connection;
    await reader.exec('PRAGMA busy_timeout = 5000');
    await reader.exec('PRAGMA query_only = 1');
    return reader;
  });
}

async function usable<T>(file: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const isDamaged = error instanceof Error && 'code' in error && DAMAGE.has(String(error.code));
    throw new DatabaseUnusable(file, isDamaged ? `it is damaged (${error.message}); bring back a backup, as docs/backup.md says` : String(error), { cause: error });
  }
}

/** Codes of SQLite for a file that is no database, or no sound one. */
const DAMAGE = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

/** Looks at every page's structure; what a row says is not known to it. Thrown: an error with SQLite's code and its first finding. */
async function requireSound(connection: Connection): Promise<void> {
  // The writer's library gives rows by a promise.
  const statement = (await connection.prepare('PRAGMA quick_check(1)')) as { all(values: readonly SqlValue[]): Promise<Record<string, unknown>[]> };
  const [first] = await statement.all([]);
  const finding = String(first?.['quick_check']).replaceAll(/\s+/g, ' ');
  if (finding !== 'ok') throw Object.assign(new Error(finding), { code: 'SQLITE_CORRUPT' });
}
