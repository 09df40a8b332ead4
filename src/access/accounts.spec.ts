import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machines, people } from '../../test/support/accounts.js';
import { Accounts, BadAccounts } from './accounts.js';

describe('the accounts in a file', () => {
  const newFile = () => join(mkdtempSync(join(tmpdir(), 'vigia-users-')), 'users.json');

  it('are none without a file, and those that were saved, for the owner’s eyes', async () => {
    const accounts = new Accounts(join(newFile(), '..', 'data', 'users.json'));
    expect(await accounts.list()).toEqual([]);
    const all = [...(await people()), ...machines().accounts];
    await accounts.save(all);
    expect(await new Accounts(accounts.file).list()).toEqual(all);
    expect(statSync(accounts.file).mode & 0o777).toBe(0o600);
  });

  it('are read anew when the file has changed', async () => {
    const [one, other] = [new Accounts(newFile()), await people()];
    await one.save(other);
    expect((await one.list()).length).toBe(3);
    await new Accounts(one.file).save(other.slice(1));
    expect((await one.list()).length).toBe(2);
  });

  it('are found by their tokens', async () => {
    const { accounts: all, tokens } = machines();
    const accounts = new Accounts(newFile());
    await accounts.save([...(await people()), ...all]);
    expect(await accounts.withToken(tokens.operator)).toMatchObject({ name: 'operator-machine', role: 'operator' });
    expect(await accounts.withToken('x'.repeat(43))).toBeNull();
  });

  it.each([
    ['{', 'JSON'],
    ['{"users":[{"name":"ana","role":"king","tokenHash":"0"}]}', 'role'],
    ['{"users":[{"name":"ana","role":"auditor"}]}', 'users[0]'],
    ['{"users":[{"name":"an a","role":"auditor","passwordHash":"x"}]}', 'users[0]'],
    [JSON.stringify({ users: ['a', 'b'].map(() => ({ name: 'ana', role: 'auditor', tokenHash: '0'.repeat(64) })) }), 'a name is there twice'],
  ])('are refused when the file has %j', async (text, why) => {
    const file = newFile();
    writeFileSync(file, text);
    const read = new Accounts(file).list();
    await expect(read).rejects.toThrow(BadAccounts);
    await expect(read).rejects.toThrow(file);
    await expect(read).rejects.toThrow(why);
  });
});
