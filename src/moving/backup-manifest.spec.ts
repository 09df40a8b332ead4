import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupRefused, manifestText, readManifest } from './backup-manifest.js';

const FILES = ['event-store.db', 'message-log.db'].map((name) => ({ name, bytes: 4096, sha256: 'ab'.repeat(32) }));
const USERS = { name: 'users.json', bytes: 200, sha256: 'cd'.repeat(32) };
const TAKEN_AT = '2026-03-01T12:00:00.000Z';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vigia-manifest-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  writeFileSync(join(folder, 'backup.json'), text);
  return readManifest(folder);
};
const ofFormat = (format: unknown, files: readonly object[] = FILES) => read(JSON.stringify({ format, takenAt: TAKEN_AT, files }));

describe('the list of a backup’s files', () => {
  it('is read as it was written, of format 2', async () => {
    const content = { takenAt: TAKEN_AT, files: [...FILES, USERS] };
    expect(await read(manifestText(content))).toEqual({ format: 2, ...content });
  });

  it.each([['no accounts', FILES], ['accounts', [...FILES, USERS]]])('is read, too, of format 1, that has %s', async (_what, files) => {
    expect(await ofFormat(1, files)).toEqual({ format: 1, takenAt: TAKEN_AT, files });
  });

  it('of a later format is told from a damaged one, whatever it has', async () => {
    await expect(ofFormat(3, [{ name: 'floor-plans.db' }])).rejects.toThrow(new BackupRefused(`${folder} is a backup of format 3, made by a later version of Vigía; this one reads formats 1 and 2`));
  });

  it.each([['no JSON', '{'], ['no list', '[]'], ['no format', '{"files":[]}'], ['format 0', '{"format":0}'], ['another file', JSON.stringify({ format: 2, takenAt: TAKEN_AT, files: [{ ...USERS, name: '../users.json' }] })]])('that is %s is refused by the name of its file', async (_what, text) => {
    await expect(read(text)).rejects.toThrow(`${join(folder, 'backup.json')} is no list of a backup's files: `);
  });
});
