import { copyFile, open } from 'node:fs/promises';

/** Copies a file, which is on the disk when this resolves; its name is only once its folder is synced. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  await file.sync().finally(() => file.close());
}

/** Makes a folder's list of files durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
