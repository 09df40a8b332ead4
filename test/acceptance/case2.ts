import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import { Random } from '../../src/cli/simulator/random.js';
import { systemClock } from '../../src/clock.js';
import { Child, type Ended } from './child.js';

export interface Case2Options {
  /** Where the simulator posts to. */
  readonly url: string;
  /** For its report, and for what it was answered. */
  readonly folder: string;
  readonly seed: string;
  readonly compress: number;
  /** Send for so many seconds only; null for all messages of the preset. */
  readonly seconds: number | null;
  readonly sensors: number;
}

/** The source's second case in its own time. */
const CASE2_MS = 1_800_000;

/** The source's second case while it is being sent, by the simulator in a process of its own. */
export class Case2 {
  readonly startMs = systemClock.now();
  readonly durationMs: number;
  private readonly simulator: Child;
  private readonly ended: Promise<Ended>;
  private readonly end = new AbortController();
  /** What each message was answered, as a line of JSON. */
  readonly answersFile: string;
  private readonly reportFile: string;

  constructor({ url, folder, seed, compress, seconds, sensors }: Case2Options) {
    // Each kill that is planned waits for it.
    setMaxListeners(100, this.end.signal);
    this.durationMs = seconds === null ? CASE2_MS / compress : seconds * 1000;
    this.reportFile = join(folder, 'report.json');
    this.answersFile = join(folder, 'answers.jsonl');
    const args = ['simulate', '--url', url, '--preset', 'case2', '--compress', String(compress), '--seed', seed, '--sensors', String(sensors), '--message-ids', '--json', this.reportFile, '--answers', this.answersFile];
    if (seconds !== null) args.push('--duration', `${seconds}s`);
    this.simulator = new Child({ args: [join('dist', 'cli', 'vigia.js'), ...args] });
    this.ended = this.simulator.ended.finally(() => this.end.abort());
  }

  /** Aborted when all is sent. */
  get over(): AbortSignal {
    return this.end.signal;
  }

  /** Waits until so long after the start, or until all is sent; tells whether it is still being sent. */
  async isSentAt(atMs: number): Promise<boolean> {
    await systemClock.sleep(this.startMs + atMs - systemClock.now(), this.over);
    return !this.over.aborted;
  }

  /** Waits until all is sent, and calls `check` meanwhile. Thrown: what `check` throws; an error when the simulator failed. */
  async report(check: () => void): Promise<SimulationReport> {
    while (this.simulator.isRunning) {
      check();
      await systemClock.sleep(1000, this.over);
    }
    const { code, signal } = await this.ended;
    if (code !== 0) throw new Error(`the simulator ended with ${code ?? signal}`);
    return JSON.parse(readFileSync(this.reportFile, 'utf8')) as SimulationReport;
  }
}

/** A random moment in each of `kills` equal stretches of the run, without its first and last tenth. */
export function killTimes(seed: string, kills: number, durationMs: number): number[] {
  const random = Random.seeded(`kills ${seed}`);
  return Array.from({ length: kills }, (_, i) => durationMs * (0.1 + (0.8 * (i + random.fraction())) / kills));
}
