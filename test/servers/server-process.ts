import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ports given out so far: two servers that start side by side must not get the same one. */
const given = new Set<number>();

/** Nor must two workers of Jest, who know nothing of each other: each has a quarter of the ports to itself. */
const PORTS_OF_ONE = 3_000;
const firstPort = 20_000 + ((Number(process.env['JEST_WORKER_ID'] ?? 4) - 1) % 4) * PORTS_OF_ONE;

/**
 * A TCP port of loopback that nothing listens on at the moment, between 20000 and 31999.
 * That is below the range from which the system takes the ports of outgoing connections:
 * while a server is down between a kill and its restart, no client's connection can take its port,
 * and a client that tries it again and again cannot end up connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * PORTS_OF_ONE);
    if (given.has(port)) continue;
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    given.add(port);
    return port;
  }
}

/**
 * How a program is started so that the kernel kills it when this process ends, however it ends: a handler of ours would not run
 * after a SIGKILL. It is in a group of its own, so that Ctrl-C reaches us alone, who stop it in good order. Thrown: an error after `stopAllServers`.
 */
export function boundToUs(program: string, args: readonly string[]): { readonly command: string; readonly rest: readonly string[]; readonly detached: boolean } {
  if (isEnding) throw new Error(`${program} is not started: all servers are being stopped`);
  if (process.platform !== 'linux') return { command: program, rest: args, detached: false };
  return { command: 'setpriv', rest: ['--pdeathsig', 'KILL', program, ...args], detached: true };
}

const runningServers = new Set<ServerProcess>();
let isEnding = false;

/** Kills every server that runs, also those that are being started, and lets none be started any more. */
export async function stopAllServers(): Promise<void> {
  isEnding = true;
  await Promise.all([...runningServers].map((server) => server.stop('SIGKILL')));
}

/** A server started for a test; `stop` ends it by its own process id and waits for that. */
export class ServerProcess {
  private tail = '';

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {}

  /** Starts a program without waiting for it; `env` is added to our own environment. Thrown: an error after `stopAllServers`. */
  static spawn(name: string, program: string, args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv } = {}): ServerProcess {
    const { command, rest, detached } = boundToUs(program, args);
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env }, detached });
    const server = new ServerProcess(name, child);
    runningServers.add(server);
    child.once('exit', () => runningServers.delete(server));
    const keep = (chunk: Buffer | string): void => {
      server.tail = (server.tail + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => keep(`${error.message}\n`));
    return server;
  }

  /** Starts a program and waits until `isReady` says so. Thrown: an error with the program's output when it ends or takes longer. */
  static async start(name: string, program: string, args: readonly string[], isReady: () => Promise<boolean>, timeoutMs = 30_000): Promise<ServerProcess> {
    const server = ServerProcess.spawn(name, program, args);
    await server.waitUntilReady(isReady, timeoutMs);
    return server;
  }

  /** Thrown: an error with the program's output, when it ends or takes longer; it is stopped then. */
  async waitUntilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await isReady().catch(() => false))) {
      if (!this.running || Date.now() > deadline) {
        const reason = this.running ? `did not become ready within ${timeoutMs} ms` : `ended (${this.child.signalCode ?? this.child.exitCode}) before it was ready`;
        await this.stop('SIGKILL');
        throw new Error(`${this.name} ${reason}; its last output:\n${this.tail}`);
      }
      await sleep(50);
    }
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The last 20,000 characters of what it wrote. */
  get output(): string {
    return this.tail;
  }

  /** Sends a signal without waiting for its effect: SIGSTOP, SIGCONT. Thrown when the server no longer runs. */
  signal(signal: NodeJS.Signals): void {
    if (!this.running || !this.child.kill(signal)) throw new Error(`${this.name} does not run: ${signal} cannot be sent to it`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.running) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    // A paused one would keep the signal pending.
    this.child.kill('SIGCONT');
    const giveUp = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(giveUp);
  }
}
