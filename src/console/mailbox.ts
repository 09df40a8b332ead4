import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isoTime } from '../clock.js';
import { readEml } from './eml.js';
import { badFields, RequestRefused } from './problem.js';
import type { MailListQuery } from './request-schemas.js';
import type { MailAnswer, MailList } from './response-schemas.js';

/** How many files are asked for their time at once. */
const STATS_AT_ONCE = 32;

/** A mail has some 10 kB; what is larger is none of ours. */
const LARGEST_BYTES = 1024 * 1024;

/** Where the mails are while no mail server is set. */
export function mailboxFolder(dataDir: string): string {
  return join(dataDir, 'mailbox');
}

interface MailFile {
  readonly name: string;
  readonly bytes: number;
  readonly deliveredAtMs: number;
}

/** Reads the mailbox folder. Names given to it have been checked: letters, digits and hyphens, then `.eml`. */
export class Mailbox {
  /** A mail's file never changes, so each is looked at once. */
  private known = new Map<string, MailFile>();

  constructor(private readonly folder: string) {}

  /** A page of mails, newest first. Thrown: `RequestRefused` with 400 for a bad cursor. */
  async list({ limit, cursor }: MailListQuery): Promise<MailList> {
    const files = await this.files();
    files.sort(newestFirst);
    let start = 0;
    if (cursor !== undefined) {
      start = files.findIndex(({ name }) => name === cursor);
      if (start === -1) throw badFields([{ field: 'cursor', detail: 'not a cursor that this list gave as its next' }]);
    }
    const items = files.slice(start, start + limit).map(({ name, bytes, deliveredAtMs }) => ({ name, bytes, deliveredAt: isoTime(deliveredAtMs) }));
    return { items, next: files[start + limit]?.name ?? null, total: files.length };
  }

  async has(name: string): Promise<boolean> {
    return (await this.statOf(name)) !== null;
  }

  /** Thrown: `RequestRefused` with 404. */
  async read(name: string): Promise<MailAnswer> {
    const file = await this.statOf(name);
    if (file === null) throw new RequestRefused(404, `the mailbox has no mail ${name}`);
    if (file.bytes > LARGEST_BYTES) throw new RequestRefused(404, `${name} has ${file.bytes} bytes, more than a mail of this system`);
    const bytes = await readFile(join(this.folder, name));
    return {
      name,
      bytes: file.bytes,
      deliveredAt: isoTime(file.deliveredAtMs),
      ...readEml(bytes.toString('latin1')),
      source: bytes.toString('utf8'),
    };
  }

  private async files(): Promise<MailFile[]> {
    const names = (await readdir(this.folder).catch(noneIfMissing)).filter((name) => name.endsWith('.eml') && !name.startsWith('.'));
    const known = new Map<string, MailFile>();
    for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
      const files = await Promise.all(names.slice(at, at + STATS_AT_ONCE).map(async (name) => this.known.get(name) ?? this.statOf(name)));
      for (const file of files) if (file !== null) known.set(file.name, file);
    }
    this.known = known;
    return [...known.values()];
  }

  /** Null when there is no such file. */
  private async statOf(name: string): Promise<MailFile | null> {
    const found = await stat(join(this.folder, name)).catch(nullIfMissing);
    return found?.isFile() ? { name, bytes: found.size, deliveredAtMs: Math.floor(found.mtimeMs) } : null;
  }
}

function newestFirst(a: MailFile, b: MailFile): number {
  return b.deliveredAtMs - a.deliveredAtMs || (a.name < b.name ? -1 : 1);
}

function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
