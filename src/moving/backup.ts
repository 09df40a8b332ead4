import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isoTime, type Clock } from '../clock.js';
import { USERS_FILE } from '../config.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import type { Progress } from '../ingestion/reconcile.js';
import { lastReceipt } from '../ingestion/undrained.js';
import { LibsqlMessageLog } from '../message-log/libsql-message-log.js';
import { SENSOR_TOPICS } from '../message-log/message-log.js';
import { copyDatabase, databaseBytes } from '../storage/copy-database.js';
import { DataDirLock } from '../storage/data-dir-lock.js';
import { copyDurably, syncFolder, writeDurably } from '../storage/durable-files.js';
import { BACKUP_DATABASES, BackupRefused, fileDigest, MANIFEST, manifestText, type BackupManifest } from './backup-manifest.js';

/** Room that is left beside the copies, for what is written while they are made. */
const SPARE_BYTES = 16 * 1024 * 1024;

const MAILBOX = 'mailbox';

/** Read into memory for a moment each; so that fsync does not take a turn of the disk for each of them. */
const MAILS_AT_A_TIME = 16;

export interface BackupReport {
  readonly takenAt: string;
  readonly files: number;
  readonly bytes: number;
}

/** Where the application keeps what is to be copied. */
export interface BackupSource {
  readonly dataDir: string;
  /** Who may log in; copied when it is in the data folder under its own name. */
  readonly usersFile: string;
}

/**
 * Copies a data folder into a new folder `target`, while any process may work on it; each database as it is at one moment.
 *
 * Events first, then the log, then customers, mailbox and accounts: so every record that a receipt names is in the log, every note
 * that an event tells of is there, and no mail that is recorded as sent is missing. What the log has beyond the events is
 * processed after the restore, to the same events. The folder appears under its name when it is complete and on the disk.
 * Thrown: `BackupRefused`.
 */
export async function backUp({ dataDir, usersFile }: BackupSource, target: string, clock: Clock, onProgress: Progress): Promise<BackupReport> {
  const [final, partial] = [resolve(target), `${resolve(target)}.partial`];
  if (existsSync(final)) throw new BackupRefused(`${final} is there already; name a folder that is not`);
  const databases = BACKUP_DATABASES.filter((name) => existsSync(join(dataDir, name)));
  if (!databases.includes('event-store.db') || !databases.includes('message-log.db')) {
    throw new BackupRefused(`data folder ${dataDir} has no events and no message log; set VIGIA_DATA_DIR to the folder that has`);
  }
  const lock = await lockPartial(partial);
  try {
    const takenAt = isoTime(clock.now());
    await copyAll({ dataDir, usersFile, partial, databases, clock, onProgress });
    await requireWhole(partial, clock);
    const report = await writeManifest(partial, takenAt);
    lock.release();
    await rm(join(partial, 'lock.db'));
    await syncFolder(partial);
    await rename(partial, final);
    await syncFolder(dirname(final));
    return report;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error instanceof BackupRefused ? error : new BackupRefused(`the backup to ${final} failed, and what there was of it is removed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** What a backup that was killed has left is begun anew, unless that one still runs. Thrown: `DataDirInUse`, `BackupRefused`. */
async function lockPartial(partial: string): Promise<DataDirLock> {
  try {
    // It holds customers' data.
    await mkdir(partial, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new BackupRefused(`cannot make folder ${partial}: ${String(error)}`, { cause: error });
  }
  const lock = DataDirLock.acquire(partial);
  for (const name of await readdir(partial)) if (!/^(lock\.db.*|running\.json)$/.test(name)) await rm(join(partial, name), { recursive: true });
  return lock;
}

interface CopyToMake extends BackupSource {
  readonly partial: string;
  readonly databases: readonly string[];
  readonly clock: Clock;
  readonly onProgress: Progress;
}

async function copyAll({ dataDir, usersFile, partial, databases, clock, onProgress }: CopyToMake): Promise<void> {
  const sizes = await Promise.all(databases.map((name) => databaseBytes(join(dataDir, name))));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const { bavail, bsize } = await statfs(partial);
  if (bavail * bsize < total + SPARE_BYTES) throw new BackupRefused(`no room for the backup: it needs ${megabytes(total + SPARE_BYTES)}, ${partial} has ${megabytes(bavail * bsize)} free`);
  let before = 0;
  for (const [index, name] of databases.entries()) {
    await copyDatabase(join(dataDir, name), join(partial, name), clock, (bytes) => onProgress(Math.min(before + bytes, total), total, `bytes, ${name}`));
    before += sizes[index] ?? 0;
    onProgress(before, total, `bytes, ${name}`);
  }
  await copyMailbox(join(dataDir, MAILBOX), join(partial, MAILBOX), onProgress);
  // It is only ever replaced as a whole; the copy is readable by its owner alone, as it is. One beside which another file is configured holds at no start.
  if (resolve(usersFile) === resolve(dataDir, USERS_FILE) && existsSync(usersFile)) await copyDurably(usersFile, join(partial, USERS_FILE));
}

/** A mail that was begun and has not its name yet is none; one that has will never change. */
async function copyMailbox(from: string, to: string, onProgress: Progress): Promise<void> {
  if (!existsSync(from)) return;
  await mkdir(to);
  const names = (await readdir(from)).filter((name) => name === '.mailbox-id' || (name.endsWith('.eml') && !name.startsWith('.')));
  for (let index = 0; index < names.length; index += MAILS_AT_A_TIME) {
    await Promise.all(names.slice(index, index + MAILS_AT_A_TIME).map((name) => copyDurably(join(from, name), join(to, name))));
    onProgress(index, names.length, 'e-mails');
  }
  await syncFolder(to);
}

/** Opens the copies and looks whether they go together. Thrown: `BackupRefused` when records were trimmed from the log that the events do not know of yet. */
async function requireWhole(folder: string, clock: Clock): Promise<void> {
  const store = await LibsqlEventStore.open(folder, { clock });
  const log = await LibsqlMessageLog.open(folder, { clock });
  try {
    for (const topic of SENSOR_TOPICS) {
      for (const { partition, startOffset, endOffset } of await log.describe(topic)) {
        const next = ((await lastReceipt(store, log.identity, topic, partition))?.last ?? -1) + 1;
        if (next > 0 && startOffset > next) throw new BackupRefused(`${topic}-${partition}: offsets ${next} to ${startOffset - 1} were processed and trimmed while the backup was made; make it again, or set a longer VIGIA_LOG_RETENTION_HOURS`);
        if (endOffset < next) throw new BackupRefused(`${topic}-${partition} ends at offset ${endOffset}, but the events tell of records up to ${next - 1}: log and events are not of one application`);
      }
    }
  } finally {
    await Promise.all([store.close(), log.close()]);
  }
  // Nothing was written: what SQLite has made beside the files is empty.
  for (const name of await readdir(folder)) if (/\.db-(wal|shm)$/.test(name)) await rm(join(folder, name));
}

async function writeManifest(folder: string, takenAt: string): Promise<BackupReport> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.startsWith(`${MAILBOX}/`) || name === USERS_FILE || BACKUP_DATABASES.some((database) => database === name));
  const files: BackupManifest['files'] = [];
  for (const name of names.sort()) {
    const { size } = await stat(join(folder, name));
    files.push({ name, bytes: size, sha256: await fileDigest(join(folder, name)) });
  }
  await writeDurably(join(folder, MANIFEST), manifestText({ takenAt, files }));
  return { takenAt, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MB`;
}
