import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { Accounts } from '../../src/access/accounts.js';
import { machines } from '../support/accounts.js';
import { waitFor } from '../support/wait-for.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The built product as a process of its own, on ports that are free. */
class Running {
  private text = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(settings: Record<string, string>) {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-process-'));
    const env = { ...process.env, VIGIA_DATA_DIR: dir, VIGIA_INGEST_PORT: '0', VIGIA_CONSOLE_PORT: '0', VIGIA_SIMULATE: '0', VIGIA_LOG_LEVEL: 'silent', ...settings };
    this.child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk: Buffer) => void (this.text += chunk.toString()));
    this.ended = once(this.child, 'close');
  }

  get output(): string {
    return this.text;
  }

  /** The address that it prints after `name`. */
  async url(name: string): Promise<URL> {
    const found = () => new RegExp(`^${name} +(\\S+)`, 'm').exec(this.text)?.[1];
    await waitFor(name, () => found() !== undefined, 30_000);
    return new URL(found() ?? '');
  }

  /** Ends it, and gives its exit code and how long that took. */
  async end(signal?: NodeJS.Signals): Promise<{ code: number | null; tookMs: number }> {
    const startMs = Date.now();
    if (signal) this.child.kill(signal);
    await this.ended;
    return { code: this.child.exitCode, tookMs: Date.now() - startMs };
  }
}

async function listening(onConnection: (socket: net.Socket) => void): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

describe('the process', () => {
  it('ends cleanly within 5 s of Ctrl-C, also while the mail server hangs and a client never ends its request', async () => {
    const connected = { count: 0 };
    const mailServer = await listening(() => void (connected.count += 1));
    const client = new net.Socket().on('error', () => undefined);
    try {
      const running = new Running({ SMTP_URL: `smtp://127.0.0.1:${mailServer.port}` });
      const ingest = await running.url('ingest');
      expect((await fetch(ingest, { method: 'POST', body: '{"7","true","false","20","30"}' })).status).toBe(200);
      await waitFor('an attempt to send the mail', () => connected.count > 0);
      client.connect(Number(ingest.port), '127.0.0.1');
      await once(client, 'connect');
      client.write('POST /topics/ENTRY/messages HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { code, tookMs } = await running.end('SIGINT');
      expect({ code, output: running.output }).toEqual({ code: 0, output: expect.stringMatching(/stopped\n$/) });
      expect(tookMs).toBeLessThan(5000);
    } finally {
      client.destroy();
      mailServer.close();
    }
  }, 60_000);

  it('closes what connects beyond VIGIA_MAX_CONNECTIONS, on each port', async () => {
    const running = new Running({ VIGIA_MAX_CONNECTIONS: '20' });
    for (const name of ['ingest', 'console']) {
      const { port } = await running.url(name);
      const closed = new Set<number>();
      const sockets = Array.from({ length: 25 }, (_, index) => net.connect(Number(port), '127.0.0.1').on('error', () => undefined).on('close', () => closed.add(index)));
      await waitFor('the end of those beyond it', () => closed.size >= 5, 8_000);
      expect([...closed].sort()).toEqual([20, 21, 22, 23, 24]);
      for (const socket of sockets) socket.destroy();
    }
    expect((await running.end('SIGTERM')).code).toBe(0);
  }, 60_000);

  it('says in one line that a port is taken, or that SMTP_URL or EVENTSTORE_URL can’t be used', async () => {
    const other = await listening(() => undefined);
    const taken = new Running({ VIGIA_INGEST_PORT: String(other.port) });
    const { code } = await taken.end();
    other.close();
    expect(code).toBe(1);
    expect(taken.output).toMatch(new RegExp(`^.*address already in use 127\\.0\\.0\\.1:${other.port}.*\\n$`));
    const misled = new Running({ SMTP_URL: 'smtp://127.0.0.1?pool=true' });
    expect((await misled.end()).code).toBe(1);
    expect(misled.output).toMatch(/^SMTP_URL: unknown setting pool.*\n$/);
    const unsafe = new Running({ EVENTSTORE_URL: 'esdb://vigia:secret@127.0.0.1:2113?tls=false' });
    expect((await unsafe.end()).code).toBe(1);
    expect(unsafe.output).toMatch(/^EVENTSTORE_URL: user and password are sent with TLS only.*\n$/);
    expect(unsafe.output).not.toContain('secret');
  }, 60_000);

  it('says what to do when others could reach a console into which nobody can log in, and opens nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-process-'));
    const open = new Running({ VIGIA_DATA_DIR: dir, VIGIA_BIND: '0.0.0.0' });
    expect((await open.end()).code).toBe(1);
    expect(open.output).toMatch(/^VIGIA_BIND=0\.0\.0\.0 lets other machines reach the console on port 0, .*\n {2}vigia users add NAME --role administrator\n.*\n$/);
    expect(readdirSync(dir)).toEqual(['lock.db']);
    await new Accounts(join(dir, 'users.json')).save(machines().accounts);
    const closed = new Running({ VIGIA_DATA_DIR: dir, VIGIA_BIND: '0.0.0.0' });
    const { port } = await closed.url('console');
    expect((await fetch(`http://127.0.0.1:${port}/api/alarms`)).status).toBe(401);
    expect((await fetch(`http://127.0.0.1:${port}/api/health`)).status).toBe(200);
    expect((await closed.end('SIGTERM')).code).toBe(0);
  }, 60_000);

  it('refuses a data folder that another process works on, naming it, and leaves that one as it is', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-process-'));
    const first = new Running({ VIGIA_DATA_DIR: dir });
    const [console, ingest] = [await first.url('console'), await first.url('ingest')];
    const second = new Running({ VIGIA_DATA_DIR: dir });
    expect((await second.end()).code).toBe(1);
    expect(second.output).toMatch(new RegExp(`^data folder ${dir} is in use by process \\d+ \\(${console.origin}\\); stop it or set VIGIA_DATA_DIR to another folder\\n$`));
    expect((await fetch(ingest, { method: 'POST', body: '[7,true,false,20,30]' })).status).toBe(200);
    expect((await first.end('SIGTERM')).code).toBe(0);
  }, 60_000);

  it('says in one line which database file is damaged, and changes nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-process-'));
    const sound = new Running({ VIGIA_DATA_DIR: dir });
    await sound.url('ingest');
    await sound.end('SIGTERM');
    for (const name of ['message-log.db', 'event-store.db', 'customers.db', 'read-models.db']) {
      const file = join(dir, name);
      // What it has is in its write-ahead log until so much has come that it is brought into the file.
      const database = new Database(file, {}) as { exec(sql: string): void; close(): void };
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
      const bytes = readFileSync(file);
      const damaged = Buffer.from(bytes);
      damaged.fill(0x55, 2 * 4096, 3 * 4096);
      writeFileSync(file, damaged);
      const refused = new Running({ VIGIA_DATA_DIR: dir });
      expect((await refused.end()).code).toBe(1);
      expect(refused.output).toMatch(new RegExp(`^cannot open database ${file}: it is damaged \\([^\\n]+\\); bring back a backup, as docs/backup.md says\\n$`));
      expect(readFileSync(file).equals(damaged)).toBe(true);
      writeFileSync(file, bytes);
    }
    const again = new Running({ VIGIA_DATA_DIR: dir });
    await again.url('ingest');
    expect((await again.end('SIGTERM')).code).toBe(0);
  }, 120_000);
});
