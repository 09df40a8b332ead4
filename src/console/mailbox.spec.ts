import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailboxFolderMailer } from '../notifications/mailbox-folder-mailer.js';
import type { Mail } from '../notifications/mailer.js';
import { readEml } from './eml.js';
import { Mailbox } from './mailbox.js';

const LONG_LINE = `${'ñandú '.repeat(60)}= fin. `;
const MAIL: Mail = {
  name: '0b1c2d3e-0000-4000-8000-000000000001',
  alarmId: '0b1c2d3e-0000-4000-8000-000000000001',
  from: { name: 'Vigía', address: 'alarms@vigia.local' },
  to: { name: '', address: 'monitoring@vigia.local' },
  inReplyTo: null,
  subject: 'Alarma de humo — sensor 42959 en San Sebastián, una línea de asunto que no cabe en una sola palabra codificada',
  text: `Nombre: Íñigo Núñez\n.punto\nFrom here\n\n${LONG_LINE}\n🔥 fin`,
  html: '<p>not this</p>',
  date: '2026-03-01T12:00:00.000Z',
  possibleDuplicate: false,
  customer: 'complete',
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigia-mailbox-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** Mails of which the last is the newest. */
function put(...names: string[]): void {
  names.forEach((name, index) => {
    writeFileSync(join(dir, name), `Subject: ${name}\r\n\r\nbody of ${name}\r\n`);
    utimesSync(join(dir, name), 1000 + index, 1000 + index);
  });
}

describe('the mailbox', () => {
  it('is empty while there is no folder', async () => {
    expect(await new Mailbox(join(dir, 'none')).list({ limit: 10 })).toEqual({ items: [], next: null, total: 0 });
  });

  it('lists mails newest first, in pages, and nothing else', async () => {
    put('a.eml', 'b.eml', 'c.eml', '.half.eml', 'note.txt');
    mkdirSync(join(dir, 'folder.eml'));
    const mailbox = new Mailbox(dir);
    const first = await mailbox.list({ limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(['c.eml', 'b.eml']);
    expect(first).toMatchObject({ next: 'a.eml', total: 3 });
    expect(await mailbox.list({ limit: 2, cursor: first.next as string })).toMatchObject({ items: [{ name: 'a.eml', deliveredAt: '1970-01-01T00:16:40.000Z' }], next: null });
    await expect(mailbox.list({ limit: 2, cursor: 'gone.eml' })).rejects.toMatchObject({ status: 400 });
  });

  it('shows mails that come and go', async () => {
    put('a.eml');
    const mailbox = new Mailbox(dir);
    expect((await mailbox.list({ limit: 9 })).total).toBe(1);
    put('b.eml', 'c.eml');
    await rm(join(dir, 'a.eml'));
    expect((await mailbox.list({ limit: 9 })).items.map(({ name }) => name)).toEqual(['c.eml', 'b.eml']);
  });

  it('reads a mail as the mailer wrote it', async () => {
    const mailer = await MailboxFolderMailer.open(dir);
    await mailer.send(MAIL);
    const { text, source, ...headers } = await new Mailbox(dir).read(`${MAIL.name}.eml`);
    expect(headers).toMatchObject({
      from: 'Vigía <alarms@vigia.local>', to: 'monitoring@vigia.local', subject: MAIL.subject, messageId: `<alarm-${MAIL.name}@vigia.local>`,
    });
    expect(text.trimEnd()).toBe(MAIL.text);
    expect(source).toContain('X-Vigia-Customer: complete');
    await mailer.close();
  });

  it('has no mail that is not there', async () => {
    await expect(new Mailbox(dir).read('none.eml')).rejects.toMatchObject({ status: 404 });
  });
});

describe('an .eml file', () => {
  it('in base64', () => {
    const body = Buffer.from('señal única').toString('base64');
    const { subject, text } = readEml(`Subject: =?utf-8?B?${Buffer.from('¡Alarma!').toString('base64')}?=\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`);
    expect({ subject, text }).toEqual({ subject: '¡Alarma!', text: 'señal única' });
  });

  it('whose character is cut between two encoded words', () => {
    expect(readEml('Subject: =?UTF-8?Q?Vig=C3?=\r\n =?UTF-8?Q?=ADa_mira?= the end\r\n\r\n').subject).toBe('Vigía mira the end');
  });

  it('without plain text, or without anything', () => {
    expect(readEml('Content-Type: text/html\r\n\r\n<p>x</p>').text).toBe('');
    expect(readEml('')).toMatchObject({ subject: '', text: '' });
  });

  it('with multiparts without end', () => {
    const deep = 'Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(50);
    expect(readEml(deep).text).toBe('');
  });
});
