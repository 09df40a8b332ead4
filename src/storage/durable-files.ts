import { copyFile, open } from 'node:fs/promises';

/** Copies a file, which is on the disk when this resolves; its name is only once its folder is synced. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await syncFile(to);
}

/** Writes a new file, which is on the disk when this resolves; its name is only once its folder is synced. Thrown: `EEXIST`. */
export async function writeDurably(file: string, content: Buffer | string, mode = 0o666): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes what was written to a file durable. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync().finally(() => handle.close());
}

/** Makes a folder's list of files durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
