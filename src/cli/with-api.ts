import { Application } from '../application.js';
import { readConfig } from '../config.js';
import { readsEvents } from '../roles.js';
import { DataDirInUse, DataDirLock } from '../storage/data-dir-lock.js';
import { ApiClient } from './api-client.js';
import { UNREACHED } from './unreached.js';

/** The command asks for what only a process with certain roles has. */
export class NoConsole extends Error {
  constructor(needed: string, roles: ReadonlySet<string>) {
    super(`this command needs a process with role ${needed}, but VIGIA_ROLES is ${[...roles].join()}; give it the data folder and the roles of one that has it`);
    this.name = 'NoConsole';
  }
}

/**
 * Gives `use` the API over the data folder: that of the process that works on it, or of one that is started
 * here for as long as `use` takes, which takes no readings, handles none and sends no mail. Thrown: `NoConsole`, `DataDirInUse`.
 */
export async function withApi<T>(use: (api: ApiClient) => Promise<T>, { needsConsole = false } = {}): Promise<T> {
  const config = readConfig(process.env);
  if (needsConsole && !config.roles.has('console')) throw new NoConsole('console', config.roles);
  if (!readsEvents(config)) throw new NoConsole('project, notify or console', config.roles);
  let lock: DataDirLock;
  try {
    lock = DataDirLock.acquire(config.dataDir);
  } catch (error) {
    const holder = error instanceof DataDirInUse ? error.holder : null;
    if (!holder?.consoleUrl || !holder.token) throw error;
    return use(new ApiClient(holder.consoleUrl, holder.token));
  }
  const application = await Application.create({ ...config, ...UNREACHED, logLevel: 'error' }, lock);
  try {
    return await use(new ApiClient(await application.startConsole(), application.localToken));
  } finally {
    await application.stop();
  }
}
