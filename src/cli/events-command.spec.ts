import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { EventStoreDbDouble } from '../../test/doubles/eventstoredb/eventstoredb-double.js';
import { contents, event, movedContents } from '../../test/support/moving-stores.js';
import { newDir } from '../../test/support/projection-events.js';
import { systemClock } from '../clock.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { DataDirLock } from '../storage/data-dir-lock.js';
import { addEventsCommand } from './events-command.js';
import { withEventStore } from './with-event-store.js';

describe('vigia events', () => {
  let dir: string;
  let file: string;
  /** The data folder that the command works on. */
  let dataDir: string;
  const environment = { ...process.env };

  beforeEach(() => {
    dir = newDir();
    file = join(dir, 'events.jsonl');
    dataDir = join(dir, 'data');
  });
  afterEach(async () => {
    process.env = { ...environment };
    await rm(dir, { recursive: true });
  });

  /** Runs the command as from a shell, with the variables set. */
  async function vigia(args: readonly string[], variables: Record<string, string> = { VIGIA_DATA_DIR: dataDir }): Promise<{ code: number; stdout: string; stderr: string; told: string[] }> {
    const [stdout, stderr] = [new PassThrough({ highWaterMark: 2 ** 24 }), new PassThrough()];
    const told: string[] = [];
    let code = 0;
    process.env = { ...environment, ...variables };
    const program = new Command('vigia').exitOverride().configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
    const showProgress = (title: string) => ({ onProgress: (done: number, of: number, what: string) => void told.push(`${title} ${done}/${of} ${what}`), end: () => void told.push(`${title} ended`) });
    addEventsCommand(program, { withEventStore, clock: systemClock, stdout, stderr, showProgress });
    try {
      await program.parseAsync(['events', ...args], { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      code = error.exitCode;
    }
    return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? ''), told };
  }

  async function withEmbedded<T>(use: (store: LibsqlEventStore) => Promise<T>, folder = dataDir): Promise<T> {
    const lock = DataDirLock.acquire(folder);
    const store = await LibsqlEventStore.open(folder, { clock: systemClock });
    try {
      return await use(store);
    } finally {
      await store.close();
      lock.release();
    }
  }

  async function fill(events: number, before = 0): Promise<void> {
    await withEmbedded(async (store) => {
      for (let index = 0; index < events; index += 1) await store.append(`s${(index + before) % 3}`, [event({ index })], 'any');
    });
  }

  it('exports to a file, goes on with it, and imports it elsewhere', async () => {
    await fill(5);
    expect(await vigia(['export', file])).toMatchObject({ code: 0, stdout: `${file} has 5 events, 5 of them new\n`, stderr: '' });
    await fill(2, 5);
    expect((await vigia(['export', file, '--json'])).stdout).toBe(`${JSON.stringify({ file, events: 7, added: 2 })}\n`);
    const other = { VIGIA_DATA_DIR: join(dir, 'other') };
    const { stdout, told } = await vigia(['import', file], other);
    expect(stdout).toBe(`the event store has the 7 events of ${file}, 7 of them new\n`);
    expect(told).toContain('importing 7/7 events stored');
    expect(told.at(-1)).toBe('importing ended');
    expect((await vigia(['import', file, '--json'], other)).stdout).toBe(`${JSON.stringify({ file, events: 7, stored: 0 })}\n`);
    expect(await withEmbedded(movedContents, other.VIGIA_DATA_DIR)).toEqual(await withEmbedded(movedContents));
  });

  it('writes the same to standard output, and what there is to say to standard error', async () => {
    await fill(700);
    await vigia(['export', file]);
    const { stdout, stderr } = await vigia(['export']);
    expect(stdout).toBe(readFileSync(file, 'utf8'));
    expect(stderr).toBe('wrote 700 events\n');
  });

  it('works on EventStoreDB by its URL, and touches no data folder then', async () => {
    await fill(4);
    await vigia(['export', file]);
    const double = await EventStoreDbDouble.start();
    const variables = { VIGIA_DATA_DIR: join(dir, 'none'), EVENTSTORE_URL: double.url };
    expect((await vigia(['import', file], variables)).stdout).toContain('4 of them new');
    const back = join(dir, 'back.jsonl');
    expect((await vigia(['export', back], variables)).stdout).toContain('has 4 events');
    expect(existsSync(variables.VIGIA_DATA_DIR)).toBe(false);
    await double.stop();
    const third = { VIGIA_DATA_DIR: join(dir, 'third') };
    await vigia(['import', back], third);
    expect(await withEmbedded(movedContents, third.VIGIA_DATA_DIR)).toEqual(await withEmbedded(movedContents));
  });

  it.each(['export', 'import'])('refuses an %s while a process works on the data folder, and names it', async (how) => {
    await fill(1);
    await vigia(['export', file]);
    const lock = DataDirLock.acquire(dataDir);
    lock.announce({ pid: 4711, consoleUrl: 'http://127.0.0.1:3000', token: 'x' });
    await expect(vigia([how, file])).rejects.toThrow(`data folder ${dataDir} is in use by process 4711 (http://127.0.0.1:3000); stop it`);
    lock.release();
    expect((await vigia([how, file])).code).toBe(0);
  });

  it('does not take a folder without an event store for an empty one, nor make one of it', async () => {
    await expect(vigia(['export', file])).rejects.toThrow(`data folder ${dataDir} has no event store`);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('makes no event store for a file that is of no use', async () => {
    await expect(vigia(['import', file])).rejects.toThrow(`${file}: ENOENT`);
    writeFileSync(file, 'my notes\n');
    await expect(vigia(['import', file])).rejects.toThrow(`${file}:1: `);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('lets go of the data folder when it has failed', async () => {
    await fill(1);
    await expect(vigia(['export', dir])).rejects.toThrow(`${dir}: EISDIR`);
    expect(await withEmbedded(contents)).toHaveLength(1);
  });

  it.each([
    [['export', '--help'], ['Exit code: 0', 'stop the application first', '$maxAge', 'events.jsonl']],
    [['import', '--help'], ['Exit code: 0', 'stop the application first', 'No e-mail is sent again']],
  ])('%j says what it needs, does and gives', async (args, words) => {
    const { code, stdout } = await vigia(args);
    expect(code).toBe(0);
    for (const word of words) expect(stdout).toContain(word);
  });

  it('wants a file to import', async () => {
    expect(await vigia(['import'])).toMatchObject({ code: 1, stderr: expect.stringContaining("missing required argument 'file'") });
  });
});
