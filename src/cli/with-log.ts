import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Application } from '../application.js';
import { readConfig } from '../config.js';
import { ROLES } from '../roles.js';
import { DataDirLock } from '../storage/data-dir-lock.js';
import type { LogCommandDeps } from './log-command.js';
import { UNREACHED } from './unreached.js';

/** There is no message log in the data folder. */
export class NoMessageLog extends Error {
  constructor(dataDir: string) {
    super(`data folder ${dataDir} has no message log; set VIGIA_DATA_DIR to the folder that has`);
    this.name = 'NoMessageLog';
  }
}

/** Gives `use` the embedded message log, whatever log is configured. Thrown: `NoMessageLog`, `DataDirInUse`. */
export const withLog: LogCommandDeps['withLog'] = async (use) => {
  const config = readConfig(process.env);
  if (!existsSync(join(config.dataDir, 'message-log.db'))) throw new NoMessageLog(config.dataDir);
  const embedded = { ...config, kafka: null, roles: new Set(ROLES), ...UNREACHED, logLevel: 'error' as const };
  const application = await Application.create(embedded, DataDirLock.acquire(config.dataDir));
  try {
    await use(application);
  } finally {
    await application.stop();
  }
};
