import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a file that appears under its name when it is complete, in the place of one that was there; `mode` is that of a new file.
 * Thrown: an error naming the file, but those of `passes` as they are.
 */
export async function writeWholeFile(file: string, text: AsyncIterable<string>, { mode = 0o666, passes = () => false }: { readonly mode?: number; readonly passes?: (error: unknown) => boolean } = {}): Promise<void> {
  const partial = `${file}.part`;
  try {
    // One that a crash has left would keep its own mode.
    await rm(partial, { force: true });
    await pipeline(Readable.from(text), createWriteStream(partial, { mode }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    if (passes(error)) throw error;
    throw new Error(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
