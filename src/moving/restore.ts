import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Progress } from '../ingestion/reconcile.js';
import { RESTORING } from '../storage/data-dir-lock.js';
import { copyDurably, syncFolder } from '../storage/durable-files.js';
import { BackupRefused, fileDigest, readManifest, type BackupManifest } from './backup-manifest.js';

/** What the lock of a data folder needs; everything else is data. */
const LOCK_FILES = /^(lock\.db.*|running\.json)$/;

/**
 * Copies the files of a backup into a data folder that has none, and checks each. Until `endRestore` the folder is marked as
 * of no use; a restore that was broken off is begun anew. The folder must be locked. Thrown: `BackupRefused`, after which
 * the folder is as empty as before.
 */
export async function restoreFiles(backup: string, dataDir: string, onProgress: Progress): Promise<BackupManifest> {
  const manifest = await readManifest(backup);
  await requireEmpty(dataDir);
  await writeFile(join(dataDir, RESTORING), '');
  await syncFolder(dataDir);
  try {
    await copyFiles(manifest, backup, dataDir, onProgress);
  } catch (error) {
    await clear(dataDir);
    throw error instanceof BackupRefused ? error : new BackupRefused(`the restore from ${backup} failed, and what there was of it is removed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return manifest;
}

/** The folder can be used. */
export async function endRestore(dataDir: string): Promise<void> {
  await rm(join(dataDir, RESTORING));
  await syncFolder(dataDir);
}

async function requireEmpty(dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, RESTORING))) return clear(dataDir);
  const [other] = (await readdir(dataDir)).filter((name) => !LOCK_FILES.test(name));
  if (other !== undefined) throw new BackupRefused(`data folder ${dataDir} is not empty (${other}); set VIGIA_DATA_DIR to a new folder`);
}

/** The mark goes last. */
async function clear(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) if (!LOCK_FILES.test(name) && name !== RESTORING) await rm(join(dataDir, name), { recursive: true });
  await rm(join(dataDir, RESTORING));
}

async function copyFiles({ files }: BackupManifest, backup: string, dataDir: string, onProgress: Progress): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const { name, bytes, sha256 } of files) {
    const [from, to] = [join(backup, name), join(dataDir, name)];
    const found = await stat(from).catch(() => null);
    if (found?.size !== bytes) throw new BackupRefused(`${from} ${found === null ? 'is missing' : `has ${found.size} bytes, expected ${bytes}`}: the backup is damaged`);
    await mkdir(dirname(to), { recursive: true });
    await copyDurably(from, to);
    if ((await fileDigest(to)) !== sha256) throw new BackupRefused(`${from} is not as it was when the backup was made: the backup is damaged`);
    done += bytes;
    onProgress(done, total, `bytes, ${name}`);
  }
  for (const folder of new Set(files.map(({ name }) => dirname(join(dataDir, name))))) await syncFolder(folder);
}
