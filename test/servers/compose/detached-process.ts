import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Its whole environment, but for PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process is told to end, and how long it may take. */
export interface Stopping {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
}

interface Known {
  readonly pid: number;
  readonly start: string | null;
  readonly stopping: Stopping;
}

/** A process that outlives the one that started it, and is known again by its folder: there are its id and its output. */
export class DetachedProcess {
  private readonly idFile: string;
  private readonly logFile: string;

  constructor(private readonly dir: string) {
    this.idFile = join(dir, 'process');
    this.logFile = join(dir, 'log');
  }

  /** Null when it was never started, or was stopped in order. */
  get state(): 'running' | 'exited' | null {
    const known = this.known();
    if (known === null) return null;
    return known.start !== null && startOf(known.pid) === known.start ? 'running' : 'exited';
  }

  /** The last lines of what it wrote. */
  lastLines(count: number): string {
    if (!existsSync(this.logFile)) return '';
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  }

  /** Does not wait until it is ready. Thrown: the system's error when there is no such program. */
  async start({ program, args, env }: Command, stopping: Stopping): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    const log = openSync(this.logFile, 'a');
    const { PATH, HOME } = process.env;
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env: { PATH, HOME, ...env } });
    closeSync(log);
    await once(child, 'spawn');
    child.unref();
    const pid = child.pid as number;
    const known: Known = { pid, start: startOf(pid), stopping };
    writeFileSync(this.idFile, JSON.stringify(known));
  }

  /** Sends it the signal that it was started with, and SIGKILL after its grace period; says whether it ended by itself. */
  async stop(): Promise<'stopped' | 'killed'> {
    let outcome: 'stopped' | 'killed' = 'stopped';
    const known = this.known();
    const untilMs = Date.now() + (known?.stopping.graceMs ?? 0);
    for (let next = known?.stopping.signal ?? null; known && this.state === 'running'; await sleep(50)) {
      if (Date.now() > untilMs) [next, outcome] = ['SIGKILL', 'killed'];
      if (next !== null) send(known.pid, next);
      next = null;
    }
    rmSync(this.idFile, { force: true });
    return outcome;
  }

  private known(): Known | null {
    return existsSync(this.idFile) ? (JSON.parse(readFileSync(this.idFile, 'utf8')) as Known) : null;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended
  }
}

/** When a process was started, in ticks since the machine's start: an id may be given out again. Null when it has ended. */
function startOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // After the name, which may hold anything: the state, then 18 other fields.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const hasEnded = fields[0] === 'Z' || fields[0] === 'X';
  return hasEnded ? null : (fields[19] as string);
}
