import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { systemClock } from '../../src/clock.js';
import { boundToUs } from '../servers/server-process.js';

export interface ChildOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where stdout and stderr are appended; without it stdout is kept and stderr shown. */
  readonly logFile?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
}

/** Children that still run; each of them must be stopped in every case. */
const running = new Set<Child>();

/** A Node process started for the acceptance run. */
export class Child {
  readonly ended: Promise<Ended>;
  private readonly process: ChildProcess;

  constructor(options: ChildOptions) {
    const log = options.logFile === undefined ? null : openSync(options.logFile, 'a');
    const { command, rest, detached } = boundToUs(process.execPath, options.args);
    this.process = spawn(command, rest, {
      env: { ...process.env, ...options.env },
      detached,
      stdio: ['ignore', log ?? 'pipe', log ?? 'inherit'],
    });
    if (log !== null) closeSync(log);
    const chunks: Buffer[] = [];
    this.process.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('close', (code, signal) => resolve({ code, signal, stdout: Buffer.concat(chunks).toString('utf8') }));
    });
    running.add(this);
    void this.ended.catch(() => undefined).finally(() => running.delete(this));
  }

  get isRunning(): boolean {
    return running.has(this);
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Resolves when the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<Ended> {
    this.process.kill(signal);
    return this.ended;
  }

  /** Sends `signal`, and SIGKILL when the process is not gone within `graceMs`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<Ended> {
    const isGone = new AbortController();
    const ended = this.kill(signal).finally(() => isGone.abort());
    await systemClock.sleep(graceMs, isGone.signal);
    if (!isGone.signal.aborted) this.process.kill('SIGKILL');
    return ended;
  }
}

/** Stops every child that still runs. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}
