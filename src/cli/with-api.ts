import { Application } from '../application.js';
import { readConfig, readsEvents } from '../config.js';
import { DataDirInUse, DataDirLock } from '../storage/data-dir-lock.js';
import { ApiClient } from './api-client.js';

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
    const url = error instanceof DataDirInUse ? error.holder?.consoleUrl : null;
    if (!url) throw error;
    return use(new ApiClient(url));
  }
  const application = await Application.create({ ...config, bindAddress: '127.0.0.1', consolePort: 0, logLevel: 'error' }, lock);
  try {
    return await use(new ApiClient(await application.startConsole()));
  } finally {
    await application.stop();
  }
}
