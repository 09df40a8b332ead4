import { stat } from 'node:fs/promises';
import AsyncDatabase from 'libsql/promise';
import type { Clock } from '../clock.js';
import { syncFile } from './durable-files.js';

const LOOK_EVERY_MS = 200;

interface Connection {
  exec(sql: string): Promise<void>;
  prepare(sql: string): Promise<{ all(values: readonly never[]): Record<string, unknown>[] | Promise<Record<string, unknown>[]> }>;
  close(): void;
}

/** How many bytes a copy of the database has at most; also while another process works on it. */
export async function databaseBytes(file: string): Promise<number> {
  return withConnection(file, async (connection) => {
    const [pages, size] = [await pragma(connection, 'page_count'), await pragma(connection, 'page_size')];
    return Number(pages) * Number(size);
  });
}

/**
 * Copies a database as it is at one moment into a new file, while any process may work on it: a reader like others, which
 * keeps nobody waiting; what is written meanwhile is not in the copy. The copy is on the disk when this resolves.
 * Thrown: what SQLite says, also when `target` is there or the disk is full.
 */
export async function copyDatabase(source: string, target: string, clock: Clock, onBytes: (bytes: number) => void): Promise<void> {
  const ended = new AbortController();
  const watching = watch(target, clock, ended.signal, onBytes);
  try {
    await withConnection(source, (connection) => connection.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`));
    await syncFile(target);
  } finally {
    ended.abort();
    await watching;
  }
}

async function withConnection<T>(file: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = new AsyncDatabase(file, {}) as Connection;
  try {
    await connection.exec('PRAGMA busy_timeout = 5000');
    return await use(connection);
  } finally {
    connection.close();
  }
}

async function pragma(connection: Connection, text: string): Promise<unknown> {
  const [row] = await (await connection.prepare(`PRAGMA ${text}`)).all([]);
  return row?.[text.split(' ')[0] as string];
}

async function watch(file: string, clock: Clock, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    const { size } = await stat(file).catch(() => ({ size: 0 }));
    onBytes(size);
  }
}
