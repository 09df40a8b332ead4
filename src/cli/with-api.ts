import { Application } from '../application.js';
import { readConfig } from '../config.js';
import { DataDirInUse, DataDirLock } from '../storage/data-dir-lock.js';
import { ApiClient } from './api-client.js';

/**
 * Gives `use` the API over the data folder: that of the process that works on it, or of one that is started
 * here for as long as `use` takes, which takes no readings, handles none and sends no mail.
 */
export async function withApi<T>(use: (api: ApiClient) => Promise<T>): Promise<T> {
  const config = readConfig(process.env);
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
