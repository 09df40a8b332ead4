import { setImmediate as nextTurn } from 'node:timers/promises';
import { DoublingPause, type Clock } from '../../clock.js';
import { handleUntilDone } from '../handle-until-done.js';
import type { ConsumeOptions, LogBatch, SensorTopic } from '../message-log.js';
import { Wakeup } from '../wakeup.js';
import { EntryProgress } from './entry-progress.js';
import { appendedAt } from './fetch-records.js';
import { MAX_RUN_RECORDS, type Run } from './fetched-records.js';
import { isForeign, type ForeignKeys } from './foreign-keys.js';
import { InGroups } from './in-groups.js';
import type { KafkaCluster, KafkaLogSink } from './kafka-cluster.js';
import { PartitionFetcher } from './partition-fetcher.js';
import { nextStep, nextStepWhileHeld, OK_MAY_LAG_MS, PairSide } from './partition-pair.js';

/** How often that time limit is looked at. */
const LOOK_EVERY_MS = 500;

/** What may wait while others are handled, and the bytes of its records; one run may be more. */
const MAX_WAITING_RUNS = 32;
const MAX_WAITING_BYTES = 1024 * 1024;

const COMMIT_EVERY_MS = 1_000;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

export interface SessionContext {
  readonly cluster: KafkaCluster;
  readonly clock: Clock;
  readonly options: ConsumeOptions;
  readonly partitions: number;
  readonly log: KafkaLogSink;
  readonly foreignKeys: ForeignKeys;
  /** Tells Kafka how far the work is, and whether there are foreign keys. */
  readonly commit: (offsets: readonly { topic: string; partition: number; offset: number }[]) => Promise<void>;
  /** How far any member of the group is in ENTRY, by partition number; null where that is not known. Learns of others' foreign keys. */
  readonly committedEntry: () => Promise<readonly (number | null)[]>;
}

/** ENTRY-n and OK-n while they are this process's. */
interface Pair {
  readonly number: number;
  readonly entry: PairSide;
  readonly ok: PairSide;
}

interface TakenRun {
  readonly side: PairSide;
  readonly run: Run;
}

/** An OK run that must wait for all partitions of ENTRY, since its sensors' readings may be in any. */
interface HeldRun {
  readonly run: Run;
  isReady: boolean;
}

/** Whether another run may wait with those that do until others are handled. */
function isRoomFor(waiting: readonly TakenRun[], { run }: TakenRun): boolean {
  const runs = [run, ...waiting.map((taken) => taken.run)];
  const sum = (of: (each: Run) => number): number => runs.reduce((total, each) => total + of(each), 0);
  return runs.length <= MAX_WAITING_RUNS && sum(({ records, skipped }) => records.length + skipped.length) <= MAX_RUN_RECORDS && sum(({ recordBytes }) => recordBytes) <= MAX_WAITING_BYTES;
}

/** The work on the partition numbers of one assignment, from the join of the group to the next rebalance. */
export class ConsumerSession {
  private readonly news = new Wakeup();
  private readonly fetcher: PartitionFetcher;
  private readonly pairs = new Map<number, Pair>();
  private readonly entryProgress: EntryProgress;
  /** Whether it is known what other members had met before. */
  private hasAskedOthers = false;
  private readonly ending = new AbortController();
  private readonly signal: AbortSignal;

  constructor(
    private readonly numbers: readonly number[],
    private readonly context: SessionContext,
  ) {
    this.signal = AbortSignal.any([context.options.signal, this.ending.signal]);
    this.fetcher = new PartitionFetcher(context.cluster, context.clock, context.log, () => this.news.ring(), this.signal);
    this.entryProgress = new EntryProgress(context, (number) => this.pairs.get(number)?.entry.handledThrough ?? null, this.signal);
  }

  /** No further run is begun. */
  end(): void {
    this.ending.abort();
  }

  /** Resolves when the session has ended and no handler is in work. */
  async run(): Promise<void> {
    await Promise.all([this.fetcher.run(), this.keepCommitting(), this.news.ringEvery(this.context.clock, LOOK_EVERY_MS, this.signal), ...this.numbers.map((number) => this.workOn(number))]);
  }

  /** Opens the pair and works on it, anew after each loss or failure, until the session ends. */
  private async workOn(number: number): Promise<void> {
    const { clock, log } = this.context;
    const pause = new DoublingPause(clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    while (!this.signal.aborted) {
      const openedAt = performance.now();
      try {
        const pair = await this.open(number);
        await this.work(pair);
      } catch (error) {
        if (this.signal.aborted) break;
        if (performance.now() - openedAt > LAST_PAUSE_MS) pause.reset();
        log.warn({ err: error, partition: number }, 'the work on a partition is begun again');
        await pause.wait(this.signal);
      } finally {
        await this.release(number);
      }
    }
  }

  /** What was handled is recorded before anyone, this session included, asks where to begin. */
  private async release(number: number): Promise<void> {
    const { options, log } = this.context;
    this.close(number);
    await options.onRelease?.(number).catch((error: unknown) => log.warn({ err: error, partition: number }, 'a partition was released with work that is not recorded; it will be done again'));
  }

  private async open(number: number): Promise<Pair> {
    const { cluster, options } = this.context;
    await cluster.refreshIfOld();
    const side = async (topic: SensorTopic): Promise<PairSide> => {
      const [start, end] = [await this.offset(topic, number, 'start'), await this.offset(topic, number, 'end')];
      const at = await options.resumeAt(topic, number, {
        startOffset: start,
        endOffset: end,
        firstOffsetAfter: async (appendedAtMs) => (await cluster.offsets(topic, [number], { fromMs: appendedAtMs + 1 }))[0] ?? end,
        appendedAt: (offset) => appendedAt(cluster, topic, number, offset),
      });
      if (!(at >= start && at <= end)) throw new RangeError(`resume offset ${at} of ${topic}-${number}, expected ${start} to ${end}: these are not the data it belongs to`);
      return new PairSide(topic, number, at, end);
    };
    const pair = { number, entry: await side('ENTRY'), ok: await side('OK') };
    this.pairs.set(number, pair);
    // OK first: a response then shows an end of ENTRY that is at least as new as its OK records.
    this.fetcher.add(pair.ok);
    this.fetcher.add(pair.entry);
    return pair;
  }

  private close(number: number): void {
    const pair = this.pairs.get(number);
    if (!pair) return;
    this.fetcher.remove(pair.ok);
    this.fetcher.remove(pair.entry);
    this.pairs.delete(number);
  }

  private async offset(topic: string, number: number, which: 'start' | 'end'): Promise<number> {
    return (await this.context.cluster.offsets(topic, [number], which))[0] ?? 0;
  }

  /**
   * Runs are handled in the order in which they are taken; those that are taken while others are handled are given together.
   *
   * Thrown: `PositionLost`, `KafkaFailure` when the offsets are out of range, `CorruptRecordBatch`; no handler is in work then.
   */
  private async work(pair: Pair): Promise<void> {
    const { entry, ok } = pair;
    const { foreignKeys, partitions } = this.context;
    const handling = new InGroups<TakenRun>((taken) => this.handle(taken), isRoomFor, () => this.news.ring());
    let okMayLagUntil = performance.now() + OK_MAY_LAG_MS;
    let held: HeldRun | null = null;
    try {
      while (!this.signal.aborted) {
        const seen = this.news.count;
        handling.throwFailure();
        this.context.options.requireKept?.(pair.number);
        for (const side of [entry, ok]) {
          const failure = this.fetcher.failureOf(side);
          if (failure !== null) throw failure;
        }
        if (held?.isReady) {
          const { run } = held;
          held = null;
          await handling.add({ side: ok, run });
          continue;
        }
        const now = performance.now();
        const step = held === null ? nextStep(entry, ok, now, okMayLagUntil) : nextStepWhileHeld(entry, held.run.lastAppendedAtMs, now, okMayLagUntil);
        if (step === null) {
          await this.news.after(seen, this.signal);
          continue;
        }
        const side = step.topic === 'ENTRY' ? entry : ok;
        const run = side.take(step.throughMs, step.topic === 'ENTRY' ? this.context.options.discard : undefined);
        if (run.lastOffset < run.firstOffset) throw new Error(`${side.topic}-${side.partition}: nothing to take at offset ${run.firstOffset}`);
        this.fetcher.roomMade();
        if (!foreignKeys.areMet && run.records.some((record) => isForeign(record, pair.number, partitions))) foreignKeys.meet();
        run.isOutOfOrder = foreignKeys.areMet || !this.hasAskedOthers || step.isAheadOfOk;
        if (step.topic === 'OK') {
          okMayLagUntil = performance.now() + OK_MAY_LAG_MS;
          if (foreignKeys.areMet) {
            held = this.holdUntilEntryIsDone(run);
            continue;
          }
        } else if (ok.isAtEnd) okMayLagUntil = performance.now() + OK_MAY_LAG_MS;
        await handling.add({ side, run });
        // What is taken without a wait must not keep everything else from running.
        await nextTurn();
      }
    } finally {
      await handling.rest();
    }
  }

  private async handle(taken: readonly TakenRun[]): Promise<void> {
    const batches: readonly LogBatch[] = taken.map(({ run }) => run);
    if (!(await handleUntilDone(this.context.clock, batches, this.context.options.handle, this.signal))) return;
    for (const { side, run } of taken) side.handled(run);
  }

  /** Every reading that was accepted before the run was seen must have been handled, by whichever member. */
  private holdUntilEntryIsDone(run: Run): HeldRun {
    const held: HeldRun = { run, isReady: false };
    void this.entryProgress.untilHandled(run.lastAppendedAtMs).then((isDone) => {
      held.isReady = isDone;
      this.news.ring();
    });
    return held;
  }

  private async keepCommitting(): Promise<void> {
    const { clock, commit, options, log, foreignKeys } = this.context;
    const committed = new Map<string, number>();
    await this.askOthers().catch(() => undefined);
    while (!this.signal.aborted) {
      await clock.sleep(COMMIT_EVERY_MS, this.signal);
      try {
        await this.askOthers(); // first, as the commit takes the place of what another has left there
        const isToTell = foreignKeys.areToBeTold;
        const offsets = [...this.pairs.values()]
          .flatMap((pair) => [pair.entry, pair.ok])
          .map(({ topic, partition, handledThrough }) => ({ topic, partition, offset: Math.min(handledThrough, options.recordedThrough?.(topic, partition) ?? Infinity) }))
          .filter(({ topic, partition, offset }) => isToTell || committed.get(`${topic}/${partition}`) !== offset);
        await commit(offsets);
        for (const { topic, partition, offset } of offsets) committed.set(`${topic}/${partition}`, offset);
        if (isToTell && offsets.length > 0) foreignKeys.told(performance.now());
      } catch (error) {
        log.debug({ err: error }, 'the offsets were not committed to Kafka; the receipts count');
      }
    }
  }

  /** Learns of foreign keys that others have met; no others are there when all partitions are this process's. */
  private async askOthers(): Promise<void> {
    const { foreignKeys, partitions, committedEntry } = this.context;
    if (foreignKeys.areMet || (this.hasAskedOthers && this.numbers.length === partitions)) return;
    await committedEntry();
    this.hasAskedOthers = true;
  }
}
