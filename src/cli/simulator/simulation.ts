import { setMaxListeners } from 'node:events';
import { isoTime, type Clock } from '../../clock.js';
import { Delivery, type DeliveryOptions } from './delivery.js';
import type { ForetoldAlarm } from './foretelling.js';
import type { IngestClient } from './ingest-client.js';
import type { MessageForm } from './message-form.js';
import { MessagePlan, type PlanOptions, type PlannedMessage } from './message-plan.js';
import { Outbox } from './outbox.js';
import { countAlarms, Tally, type AlarmCounts } from './tally.js';

/** Everything that decides a run; written into its report. */
export interface SimulationOptions {
  readonly url: string;
  readonly plan: PlanOptions;
  /** Messages per second. */
  readonly rate: number;
  /** The run ends after so many messages; null for no such end. */
  readonly messages: number | null;
  /** The run ends after this time; null for no such end. */
  readonly durationMs: number | null;
  /** Messages per request at most; 1 for a request each. */
  readonly batch: number;
  readonly form: MessageForm;
  /** Begins every messageId, so that two runs with one seed are not taken for one; null for no ids. */
  readonly messageIdPrefix: string | null;
}

/** What a run sent and what must follow from it; `foretold` leaves out the sensors in `uncertain`. */
export interface SimulationReport {
  readonly seed: string;
  readonly options: SimulationOptions;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationSeconds: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  readonly notStored: number;
  readonly retries: number;
  /** Acknowledged messages per second. */
  readonly rate: number;
  readonly byTopic: { readonly ENTRY: number; readonly OK: number };
  readonly normal: number;
  readonly abnormal: number;
  readonly alarms: AlarmCounts;
  readonly foretold: readonly ForetoldAlarm[];
  /** The oldest recovered alarms of a long run, no longer in `foretold`. */
  readonly foretoldOmitted: number;
  readonly uncertain: readonly number[];
  readonly refusals: readonly { readonly status: number; readonly body: string }[];
  /** Failed attempts by reason. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Requests under way at once: enough for a target that answers within a second at any rate of the source. */
export const MAX_REQUESTS = 16;

const TICK_MS = 20;

/** A run that fell behind by more, as when the machine slept, does not try to make up for all of it. */
const MOST_BEHIND_MS = 30_000;

/** How long the last messages are sent again after the end of a run that was not interrupted. */
const SETTLE_MS = 60_000;

/** How long requests under way may take after an interruption. */
const INTERRUPTED_MS = 3000;

/** One run: plans messages as they fall due, sends them, and foretells what follows. */
export class Simulation {
  readonly tally = new Tally();
  private readonly plan: MessagePlan;
  private readonly outbox = new Outbox();
  private readonly delivery: Delivery;
  private readonly underWay = new Set<Promise<void>>();
  private readonly giveUp = new AbortController();
  private failure: Error | null = null;
  private isSettling = false;
  private planned = 0;
  private startedAtMs = 0;
  /** Later than `startedAtMs` once the run has fallen behind too far. */
  private pacedFromMs = 0;

  constructor(
    readonly options: SimulationOptions,
    private readonly client: IngestClient,
    private readonly clock: Clock,
    told: Pick<DeliveryOptions, 'onSettled'> = {},
  ) {
    const { form, messageIdPrefix, batch } = options;
    // Each request under way may listen while it pauses.
    setMaxListeners(MAX_REQUESTS, this.giveUp.signal);
    this.plan = new MessagePlan(options.plan);
    this.delivery = new Delivery(client, clock, this.tally, { form, messageIdPrefix, inBatches: batch > 1, ...told });
  }

  /** Runs to its end or to `interrupt`, and reports. Thrown: `UnexpectedAnswer`. */
  async run(interrupt: AbortSignal): Promise<SimulationReport> {
    this.startedAtMs = this.pacedFromMs = this.clock.now();
    while (!interrupt.aborted && this.failure === null && !this.isTimeOver()) {
      this.planDue();
      this.dispatch(1);
      if (this.isPlanned() && this.underWay.size === 0) break;
      await this.clock.sleep(TICK_MS, interrupt);
    }
    await this.settle(interrupt);
    if (this.failure !== null) throw this.failure;
    return this.report();
  }

  elapsedMs(): number {
    return this.startedAtMs === 0 ? 0 : this.clock.now() - this.startedAtMs;
  }

  private isTimeOver(): boolean {
    const { durationMs } = this.options;
    return durationMs !== null && this.elapsedMs() >= durationMs;
  }

  private isPlanned(): boolean {
    const { messages } = this.options;
    return messages !== null && this.planned >= messages;
  }

  /** Counted from the start, so that no error adds up. */
  private planDue(): void {
    const { rate, batch } = this.options;
    const now = this.clock.now();
    const behindMs = now - this.pacedFromMs - (this.planned / rate) * 1000;
    if (behindMs > MOST_BEHIND_MS) this.pacedFromMs += behindMs - MOST_BEHIND_MS;
    const due = Math.floor(((now - this.pacedFromMs) * rate) / 1000) + 1;
    // Two rounds of full requests: what is held beyond that would only take memory.
    const bound = 2 * MAX_REQUESTS * batch;
    while (this.planned < due && this.outbox.size < bound && !this.isPlanned()) {
      this.outbox.add(this.plan.next());
      this.planned += 1;
    }
  }

  private dispatch(atLeast: number): void {
    for (const topic of ['OK', 'ENTRY'] as const) {
      while (this.underWay.size < MAX_REQUESTS && this.outbox.readyFor(topic) >= atLeast) {
        const sending = this.send(this.outbox.take(topic, this.options.batch)).finally(() => {
          this.underWay.delete(sending);
          this.afterRequest();
        });
        this.underWay.add(sending);
      }
    }
  }

  private async send(messages: readonly PlannedMessage[]): Promise<void> {
    try {
      await this.delivery.deliver(messages, (message) => this.outbox.release(message.sensorId), this.giveUp.signal);
    } catch (error) {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
      this.giveUp.abort();
    }
  }

  /** While behind, the next full request goes at once; else the next tick's messages go together. */
  private afterRequest(): void {
    if (this.isSettling) return;
    this.planDue();
    this.dispatch(this.options.batch);
  }

  private async settle(interrupt: AbortSignal): Promise<void> {
    this.isSettling = true;
    const isInterrupted = (): boolean => interrupt.aborted || this.failure !== null;
    const deadline = this.clock.now() + SETTLE_MS;
    while (!isInterrupted() && this.underWay.size > 0 && this.clock.now() < deadline) {
      await this.clock.sleep(TICK_MS, interrupt);
    }
    this.giveUp.abort();
    const cutAt = this.clock.now() + INTERRUPTED_MS;
    while (this.underWay.size > 0 && this.clock.now() < cutAt) await this.clock.sleep(TICK_MS);
    this.client.close();
    await Promise.all(this.underWay);
  }

  private report(): SimulationReport {
    const { tally, options } = this;
    const finishedAtMs = this.clock.now();
    const durationSeconds = (finishedAtMs - this.startedAtMs) / 1000;
    const foretold = tally.foretelling.alarms();
    return {
      seed: options.plan.seed,
      options,
      startedAt: isoTime(this.startedAtMs),
      finishedAt: isoTime(finishedAtMs),
      durationSeconds,
      sent: tally.sent,
      acknowledged: tally.acknowledged,
      refused: tally.refused,
      unknown: tally.unknown,
      notStored: tally.notStored,
      retries: tally.retries,
      rate: durationSeconds > 0 ? tally.acknowledged / durationSeconds : 0,
      byTopic: tally.byTopic,
      normal: tally.normal,
      abnormal: tally.abnormal,
      alarms: countAlarms(foretold),
      foretold,
      foretoldOmitted: tally.foretelling.omitted,
      uncertain: tally.foretelling.uncertainSensors(),
      refusals: tally.refusals,
      errors: tally.errors,
    };
  }
}
