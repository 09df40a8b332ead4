import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./disk-witness-process.ts', import.meta.url));

/** What the witness's process says of a write. */
export interface WitnessedSync {
  readonly tookMs: number;
}

/** What the machine itself did while a contender ran. */
export interface Witnessed {
  /** How long each write of 4 KiB with fsync took, in milliseconds. */
  readonly syncMs: readonly number[];
  /** Share of the cores' time that the machine's host gave to others, 0 to 1. */
  readonly stolen: number;
}

/**
 * A process beside the contenders that does nothing but write 4 KiB with fsync, 20 times a second: no commit on this disk
 * is quicker, so how far a latency is the machine's own.
 */
export class DiskWitness {
  private syncMs: number[] = [];
  private cpu = cpuTimes();

  private constructor(private readonly child: ReturnType<typeof fork>) {
    child.on('message', (message) => this.syncMs.push((message as WitnessedSync).tookMs));
  }

  /** `file`: on the disk in question; it is removed at the end. */
  static start(file: string): DiskWitness {
    return new DiskWitness(fork(MAIN, [file], { execArgv: ['--import', 'tsx'] }));
  }

  /** What it has seen since the last call. */
  take(): Witnessed {
    const [before, now] = [this.cpu, cpuTimes()];
    const { syncMs } = this;
    this.cpu = now;
    this.syncMs = [];
    return { syncMs, stolen: (now.stolen - before.stolen) / Math.max(1, now.all - before.all) };
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}

/** Of all cores, in ticks of the kernel: the first line of `/proc/stat` (man 5 proc_stat). */
function cpuTimes(): { readonly all: number; readonly stolen: number } {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: fields.reduce((sum, ticks) => sum + ticks, 0), stolen: fields[7] ?? 0 };
}
