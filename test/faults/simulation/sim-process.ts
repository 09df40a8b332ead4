import type { Clock } from '../../../src/clock.js';
import type { Scheduler } from './scheduler.js';

/** Before a call of the process is done at its server, or when it is done and not answered yet. */
export type CrashMoment = 'before' | 'after';

/** One start of a simulated process: it may be stopped for a while, and killed; what comes for it then waits, or never comes. */
export class SimProcess {
  private isDead = false;
  private isStopped = false;
  private readonly waiting: (() => void)[] = [];
  /** How far its wall clock is off. */
  clockOffsetMs = 0;
  /** Calls that arrived at their server twice, of which it was told nothing. */
  repeatedCalls = 0;
  private crash: { callsLeft: number; readonly when: CrashMoment; readonly tell: () => void } | null = null;

  constructor(
    readonly name: string,
    readonly scheduler: Scheduler,
  ) {}

  get isAlive(): boolean {
    return !this.isDead;
  }

  /** Its wall clock jumps, its timers do not. */
  readonly clock: Clock = {
    now: () => this.scheduler.nowMs + this.clockOffsetMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (this.isDead) return;
        if (signal?.aborted) return resolve();
        let isOver = false;
        const end = (): void => {
          if (isOver) return;
          isOver = true;
          signal?.removeEventListener('abort', end);
          resolve();
        };
        signal?.addEventListener('abort', end);
        this.scheduler.after(ms, () => {
          if (!isOver) this.deliver(end);
        });
      }),
  };

  /** An answer, or the end of a sleep, reaches the process: now, when it goes on, or never. */
  deliver(run: () => void): void {
    if (this.isDead) return;
    if (this.isStopped) this.waiting.push(run);
    else run();
  }

  /** As `kill -STOP`. */
  suspend(): void {
    this.isStopped = true;
  }

  /** As `kill -CONT`. */
  resume(): void {
    this.isStopped = false;
    // One step each: what one answer sets in motion goes as far as it can before the next.
    for (const run of this.waiting.splice(0)) this.scheduler.after(0, () => this.deliver(run));
  }

  /** As `kill -9`: none of its code runs on, for none of its awaits ends. */
  kill(): void {
    this.isDead = true;
    this.waiting.length = 0;
  }

  /** It is killed at the `calls`th call that it makes from now on, and `tell` is called. */
  crashAtCall(calls: number, when: CrashMoment, tell: () => void): void {
    this.crash = { callsLeft: calls, when, tell };
  }

  /** A call of the process is at its server. */
  callIs(when: CrashMoment): void {
    if (this.crash?.when !== when) return;
    this.crash.callsLeft -= 1;
    if (this.crash.callsLeft > 0 || this.isDead) return;
    this.kill();
    this.crash.tell();
  }
}
