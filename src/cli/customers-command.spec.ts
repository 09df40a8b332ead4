import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { customerExample } from '../../test/contracts/customer-store.contract.js';
import { LibsqlCustomerStore } from '../customers/libsql-customer-store.js';
import { addCustomersCommand } from './customers-command.js';

describe('vigia customers', () => {
  let dir: string;
  let store: LibsqlCustomerStore;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-cli-customers-'));
    store = await LibsqlCustomerStore.open(dir);
  });
  afterEach(() => store.close());

  /** Runs the command as from a shell; `isTTY` is that of standard error, and each look at the clock takes two seconds. */
  async function vigia(args: readonly string[], { isTTY = false } = {}): Promise<{ code: number; stdout: string; stderr: string }> {
    const stdout = new PassThrough();
    const stderr = Object.assign(new PassThrough(), { isTTY });
    let code = 0;
    let nowMs = 0;
    const program = new Command('vigia').exitOverride().configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
    addCustomersCommand(program, {
      withStore: (use) => use(store),
      withAll: (use) => use(store),
      clock: { now: () => (nowMs += 2000), sleep: () => Promise.resolve() },
      stdout,
      stderr,
      fail: () => (code = 1),
    });
    try {
      await program.parseAsync(args, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      code = error.exitCode;
    }
    return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  }

  it('generates into the store, the same for the same seed, and nothing over other customers unless asked', async () => {
    expect(await vigia(['customers', 'generate', '--count', '120', '--seed', '7'])).toMatchObject({ code: 0, stdout: 'stored 120 generated customers (seed 7)\n' });
    const version = await store.version();
    expect(await vigia(['customers', 'generate', '--count', '120', '--seed', '7'])).toMatchObject({ code: 0 });
    expect(await store.version()).toBe(version);
    const refused = await vigia(['customers', 'generate', '--count', '5', '--seed', '8']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('--replace');
    expect(await store.version()).toBe(version);
    expect(await vigia(['customers', 'generate', '--count', '5', '--seed', '8', '--replace'])).toMatchObject({ code: 0 });
    expect(await store.version()).not.toBe(version);
    expect(await store.count()).toBe(120);
  });

  it('generates a file that import takes, with the same customers', async () => {
    const csv = join(dir, 'made.csv');
    expect(await vigia(['customers', 'generate', '--count', '150', '--seed', '3', '--csv', csv])).toMatchObject({ code: 0, stdout: `wrote 150 customers to ${csv}\n` });
    expect(await store.count()).toBe(0);
    expect(await vigia(['customers', 'import', csv])).toMatchObject({ code: 0, stdout: 'imported 150 customers from 1 file\n' });
    const version = await store.version();
    await vigia(['customers', 'generate', '--count', '150', '--seed', '3']);
    expect(await store.version()).toBe(version);
  });

  it('names skipped rows on standard error with code 0, unreadable files with code 1', async () => {
    const csv = join(dir, 'made.csv');
    await vigia(['customers', 'generate', '--count', '3', '--csv', csv]);
    const rows = readFileSync(csv, 'utf8').split('\r\n');
    writeFileSync(csv, [...rows.slice(0, 3), rows[1], 'x'].join('\n'));
    const skipped = await vigia(['customers', 'import', csv]);
    expect(skipped).toEqual({
      code: 0,
      stdout: 'imported 2 customers from 1 file; skipped 1 row with errors; 1 row gave way to a later row of the same id\n',
      stderr: `warning: ${csv}:4: id: 1 came before in this import; this row replaces that one\nerror: ${csv}:5: has 1 columns, the header row has 19\n`,
    });
    const absent = await vigia(['customers', 'import', csv, join(dir, 'absent.csv'), '--json']);
    expect(absent.code).toBe(1);
    expect(JSON.parse(absent.stdout)).toMatchObject({ files: 1, unreadable: 1, imported: 2, skipped: 1, replaced: 1, problemCount: 3 });
    expect(absent.stderr).toBe('');
  });

  it('shows a customer, with control characters made harmless', async () => {
    await store.save([customerExample(42_959, { name: '\u001b[31mred', company: 'one\ntwo' })]);
    const shown = await vigia(['customers', 'show', '42959']);
    expect(shown.code).toBe(0);
    expect(shown.stdout.split('\n')).toHaveLength(22);
    expect(shown.stdout).toMatch(/^id +42959\nname +"\\u001b\[31mred"\n/);
    expect(shown.stdout).toMatch(/^dashboard +Mediterranean$/m);
    expect(JSON.parse((await vigia(['customers', 'show', '42959', '--json'])).stdout)).toEqual(await store.find(42_959));
    expect(await vigia(['customers', 'show', '1'])).toEqual({ code: 1, stdout: '', stderr: 'no customer has id 1\n' });
  });

  it('exports what import takes, with the same customers', async () => {
    await vigia(['customers', 'generate', '--count', '150', '--seed', '3']);
    await store.save([customerExample(500, { company: 'one\r\n"two", three', geohash: 'ezjmgtwuz' })]);
    const csv = join(dir, 'exported.csv');
    expect(await vigia(['customers', 'export', csv])).toMatchObject({ code: 0, stdout: `wrote 151 customers to ${csv}\n` });
    const version = await store.version();
    expect(await vigia(['customers', 'import', csv])).toMatchObject({ code: 0, stdout: 'imported 151 customers from 1 file\n' });
    expect(await store.version()).toBe(version);
  });

  it('erases a customer once', async () => {
    await store.save([customerExample(1), customerExample(2)]);
    expect(await vigia(['customers', 'erase', '1'])).toEqual({ code: 0, stdout: 'erased customer 1\n', stderr: '' });
    expect(await vigia(['customers', 'erase', '1'])).toEqual({ code: 1, stdout: '', stderr: 'no customer has id 1\n' });
    expect([await store.find(1), await store.count()]).toEqual([null, 1]);
  });

  it('shows a bar on a terminal and lines elsewhere, on standard error', async () => {
    const piped = await vigia(['customers', 'generate', '--count', '1000']);
    expect(piped.stderr).toMatch(/^generating customers: \d+ of 1000\n/);
    expect(piped.stderr).not.toContain('\u001b');
    const terminal = await vigia(['customers', 'generate', '--count', '1000'], { isTTY: true });
    expect(terminal.stderr).toContain('generating customers =');
    expect(terminal.stderr).toContain('1000/1000');
    expect(terminal.stdout).toBe('stored 1000 generated customers (seed 1)\n');
  });

  it.each([
    [['generate', '--count', '-1'], '--count'],
    [['generate', '--count', '1.5'], '--count'],
    [['generate', '--seed', 'abc'], '--seed'],
    [['show', 'abc'], "'abc' is invalid"],
    [['show', '2147483648'], 'expected an integer from 0 to 2147483647'],
    [['import'], "missing required argument 'file'"],
    [['export'], "missing required argument 'file'"],
    [['erase', '-1'], 'expected an integer from 0 to 2147483647'],
    [['erase', 'all'], "'all' is invalid"],
  ])('refuses %j, naming what is wrong', async (args, named) => {
    const refused = await vigia(['customers', ...args]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(named);
  });

  it.each([
    [[], 'generate [options]'],
    [['generate'], '--seed <number>'],
    [['import'], 'Exit code: 0 when every file was read'],
    [['show'], 'the sensor id'],
    [['erase'], 'E-mails that\nwere sent are not called back'],
  ])('explains itself: customers %j --help', async (args, text) => {
    expect(await vigia(['customers', ...args, '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining(text) as string });
  });
});
