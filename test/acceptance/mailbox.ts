import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';

/** A mail of the mailbox folder, as a mail program reads it. */
export interface ReadMail {
  readonly file: string;
  readonly alarmId: string | null;
  readonly possibleDuplicate: boolean;
  readonly text: string;
  readonly html: string;
}

/** All mails of a folder. */
export async function readMailbox(folder: string): Promise<ReadMail[]> {
  const mails: ReadMail[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.eml'))) {
    const { headers, text, html } = await simpleParser(await readFile(join(folder, file)));
    const alarmId = headers.get('x-vigia-alarm-id');
    mails.push({
      file,
      alarmId: typeof alarmId === 'string' ? alarmId : null,
      possibleDuplicate: headers.has('x-vigia-possible-duplicate'),
      text: text ?? '',
      html: html || '',
    });
  }
  return mails;
}
