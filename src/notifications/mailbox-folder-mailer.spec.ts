import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { alarmTriggered, CUSTOMER } from '../../test/support/alarm-fixtures.js';
import { alarmMail, type CustomerLookup } from './mail-template.js';
import type { Mail } from './mailer.js';
import { MailboxFolderMailer } from './mailbox-folder-mailer.js';

function aMail(customer: CustomerLookup = CUSTOMER, alarm = alarmTriggered().data): Mail {
  const settings = { language: 'es', from: 'alarms@vigia.local', to: 'guard@vigia.local', consoleUrl: null } as const;
  return alarmMail(settings, { alarm, customer, date: '2026-03-01T12:00:04.000Z', possibleDuplicate: false });
}

describe('the mailbox folder', () => {
  let dir: string;
  let folder: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vigia-mailbox-'));
    folder = join(dir, 'mailbox');
  });
  afterEach(async () => rm(dir, { recursive: true, force: true }));
  const filesIn = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name !== '.mailbox-id');

  it('has one whole .eml per mail, named by its alarm', async () => {
    const mailer = await MailboxFolderMailer.open(folder);
    const mail = aMail();
    expect(await mailer.send(mail)).toEqual({ delivered: 'now' });
    expect(await filesIn()).toEqual([`${mail.alarmId}.eml`]);
    const parsed = await simpleParser(await readFile(join(folder, `${mail.alarmId}.eml`)));
    expect(parsed.text).toContain(CUSTOMER.streetaddress);
    expect(parsed.messageId).toBe(`<alarm-${mail.alarmId}@vigia.local>`);
  });

  it('never replaces a mail that is there, also when two are written at once', async () => {
    const mailer = await MailboxFolderMailer.open(folder);
    const alarm = alarmTriggered().data;
    const results = await Promise.all(Array.from({ length: 20 }, () => mailer.send(aMail(CUSTOMER, alarm))));
    expect(results.filter(({ delivered }) => delivered === 'now')).toHaveLength(1);
    const [file = ''] = await filesIn();
    const before = await readFile(join(folder, file));
    expect(await mailer.send(aMail(null, alarm))).toEqual({ delivered: 'already' });
    expect(await readFile(join(folder, file))).toEqual(before);
    expect(await filesIn()).toEqual([file]);
  });

  it('tells what has gone, and what it said of the customer, after a restart', async () => {
    const [complete, unknown, unavailable, never] = [aMail(), aMail(null), aMail('unavailable'), aMail()];
    const first = await MailboxFolderMailer.open(folder);
    for (const mail of [complete, unknown, unavailable]) await first.send(mail);
    const second = await MailboxFolderMailer.open(folder);
    const found = await Promise.all([complete, unknown, unavailable, never].map((mail) => second.find(mail.name)));
    expect(found).toEqual([{ customer: 'complete' }, { customer: 'unknown' }, { customer: 'unavailable' }, null]);
  });

  it('removes what a crash left half written, which counts as not sent', async () => {
    const mail = aMail();
    const mailer = await MailboxFolderMailer.open(folder);
    await writeFile(join(folder, `.${mail.name}.1234.tmp`), 'From: half');
    expect(await mailer.find(mail.name)).toBeNull();
    await MailboxFolderMailer.open(folder);
    expect(await filesIn()).toEqual([]);
  });

  it('is told from other folders, and known again after a restart', async () => {
    const { way } = await MailboxFolderMailer.open(folder);
    expect(way).toMatch(/^mailbox-folder:[0-9a-f-]{36}$/);
    expect((await MailboxFolderMailer.open(folder)).way).toBe(way);
    expect((await MailboxFolderMailer.open(join(dir, 'other'))).way).not.toBe(way);
  });

  it('has failed for certain when the folder takes no file, and works again by itself', async () => {
    const mailer = await MailboxFolderMailer.open(folder);
    const mail = aMail();
    await rm(folder, { recursive: true });
    await writeFile(folder, 'not a folder');
    await expect(mailer.send(mail)).rejects.toMatchObject({ name: 'MailRefused', permanent: false, reason: expect.stringContaining('ENOTDIR') });
    await rm(folder);
    await MailboxFolderMailer.open(folder);
    expect(await mailer.send(mail)).toEqual({ delivered: 'now' });
  });
});
