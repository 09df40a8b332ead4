import { randomUUID } from 'node:crypto';
import { Application } from '../application.js';
import { systemClock } from '../clock.js';
import { readConfig, type Config } from '../config.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { LibsqlMessageLog } from '../message-log/libsql-message-log.js';
import { backUp } from '../moving/backup.js';
import { BackupRefused } from '../moving/backup-manifest.js';
import { endRestore, restoreFiles } from '../moving/restore.js';
import { claimLostAttempts } from '../notifications/claim-lost-attempts.js';
import { ROLES } from '../roles.js';
import { DataDirLock } from '../storage/data-dir-lock.js';
import type { BackupCommandDeps } from './backup-command.js';
import { UNREACHED } from './unreached.js';

/** Thrown: `BackupRefused`. */
export const backUpDataDir: BackupCommandDeps['backUp'] = (target, onProgress) => backUp(embeddedConfig('backup'), target, systemClock, onProgress);

/** Thrown: `BackupRefused`, `DataDirInUse`. */
export const restoreDataDir: BackupCommandDeps['restore'] = async (backup, onProgress) => {
  const config = embeddedConfig('restore');
  const { dataDir } = config;
  const lock = DataDirLock.acquire(dataDir, { isRestoring: true });
  const { takenAt, files } = await restoreFiles(backup, dataDir, onProgress).catch((error: unknown) => {
    lock.release();
    throw error;
  });
  const application = await Application.create({ ...config, roles: new Set(ROLES), ...UNREACHED, logLevel: 'error' }, lock);
  let processed = 0;
  try {
    await application.drain((done, of, what) => {
      processed = of;
      onProgress(done, of, what);
    });
  } finally {
    await application.stop();
  }
  const again = DataDirLock.acquire(dataDir, { isRestoring: true });
  try {
    const possiblySent = await leaveTimeline(dataDir);
    await endRestore(dataDir);
    return { takenAt, files: files.length, processed, possiblySent };
  } finally {
    again.release();
  }
};

/** What was done after the backup is lost, but not undone: e-mails have gone, and alarms had ids that must not come again for others. */
async function leaveTimeline(dataDir: string): Promise<number> {
  const log = await LibsqlMessageLog.open(dataDir, { clock: systemClock });
  // Seconds, since a later restore must have a higher one.
  await log.beginTimeline(Math.floor(systemClock.now() / 1000)).finally(() => log.close());
  const store = await LibsqlEventStore.open(dataDir, { clock: systemClock });
  return claimLostAttempts(store, systemClock, `${randomUUID()}/before-restore`).finally(() => store.close());
}

function embeddedConfig(command: string): Config {
  const config = readConfig(process.env);
  const outside = [...(config.kafka === null ? [] : ['KAFKA_BROKERS']), ...(config.eventStoreUrl === null ? [] : ['EVENTSTORE_URL'])];
  if (outside.length > 0) throw new BackupRefused(`vigia ${command} is for log and events in the data folder, but ${outside.join(' and ')} ${outside.length > 1 ? 'are' : 'is'} set: those servers have backups of their own`);
  return config;
}
