import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { Command } from 'commander';
import { Accounts } from '../access/accounts.js';
import { isPassword } from '../access/password-hash.js';
import { NoPassword } from './read-password.js';
import { addUsersCommand, UserRefused } from './users-command.js';

const PASSWORD = 'correct horse battery';

class Screen extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** What a terminal's keys are; each line when it is asked for. */
class Terminal extends PassThrough {
  readonly isTTY = true;
  readonly raw: boolean[] = [];

  constructor(private readonly lines: string[]) {
    super();
  }

  setRawMode(isRaw: boolean): this {
    this.raw.push(isRaw);
    if (isRaw) this.write(this.lines.shift() ?? '\u0003');
    return this;
  }
}

describe('vigia users', () => {
  let file: Accounts;
  beforeEach(() => {
    file = new Accounts(join(mkdtempSync(join(tmpdir(), 'vigia-users-')), 'users.json'));
  });

  async function run(args: readonly string[], stdin: PassThrough = piped('')): Promise<{ out: string; err: string }> {
    const [stdout, stderr] = [new Screen(), new Screen()];
    const program = new Command().exitOverride().configureOutput({ writeErr: (text) => stderr.write(text) });
    addUsersCommand(program, { accounts: () => new Accounts(file.file), stdin, stdout, stderr });
    await program.parseAsync(['users', ...args], { from: 'user' });
    return { out: stdout.text, err: stderr.text };
  }
  const piped = (text: string): PassThrough => {
    const stdin = new PassThrough();
    stdin.end(text);
    return stdin;
  };
  const passwordOf = async (name: string) => (await file.list()).find((account) => account.name === name)?.passwordHash ?? null;

  it('adds somebody with a piped password, and keeps no password', async () => {
    expect(await run(['add', 'ana', '--role', 'operator'], piped(`${PASSWORD}\nmore`))).toEqual({ out: 'ana may log in as operator\n', err: '' });
    expect(await isPassword(PASSWORD, await passwordOf('ana'))).toBe(true);
    expect(readFileSync(file.file, 'utf8')).not.toContain(PASSWORD);
    expect((await run(['list'])).out).toBe('ana\toperator\tpassword\n');
  });

  it('asks twice at a terminal, which shows nothing of it', async () => {
    const terminal = new Terminal([`${PASSWORD}x\u007f\r`, `${PASSWORD}\r`]);
    const { out, err } = await run(['add', 'ana', '--role', 'auditor'], terminal);
    expect([out, err, terminal.raw]).toEqual(['ana may log in as auditor\n', 'Password: \nOnce more: \n', [true, false, true, false]]);
    expect(await isPassword(PASSWORD, await passwordOf('ana'))).toBe(true);
    await expect(run(['password', 'ana'], new Terminal([`${PASSWORD}1\r`, `${PASSWORD}2\r`]))).rejects.toThrow('the two were not the same');
    await expect(run(['password', 'ana'], new Terminal(['half a passw\u0003']))).rejects.toThrow(NoPassword);
    expect(await isPassword(PASSWORD, await passwordOf('ana'))).toBe(true);
  });

  it('makes a token, and shows it once', async () => {
    const { out } = await run(['add', 'reports', '--role', 'auditor', '--token']);
    expect(out).toMatch(/^[\w-]{43}\n$/);
    expect(await file.withToken(out.trim())).toMatchObject({ name: 'reports', role: 'auditor' });
    expect(readFileSync(file.file, 'utf8')).not.toContain(out.trim());
    await expect(run(['password', 'reports'], piped(PASSWORD))).rejects.toThrow('has a token');
  });

  it('changes a password and removes an account', async () => {
    await run(['add', 'ana', '--role', 'operator'], piped(PASSWORD));
    await run(['password', 'ana'], piped('another long password\n'));
    expect([await isPassword(PASSWORD, await passwordOf('ana')), await isPassword('another long password', await passwordOf('ana'))]).toEqual([false, true]);
    await run(['remove', 'ana']);
    expect((await run(['list'])).out).toBe('no accounts\n');
  });

  it('names what is wrong, and changes nothing', async () => {
    await run(['add', 'ana', '--role', 'operator'], piped(PASSWORD));
    const before = readFileSync(file.file, 'utf8');
    await expect(run(['add', 'ana', '--role', 'auditor'], piped(PASSWORD))).rejects.toThrow('ana is there already');
    await expect(run(['add', 'a b', '--role', 'auditor'], piped(PASSWORD))).rejects.toThrow('"a b" is no name');
    await expect(run(['add', 'eva', '--role', 'auditor'], piped('short'))).rejects.toThrow('expected 12 characters or more');
    await expect(run(['add', 'eva', '--role', 'auditor'], piped(''))).rejects.toThrow(NoPassword);
    await expect(run(['add', 'eva', '--role', 'king'], piped(PASSWORD))).rejects.toThrow('Allowed choices are auditor, operator, administrator');
    await expect(run(['remove', 'eva'])).rejects.toThrow(UserRefused);
    await expect(run(['add', 'eva', '--role', 'auditor', PASSWORD])).rejects.toThrow('too many arguments');
    expect(readFileSync(file.file, 'utf8')).toBe(before);
  });
});
