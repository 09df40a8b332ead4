import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { DoublingPause, within, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import type { EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import type { TermWork } from '../leases/leased-role.js';
import { ENDLESS_TERM, type Term } from '../leases/term.js';
import type { MessageLog } from '../message-log/message-log.js';
import { AlarmDecoder } from './alarm-decoder.js';
import { CountCheckpoint, type CountPlace } from './count-checkpoint.js';
import { CountTopic } from './count-topic.js';
import { LagMeter, type Lag } from './event-lag.js';
import { errorText } from './live-projection.js';

const ALARMS = { types: ['AlarmTriggered'] };

/** Alarms read and not yet published, at most: at some 2 kB each, 1 MB. The next are read when these are on COUNT. */
const MAX_BATCH = 500;

/**
 * Alarms that one read-back of COUNT looks for. Their ids are all that is kept, some 100 bytes each: 20 MB,
 * however long COUNT is. When more are missing there is a read-back for each 200,000; an ordinary restart
 * looks for what a second has brought.
 */
const MAX_SOUGHT = 200_000;

/** Each checkpoint is an event of its own; a restart seeks again what came since. */
const CHECKPOINT_EVERY_MS = 1000;

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5000;

/** `stop` must be over within 3 s: so long for an append under way, the rest for the checkpoint. */
const STOP_WORK_MS = 2000;
const STOP_CHECKPOINT_MS = 500;

/** Counted since the start of the process. */
export interface CountTotals {
  published: number;
  /** Alarms that were found on COUNT when it was read back, and so not published again. */
  recognised: number;
}

/** What health and metrics show of the publisher. */
export interface CountPublisherStatus extends Lag, Readonly<CountTotals> {
  /** False before the start and after the stop. */
  readonly running: boolean;
  /** COUNT was read back, and all alarms up to some moment after that were published. */
  readonly isCaughtUp: boolean;
  /** Alarms that this program can't read; a repaired one publishes them. */
  readonly unreadable: number;
  /** Null once it goes on again. */
  readonly lastError: string | null;
}

export interface CountPublisherOptions {
  readonly log: MessageLog;
  readonly store: EventStore;
  readonly clock: Clock;
  readonly problem: (what: string, error: unknown) => void;
  /** While it is not held nothing is published; by default it always is. */
  readonly term?: Term;
  /** Counted on from one publisher to the next. */
  readonly totals?: CountTotals;
  /** For specs; default `MAX_SOUGHT`. */
  readonly maxSought?: number;
}

/**
 * Publishes each AlarmTriggered to topic COUNT at least once (R4), in the order of the events.
 *
 * What is there already is told by COUNT itself: wherever it may hold alarms after the checkpoint (at the
 * start, and when the outcome of an append is not known) it is read, and what it has is passed over. So a
 * lost checkpoint costs reading and publishes nothing again, and neither does a rebuild of read models, of
 * which the publisher knows nothing. One process at a time runs a publisher, by the lease of role `count`; one that
 * is frozen amid an append and goes on after its lease may publish an alarm a second time, under the same id.
 */
export class CountPublisher implements TermWork {
  private readonly stopping = new AbortController();
  private readonly checkpoint: CountCheckpoint;
  private readonly topic: CountTopic;
  private running: Promise<void> | null = null;
  private isLoaded = false;
  private isCaughtUp = false;
  /** Every alarm to here is on COUNT, or unreadable. */
  private position: Position | null = null;
  /** The last alarm up to which none is missing on COUNT. */
  private mark: { readonly alarm: RecordedEvent; readonly places: readonly CountPlace[] } | null = null;
  private savedAtMs = 0;
  private readonly decoder: AlarmDecoder;
  private lastError: string | null = null;
  private readonly meter: LagMeter;
  readonly totals: CountTotals;

  constructor(private readonly options: CountPublisherOptions) {
    this.checkpoint = new CountCheckpoint(options.log, options.store, options.clock);
    this.topic = new CountTopic(options.log);
    this.decoder = new AlarmDecoder(options.problem);
    this.totals = options.totals ?? { published: 0, recognised: 0 };
    this.meter = new LagMeter(options.store, options.clock, ALARMS);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Lets what is being published end, for 2 s at most; what is left is found by the next start. */
  async stop(): Promise<void> {
    const { clock } = this.options;
    this.stopping.abort(new Error('the publisher of COUNT is being stopped'));
    await within(clock, STOP_WORK_MS, this.running ?? Promise.resolve());
    await within(clock, STOP_CHECKPOINT_MS, this.saveMark());
  }

  async retire(): Promise<void> {
    await this.stop();
  }

  async status(): Promise<CountPublisherStatus> {
    const running = this.running !== null && !this.stopping.signal.aborted;
    let { lastError } = this;
    try {
      if (this.isLoaded) await this.meter.measure(this.position);
    } catch (error) {
      lastError ??= errorText(error);
    }
    return { running, isCaughtUp: this.isCaughtUp, ...this.totals, unreadable: this.decoder.unreadable, ...this.meter.lag, lastError };
  }

  private async run(): Promise<void> {
    await this.untilDone('reading COUNT back', () => this.recover());
    await this.untilDone('reading alarms', () => this.follow());
  }

  /** Looks on COUNT for every alarm after the checkpoint, and publishes those that are not there. */
  private async recover(): Promise<void> {
    const { stopping, topic } = this;
    if (!this.isLoaded) {
      const { position, places } = await this.checkpoint.load();
      this.position = position;
      topic.resumeAt(places);
      this.isLoaded = true;
    }
    for (;;) {
      const { missing, last } = await this.readSought();
      const ends = await topic.ends();
      if (last === null) return this.settle(ends);
      this.totals.recognised += await topic.takeOutFound(missing, ends, stopping.signal);
      await this.publishThrough(last, missing);
    }
  }

  /** The ids of the next alarms after `position`, and the last of these events. */
  private async readSought(): Promise<{ missing: Set<string>; last: RecordedEvent | null }> {
    const missing = new Set<string>();
    let last: RecordedEvent | null = null;
    for await (const recorded of this.options.store.readAll({ after: this.position, filter: ALARMS, limit: this.options.maxSought ?? MAX_SOUGHT })) {
      const alarm = this.decoder.decode(recorded);
      if (alarm) missing.add(alarm.data.alarmId);
      last = recorded;
    }
    return { missing, last };
  }

  private async publishThrough(last: RecordedEvent, ids: ReadonlySet<string>): Promise<void> {
    if (ids.size === 0) return this.advance([last], []);
    let batch: RecordedEvent[] = [];
    for await (const recorded of this.options.store.readAll({ after: this.position, filter: ALARMS })) {
      batch.push(recorded);
      const isLast = recorded.position === last.position;
      if (batch.length < MAX_BATCH && !isLast) continue;
      await this.advance(batch, this.decoder.decodeAll(batch).filter(({ data }) => ids.has(data.alarmId)));
      if (isLast) return;
      batch = [];
    }
  }

  private async settle(ends: readonly CountPlace[]): Promise<void> {
    this.topic.settle(ends);
    if (!this.mark) return;
    this.mark = { ...this.mark, places: this.decoder.unreadable === 0 ? ends : this.mark.places };
    await this.saveMark();
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    let batch: RecordedEvent[] = [];
    for await (const message of this.options.store.subscribe({ after: this.position, filter: ALARMS, signal })) {
      if (message.type === 'event') batch.push(message.event);
      if (message.type === 'event' && batch.length < MAX_BATCH) continue;
      if (batch.length > 0) await this.advance(batch, this.decoder.decodeAll(batch));
      batch = [];
      this.lastError = null;
      if (message.type === 'event') continue;
      this.isCaughtUp = true;
      if (message.position !== null) this.position = message.position;
    }
    throw new Error('the subscription has ended');
  }

  /** Publishes these alarms and goes on after the events that they are of. Thrown: `stopping`'s reason. */
  private async advance(batch: readonly RecordedEvent[], alarms: readonly AlarmTriggered[]): Promise<void> {
    await this.publish(alarms);
    const last = batch.at(-1) as RecordedEvent;
    this.position = last.position;
    // The checkpoint stays before an unreadable alarm, so that a repaired program finds it.
    if (this.decoder.unreadable === 0) this.mark = { alarm: last, places: this.topic.places };
    if (this.options.clock.now() - this.savedAtMs >= CHECKPOINT_EVERY_MS) await this.saveMark();
  }

  private async publish(alarms: readonly AlarmTriggered[]): Promise<void> {
    const { stopping, topic, totals } = this;
    const { term = ENDLESS_TERM } = this.options;
    let left = alarms;
    let isInDoubt = false;
    await this.untilDone('publishing to COUNT', async () => {
      if (isInDoubt) {
        const missing = new Set(left.map(({ data }) => data.alarmId));
        totals.recognised += await topic.takeOutFound(missing, await topic.ends(), stopping.signal);
        left = left.filter(({ data }) => missing.has(data.alarmId));
      }
      if (left.length === 0) return;
      if (!term.isHeld()) throw new Error('another process may publish now');
      isInDoubt = true;
      await topic.append(left);
      crashPoint('count-published');
      totals.published += left.length;
      left = [];
    });
    if (left.length > 0) throw stopping.signal.reason as Error;
  }

  private async saveMark(): Promise<void> {
    if (!this.mark) return;
    const { alarm, places } = this.mark;
    this.savedAtMs = this.options.clock.now();
    try {
      await this.checkpoint.save(alarm, places);
      crashPoint('count-marked');
    } catch (error) {
      // The next one is tried with the next alarms; until then a restart seeks more.
      this.options.problem('checkpoint of COUNT', error);
    }
  }

  /** Repeats the work until it succeeds or the publisher is stopped, with growing pauses. */
  private async untilDone(what: string, work: () => Promise<void>): Promise<void> {
    const { clock, problem } = this.options;
    const { signal } = this.stopping;
    const pause = new DoublingPause(clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    while (!signal.aborted) {
      try {
        await work();
        this.lastError = null;
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.lastError = errorText(error);
        problem(what, error);
        await pause.wait(signal);
      }
    }
  }
}
