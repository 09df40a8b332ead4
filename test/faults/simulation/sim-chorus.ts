import type { SupervisedSilence } from '../verifier/outputs.js';
import type { Chorus } from './plan.js';
import type { Scheduler } from './scheduler.js';

/** After the faults all are heard of for so long that each sensor's interval is known anew, whatever was lost: 17 readings, and some. */
const KNOWN_AFTER_MS = 40_000;

/** So soon the silence must be told, however long the gaps were that faults have made: it ends when it is. */
const MOST_SILENT_MS = 600_000;

/** So soon the return is told. */
const RETURN_MS = 15_000;

/** Sends the readings of a plan's chorus, and has one of its sensors be silent. */
export class SimChorus {
  private calmSilence: { readonly fromMs: number; untilMs: number } | null = null;
  private endMs = Infinity;
  private readonly beganMs: number;

  constructor(
    private readonly chorus: Chorus,
    private readonly scheduler: Scheduler,
    private readonly send: (sensor: number, body: string) => void,
    /** Whether an event tells of a sensor's silence since a time. */
    private readonly isTold: (sensor: number, sinceMs: number) => boolean,
  ) {
    this.beganMs = scheduler.nowMs;
  }

  /** Once now, and so on. */
  sing(): void {
    const { sensors, everyMs, silent, fromMs, untilMs } = this.chorus;
    const { nowMs } = this.scheduler;
    if (nowMs >= this.endMs) return;
    this.endSilence(nowMs);
    const now = this.calmSilence ?? { fromMs: this.beganMs + fromMs, untilMs: this.beganMs + untilMs };
    const isQuiet = nowMs >= now.fromMs && nowMs < now.untilMs;
    for (const sensor of sensors) if (!isQuiet || sensor !== silent) this.send(sensor, `{"${sensor}", "false", "false", "20.0", "30.0"}`);
    this.scheduler.after(everyMs, () => this.sing());
  }

  /** Nothing fails any more. */
  calm(): void {
    this.calmSilence = { fromMs: this.scheduler.nowMs + KNOWN_AFTER_MS, untilMs: Infinity };
  }

  get isOver(): boolean {
    return this.scheduler.nowMs > this.endMs;
  }

  /** What supervision must have told. */
  get silence(): SupervisedSilence {
    const { sensors, silent } = this.chorus;
    return { sensors, silent, fromMs: this.calmSilence?.fromMs ?? Infinity, untilMs: this.calmSilence?.untilMs ?? Infinity };
  }

  private endSilence(nowMs: number): void {
    const silence = this.calmSilence;
    if (silence === null || silence.untilMs !== Infinity || nowMs < silence.fromMs) return;
    if (!this.isTold(this.chorus.silent, silence.fromMs) && nowMs < silence.fromMs + MOST_SILENT_MS) return;
    silence.untilMs = nowMs;
    this.endMs = nowMs + RETURN_MS;
  }
}
