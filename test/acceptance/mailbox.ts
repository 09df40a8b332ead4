import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import type { AcceptedMail } from '../faults/verifier/outputs.js';
import type { Mailpit } from '../servers/mailpit.js';

/** A mail, as a mail program reads it. */
export interface ReadMail {
  /** Its name where it was found. */
  readonly file: string;
  readonly alarmId: string | null;
  readonly messageId: string;
  /** Whether it completes a mail that went before. */
  readonly isFollowUp: boolean;
  readonly possibleDuplicate: boolean;
  readonly text: string;
  readonly html: string;
}

/** All mails of a folder. */
export async function readMailbox(folder: string): Promise<ReadMail[]> {
  const mails: ReadMail[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.eml'))) mails.push(await parsed(file, await readFile(join(folder, file))));
  return mails;
}

/** All mails that Mailpit lists. */
export async function readMailpit(mailpit: Mailpit): Promise<ReadMail[]> {
  const mails: ReadMail[] = [];
  for (const { ID: id } of await mailpit.list()) mails.push(await parsed(id, await mailpit.raw(id)));
  return mails;
}

async function parsed(file: string, source: string | Buffer): Promise<ReadMail> {
  const { headers, messageId = '', text, html } = await simpleParser(source);
  const alarmId = headers.get('x-vigia-alarm-id');
  return {
    file,
    alarmId: typeof alarmId === 'string' ? alarmId : null,
    messageId,
    isFollowUp: headers.has('in-reply-to'),
    possibleDuplicate: headers.has('x-vigia-possible-duplicate'),
    text: text ?? '',
    html: html || '',
  };
}

/** As the verifier takes it. */
export function acceptedMail({ messageId, alarmId, isFollowUp, possibleDuplicate }: ReadMail): AcceptedMail {
  return { messageId, alarmId, isFollowUp, possibleDuplicate, sender: null };
}
