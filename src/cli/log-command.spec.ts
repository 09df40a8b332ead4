import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { newDir } from '../../test/support/projection-events.js';
import { Pipeline } from '../../test/support/pipeline.js';
import { DataDirLock } from '../storage/data-dir-lock.js';
import { addLogCommand } from './log-command.js';
import { withLog } from './with-log.js';

const MOTION = '{"7", "true", "false", "20", "30"}';

describe('vigia log', () => {
  let dir: string;
  const environment = { ...process.env };

  beforeEach(() => {
    dir = newDir();
  });
  afterEach(async () => {
    process.env = { ...environment };
    await rm(dir, { recursive: true });
  });

  async function vigia(args: readonly string[], variables: Record<string, string> = {}): Promise<{ code: number; stdout: string; told: string[] }> {
    const stdout = new PassThrough();
    const told: string[] = [];
    let code = 0;
    process.env = { ...environment, VIGIA_DATA_DIR: dir, VIGIA_CUSTOMERS: '0', ...variables };
    const program = new Command('vigia').exitOverride().configureOutput({ writeOut: (text) => stdout.write(text) });
    const showProgress = () => ({ onProgress: (done: number, of: number, what: string) => void told.push(`${done}/${of} ${what}`), end: () => undefined });
    addLogCommand(program, { withLog, stdout, showProgress, fail: () => (code = 1) });
    await program.parseAsync(['log', ...args], { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError)) throw error;
      code = error.exitCode;
    });
    return { code, stdout: String(stdout.read() ?? ''), told };
  }

  async function send(...bodies: string[]): Promise<void> {
    const pipeline = await Pipeline.open({ dir });
    await pipeline.send('ENTRY', ...bodies);
    await pipeline.close();
  }

  it('says what is left, processes it with the rules of the application, and sends no e-mail', async () => {
    await send(MOTION, MOTION);
    const before = await vigia(['status']);
    expect(before).toMatchObject({ code: 1, stdout: expect.stringMatching(/^left in the embedded message log: 2 records of ENTRY-\d\n$/) });
    const drained = await vigia(['drain'], { KAFKA_BROKERS: '127.0.0.1:9' });
    expect(drained).toMatchObject({ code: 0, stdout: 'nothing is left in the embedded message log\n' });
    expect(drained.told.at(-1)).toBe('2/2 records');
    expect(JSON.parse((await vigia(['status', '--json'])).stdout)).toMatchObject({ records: 0, openDeadLetters: 0 });
    const pipeline = await Pipeline.open({ dir });
    expect((await pipeline.events()).map(({ type }) => type)).toEqual(['AlarmTriggered']);
    expect(await pipeline.reconcile()).toMatchObject({ records: 2, events: 1, ignored: { 'alarm-open': 1 }, unaccounted: 0, doubled: 0 });
    await pipeline.close();
    expect(readdirSync(join(dir, 'mailbox')).filter((name) => name.endsWith('.eml'))).toEqual([]);
  });

  it('does not call it done while dead letters are open', async () => {
    await send('hello');
    expect(await vigia(['drain'])).toMatchObject({ code: 1, stdout: 'left in the embedded message log: 1 open dead letters\n' });
  });

  it('has nothing to drain twice', async () => {
    await send(MOTION);
    await vigia(['drain']);
    expect(await vigia(['drain'])).toMatchObject({ code: 0 });
  });

  it.each(['status', 'drain'])('%s is refused while a process works on the folder, and without a log', async (how) => {
    await expect(vigia([how])).rejects.toThrow(`data folder ${dir} has no message log`);
    await send(MOTION);
    const lock = DataDirLock.acquire(dir);
    await expect(vigia([how])).rejects.toThrow(`data folder ${dir} is in use by process ${process.pid}`);
    lock.release();
  });

  it.each(['status', 'drain'])('%s --help says what the exit code means', async (how) => {
    const { code, stdout } = await vigia([how, '--help']);
    expect(code).toBe(0);
    for (const words of ['Exit code: 0 when nothing is left', 'stop the application first', 'also when KAFKA_BROKERS is set']) expect(stdout).toContain(words);
  });
});
