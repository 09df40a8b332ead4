import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const MANIFEST = 'backup.json';

/** The databases of a backup, in the order in which they are copied; see `backUp`. Read models are built anew from the events. */
export const BACKUP_DATABASES = ['event-store.db', 'message-log.db', 'customers.db'] as const;

/** What is written: format 2 may have accounts (`users.json`), of which earlier versions know nothing. */
const FORMAT = 2;
/** What is read. */
const FORMATS = [1, FORMAT] as const;

const fileName = z.string().regex(/^((event-store|message-log|customers)\.db|users\.json|mailbox\/[A-Za-z0-9.-]{1,100})$/);
const manifest = z.object({
  format: z.literal(FORMATS),
  takenAt: z.iso.datetime(),
  files: z.array(z.object({ name: fileName, bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** What a backup has: `{"format":2,"takenAt":"2026-03-01T12:00:00.000Z","files":[{"name":"event-store.db","bytes":4096,"sha256":"…"}]}`. */
export type BackupManifest = Readonly<z.infer<typeof manifest>>;

/** The backup can't be made, or can't be used; what there was is left as it was. */
export class BackupRefused extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options);
    this.name = 'BackupRefused';
  }
}

/** Thrown: `BackupRefused` when the folder has no complete backup. */
export async function readManifest(backup: string): Promise<BackupManifest> {
  const file = join(backup, MANIFEST);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new BackupRefused(`${backup} is no complete backup: ${String(error)}`, { cause: error });
  }
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new BackupRefused(`${file} is no list of a backup's files: ${String(error)}`, { cause: error });
  }
  const { format } = z.object({ format: z.int() }).safeParse(read).data ?? {};
  if (format !== undefined && format > FORMAT) throw new BackupRefused(`${backup} is a backup of format ${format}, made by a later version of Vigía; this one reads formats ${FORMATS.join(' and ')}`);
  const { data, error } = manifest.safeParse(read);
  if (!data) throw new BackupRefused(`${file} is no list of a backup's files: ${z.prettifyError(error)}`, { cause: error });
  return data;
}

/** The text of such a list. */
export function manifestText(content: Omit<BackupManifest, 'format'>): string {
  return `${JSON.stringify({ format: FORMAT, ...content } satisfies BackupManifest, null, 1)}\n`;
}

/** The SHA-256 of a file, in hex. */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
