import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { crashPoint } from '../crash-point.js';
import { syncFolder, writeDurably } from '../storage/durable-files.js';
import { MailOutcomeUnknown, MailRefused, type DeliveredMail, type Mail, type Mailer } from './mailer.js';
import { CUSTOMER_HEADER, toMimeMail } from './mime-mail.js';

const TEMPORARY = '.tmp';

/** The file with the id that tells a folder from those of other processes. */
const ID_FILE = '.mailbox-id';

/** A folder is as quick as its disk; this is for a disk that stands still. */
const SEND_LIMIT_MS = 30_000;

/**
 * Writes each mail as `<name>.eml` into a folder.
 *
 * The file appears whole or not at all, and never twice: written under another name, fsynced, then linked
 * to its own. So the folder tells exactly what has gone, also after a crash.
 */
export class MailboxFolderMailer implements Mailer {
  readonly way: string;
  readonly sendLimitMs = SEND_LIMIT_MS;
  private readonly composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  private constructor(
    readonly folder: string,
    id: string,
  ) {
    this.way = `mailbox-folder:${id}`;
  }

  /** Makes the folder if needed and removes what a crash left half written. The folder belongs to one process. */
  static async open(folder: string): Promise<MailboxFolderMailer> {
    await mkdir(folder, { recursive: true });
    for (const file of await readdir(folder)) {
      if (file.endsWith(TEMPORARY)) await unlink(join(folder, file));
    }
    return new MailboxFolderMailer(folder, await identify(folder));
  }

  async send(mail: Mail): Promise<{ readonly delivered: 'now' | 'already' }> {
    const file = this.fileOf(mail.name);
    const temporary = join(this.folder, `.${mail.name}.${randomUUID()}${TEMPORARY}`);
    let delivered: 'now' | 'already';
    try {
      const { message } = (await this.composer.sendMail(toMimeMail(mail))) as { message: Buffer };
      await writeDurably(temporary, message);
      crashPoint('eml-written');
      delivered = await linkNew(temporary, file);
      crashPoint('eml-linked');
    } catch (error) {
      throw new MailRefused(`writing ${file} failed: ${String(error)}`, false, { cause: error });
    } finally {
      // What can't be removed now is removed at the next start, and says nothing of the mail.
      await unlink(temporary).catch(() => undefined);
    }
    await this.keep(file);
    return { delivered };
  }

  async find(name: string): Promise<DeliveredMail | null> {
    const file = this.fileOf(name);
    let content: string;
    try {
      content = await readFile(file, 'latin1');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }
    // It may be there without having been kept: the crash may have come between the two.
    await this.keep(file);
    return { customer: customerIn(content) };
  }

  async close(): Promise<void> {
    this.composer.close();
  }

  private fileOf(name: string): string {
    return join(this.folder, `${name}.eml`);
  }

  /** Makes the folder's list of files durable. */
  private async keep(file: string): Promise<void> {
    try {
      await syncFolder(this.folder);
    } catch (error) {
      throw new MailOutcomeUnknown(`${file} is written, but fsync of its folder failed: ${String(error)}`, { cause: error });
    }
  }
}

/** The folder's own id, which the first to open it gives it. */
async function identify(folder: string): Promise<string> {
  const file = join(folder, ID_FILE);
  const temporary = join(folder, `${ID_FILE}.${randomUUID()}${TEMPORARY}`);
  await writeDurably(temporary, Buffer.from(randomUUID()));
  await linkNew(temporary, file);
  await unlink(temporary);
  await syncFolder(folder);
  return readFile(file, 'utf8');
}

/** Unlike a rename, a link never replaces what is there. */
async function linkNew(temporary: string, file: string): Promise<'now' | 'already'> {
  try {
    await link(temporary, file);
    return 'now';
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return 'already';
    throw error;
  }
}

function customerIn(eml: string): DeliveredMail['customer'] {
  const headers = eml.slice(0, eml.indexOf('\r\n\r\n'));
  const found = new RegExp(`^${CUSTOMER_HEADER}: (complete|unknown|unavailable)$`, 'im').exec(headers)?.[1];
  // A file of another making says nothing; then the customer's data is owed.
  return (found as DeliveredMail['customer'] | undefined) ?? 'unavailable';
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
