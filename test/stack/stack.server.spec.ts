import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serversCache } from '../servers/cache.js';
import { boundToUs } from '../servers/server-process.js';
import { waitFor } from '../support/wait-for.js';
import { STACK_PORTS } from './stack-plan.js';

/** `npm run stack` as a process, and what it leaves behind. That everything comes up is shown by `npm run acceptance -- --stack`. */
describe('npm run stack', () => {
  interface Started {
    readonly child: ChildProcess;
    readonly output: () => string;
    readonly ended: Promise<number | null>;
  }
  const FEW = ['--free-ports', '--sensors', '10', '--no-simulator', '--no-build'];
  const started: Started[] = [];
  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });

  function stack(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
    const { command, rest, detached } = boundToUs(process.execPath, ['--import', 'tsx', 'test/stack/main.ts', ...args]);
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached, env: { ...process.env, ...env } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const each = { child, output: () => text, ended: once(child, 'close').then(([code]) => code as number | null) };
    started.push(each);
    return each;
  }
  const folderOf = (output: string): string => /data and logs are in (\S+)/.exec(output)?.[1] as string;
  /** Processes whose command line has this text. */
  const processesWith = (text: string): string[] =>
    readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false; // it has ended meanwhile
      }
    });

  it('says what there is', async () => {
    const { output, ended } = stack(['--help']);
    expect(await ended).toBe(0);
    expect(output()).toContain('--no-simulator');
    expect(output()).toContain('a double of EventStoreDB');
  });

  it.each([
    [['--sensors', 'many'], '--sensors: expected a whole number above 0, got "many"'],
    [['--rate', '-5'], '--rate'],
    [['--data', 'x', '--free-ports'], '--data and --free-ports do not go together'],
    [['--rate', '5', '--no-simulator'], '--rate and --no-simulator do not go together'],
    [['--colour'], '--colour'],
  ])('refuses %j, and says why', async (args, why) => {
    const { output, ended } = stack(args);
    expect(await ended).toBe(2);
    expect(output()).toContain(why);
    expect(output()).not.toContain('    at ');
  });

  it('names a port that is taken, before anything is started', async () => {
    const server = createServer();
    // Where something listens there already, that is refused as well.
    server.on('error', (error: NodeJS.ErrnoException) => expect(error.code).toBe('EADDRINUSE'));
    try {
      await new Promise((done) => server.once('listening', done).once('error', done).listen(STACK_PORTS.influxdb, '127.0.0.1'));
      const { output, ended } = stack([]);
      expect(await ended).toBe(1);
      expect(output()).toContain('port 8086 (influxdb)');
      expect(output()).not.toContain('data and logs are in');
    } finally {
      server.close();
    }
  });

  it('leaves nothing running and nothing on disk after Ctrl-C while it starts', async () => {
    const { child, output, ended } = stack(FEW);
    await waitFor('a first part', () => output().includes('Mailpit: '), 90_000);
    const folder = folderOf(output());
    expect(processesWith(folder).length).toBeGreaterThan(3);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(processesWith(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves nothing running after a kill -9', async () => {
    const { child, output, ended } = stack(FEW);
    await waitFor('a first part', () => output().includes('Mailpit: '), 90_000);
    const folder = folderOf(output());
    child.kill('SIGKILL');
    await ended;
    await waitFor('the end of all', () => processesWith(folder).length === 0, 10_000);
    rmSync(folder, { recursive: true });
  });

  it('says which part did not start, and leaves nothing running', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'vigia-broken-cache-'));
    try {
      for (const name of readdirSync(serversCache())) if (!name.startsWith('mailpit')) symlinkSync(join(serversCache(), name), join(cache, name));
      const broken = readdirSync(serversCache()).find((name) => name.startsWith('mailpit')) as string;
      mkdirSync(join(cache, broken));
      writeFileSync(join(cache, broken, 'mailpit'), '#!/bin/sh\necho no such thing as mail; exit 3\n', { mode: 0o755 });
      const { output, ended } = stack(FEW, { VIGIA_SERVERS_CACHE: cache });
      expect(await ended).toBe(1);
      expect(output()).toContain('mailpit ended (3) before it was ready');
      expect(output()).toContain('no such thing as mail');
      const folder = folderOf(output());
      expect(processesWith(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    } finally {
      rmSync(cache, { recursive: true });
    }
  });
});
