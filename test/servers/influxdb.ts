import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedFolder, run } from './cache.js';
import { ServerProcess } from './server-process.js';
import { temporarySite, type DataFolder, type Site } from './site.js';

const VERSION = 'v2.9.1';
/** Builds libflux, which is in Rust, when cgo asks for it. */
const PKG_CONFIG_VERSION = 'v0.3.0';

/** The path of influxd without its web page, built into the cache the first time (a quarter of an hour; needs Go, gcc, pkg-config, cargo). */
export function influxdProgram(): string {
  const dir = cachedFolder(`influxd-${VERSION}`, (target) => {
    const source = mkdtempSync(join(tmpdir(), 'vigia-influxd-'));
    const tools = join(source, 'tools');
    mkdirSync(tools);
    const env = {
      ...process.env,
      GOFLAGS: '-mod=mod',
      GOTOOLCHAIN: 'local',
      // The library pins a compiler of its own, which may not be installed; the stable one builds it with more warnings.
      RUSTUP_TOOLCHAIN: process.env['RUSTUP_TOOLCHAIN'] ?? 'stable',
      RUSTFLAGS: '--cap-lints warn',
    };
    const go = (args: readonly string[], more: NodeJS.ProcessEnv = {}): void => run('go', args, { cwd: source, env: { ...env, ...more } });
    try {
      go(['install', `github.com/influxdata/pkg-config@${PKG_CONFIG_VERSION}`], { GOBIN: tools });
      go(['mod', 'init', 'vigia.test/influxd']);
      // Modules that influxd replaces itself, which counts only where it is the main module.
      go([
        'mod', 'edit',
        '-replace=github.com/nats-io/nats-streaming-server@v0.11.2=github.com/influxdata/nats-streaming-server@v0.11.3-0.20201112040610-c277f7560803',
        '-replace=google.golang.org/protobuf@v1.30.0=google.golang.org/protobuf@v1.33.0',
        `-require=github.com/influxdata/influxdb/v2@${VERSION}`,
      ]);
      const tags = ['-tags', 'sqlite_foreign_keys,sqlite_json', '-ldflags', `-s -w -X main.version=${VERSION}`];
      go(['build', ...tags, '-o', join(target, 'influxd'), 'github.com/influxdata/influxdb/v2/cmd/influxd'], { PKG_CONFIG: join(tools, 'pkg-config') });
    } finally {
      rmSync(source, { recursive: true, force: true });
    }
  });
  return join(dir, 'influxd');
}

/** An InfluxDB of one test on loopback, set up with an organisation and an all-access token, with data of its own that `stop` removes unless its site keeps them. */
export class InfluxServer {
  readonly org = 'vigia test';
  readonly token = 'token-of-the-test';

  private constructor(
    private readonly folder: DataFolder,
    private readonly port: number,
    private process: ServerProcess,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(site: Site = temporarySite): Promise<InfluxServer> {
    const port = await site.port('influxdb');
    const folder = site.folder('influxdb');
    const server = new InfluxServer(folder, port, await spawnServer(folder.path, port));
    await setUpInflux(server.url, { username: 'vigia', password: 'not-a-secret', org: server.org, bucket: 'other', token: server.token });
    return server;
  }

  /** Calls the API as the owner. Thrown: an error with the answer unless it is good. */
  async call(method: string, path: string, body?: string | object): Promise<string> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { Authorization: `Token ${this.token}`, ...(typeof body === 'object' ? { 'Content-Type': 'application/json' } : {}) },
      ...(body === undefined ? {} : { body: typeof body === 'object' ? JSON.stringify(body) : body }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text;
  }

  /** Ends it with SIGKILL; its data stay. */
  async kill(): Promise<void> {
    await this.process.stop('SIGKILL');
  }

  /** Starts it again on its data and port. */
  async restart(): Promise<void> {
    await this.kill();
    this.process = await spawnServer(this.folder.path, this.port);
  }

  /** It takes connections and answers nothing. */
  pause(): void {
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.process.signal('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.process.stop(this.folder.isKept ? 'SIGINT' : 'SIGKILL');
    this.folder.release();
  }
}

function spawnServer(dir: string, port: number): Promise<ServerProcess> {
  const { program, args } = influxdCommand(dir, `127.0.0.1:${port}`);
  return ServerProcess.start('influxd', program, args, async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok);
}

/** The server as a program, with its data in `dir`. It does not hear SIGTERM: SIGINT stops it. */
export function influxdCommand(dir: string, address: string): { readonly program: string; readonly args: readonly string[] } {
  const paths = ['--bolt-path', join(dir, 'influxd.bolt'), '--sqlite-path', join(dir, 'influxd.sqlite'), '--engine-path', join(dir, 'engine')];
  return { program: influxdProgram(), args: [...paths, '--http-bind-address', address, '--reporting-disabled', '--log-level', 'warn'] };
}

/** Makes the first user of a new server. Thrown: an error with the answer when it does not take it. */
export async function setUpInflux(url: string, setUp: { username: string; password: string; org: string; bucket: string; token: string }): Promise<void> {
  const { allowed } = (await (await fetch(`${url}/api/v2/setup`)).json()) as { allowed: boolean };
  if (!allowed) return; // its data have been set up before
  const answer = await fetch(`${url}/api/v2/setup`, { method: 'POST', body: JSON.stringify(setUp) });
  if (!answer.ok) throw new Error(`InfluxDB was not set up: ${answer.status} ${await answer.text()}`);
}
