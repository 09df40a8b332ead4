import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serversCache } from '../servers/cache.js';
import { boundToUs } from '../servers/server-process.js';
import { processesWith } from '../support/processes-with.js';
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

  // Two whole starts, and on the usual ports, as --data wants them. Not called VIGIA_…, which its processes would refuse.
  const itWhole = process.env['WHOLE_STACK'] === '1' ? it : it.skip;
  itWhole('ends in good order on Ctrl-C when it is up, and goes on with its data at the next start', async () => {
    const data = mkdtempSync(join(tmpdir(), 'vigia-stack-data-'));
    const url = (purpose: keyof typeof STACK_PORTS, path: string): string => `http://127.0.0.1:${STACK_PORTS[purpose]}${path}`;
    const alarms = async (): Promise<readonly string[]> => {
      const { items } = (await (await fetch(url('console', '/api/alarms?limit=10'))).json()) as { items: { alarmId: string; sensorId: string }[] };
      return items.map(({ alarmId, sensorId }) => `${sensorId}: ${alarmId}`);
    };
    const mails = async (): Promise<number> => ((await (await fetch(url('mailpit', '/api/v1/messages?limit=1'))).json()) as { total: number }).total;
    const up = async (): Promise<Started> => {
      const each = stack(['--data', data, '--sensors', '300', '--no-simulator', '--no-build']);
      const isOver = each.ended.then((code) => Promise.reject(new Error(`ended (${code}):\n${each.output()}`)));
      isOver.catch(() => undefined);
      await Promise.race([waitFor('everything', () => each.output().includes('everything is up'), 200_000), isOver]);
      return each;
    };
    const endsInOrder = async ({ child, output, ended }: Started): Promise<void> => {
      child.kill('SIGINT');
      expect([await ended, output().trimEnd().split('\n').at(-1)]).toEqual([0, 'stopped']);
      expect(processesWith(data)).toEqual([]);
    };

    const first = await up();
    const body = '{"7", "true", "false", "20.0", "30.0"}';
    const answer = await fetch(url('haproxy', '/topics/ENTRY/messages'), { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    expect(answer.status).toBe(200);
    await waitFor('the alarm and its e-mail', async () => (await alarms()).length === 1 && (await mails()) === 1);
    const before = await alarms();
    await endsInOrder(first);

    const second = await up();
    await waitFor('the alarm', async () => (await alarms()).length > 0);
    expect([await alarms(), await mails()]).toEqual([before, 1]);
    await endsInOrder(second);
    rmSync(data, { recursive: true });
  }, 480_000);

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
