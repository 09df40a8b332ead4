import type { SensorMessage } from '../alarm-domain/sensor-message.js';
import { afterDecision, decide, sensorStream, type IgnoreReason, type SensorState } from '../alarm-domain/sensor.js';
import type { ReadingEvent } from '../alarm-domain/alarm-events.js';
import { isAtOrBefore, partitionKey, type SourcePosition } from '../alarm-domain/source-position.js';
import type { StrikePolicy } from '../alarm-domain/strike-policy.js';
import { isoTime, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { appendUntilKnown } from '../event-store/append-until-known.js';
import { toAppend } from '../event-store/event-codec.js';
import { AppendTooLarge, WrongExpectedRevision, type EventStore } from '../event-store/event-store.js';
import type { LogBatch, SensorTopic } from '../message-log/message-log.js';
import { groupsOf } from './batch-groups.js';
import type { DeadLetters } from './dead-letters.js';
import { idOf } from './deterministic-id.js';
import { allEnded, inParallel } from './in-parallel.js';
import { readBatch, type ReadBatch } from './read-batch.js';
import type { ReceiptBook } from './receipt-book.js';
import type { Receipt } from './receipt.js';
import type { LoadedSensor, SensorStates } from './sensor-states.js';

/** Sensors whose events are appended at the same time; the embedded store puts them into one commit. */
const MOST_APPENDS = 512;

/** Another writer of the same stream may win this often before the batch is given back to the log. */
const MOST_CONFLICTS = 5;

/**
 * Records of one sensor that are decided, and their events appended, together. Usually a record is an event or two of
 * about 1 KB, and an append has a limit of 1 MiB; those that are more, as with very long messageIds, are halved.
 */
const MOST_OF_ONE_SENSOR = 200;

/** What came of one record. */
type Outcome =
  | { readonly type: 'normal' }
  | { readonly type: 'events' }
  | { readonly type: 'ignored'; readonly reason: IgnoreReason; readonly sensorId: number; /** To be remembered by the receipt, since no event does. */ readonly messageId: string | null }
  | { readonly type: 'dead-lettered' };

/** A batch of the group that is in work. */
interface BatchInWork {
  readonly read: ReadBatch;
  /** By offset. */
  readonly outcomes: Map<number, Outcome>;
  /** The last record of each partition of ENTRY that is handled before this batch. */
  readonly handledThrough: readonly SourcePosition[];
}

interface Item {
  readonly message: SensorMessage;
  readonly work: BatchInWork;
}

/** Counters of the alarm path, for metrics. */
export interface ProcessingObserver {
  /** `decoded` of the records were made into objects, the others were discarded by their bytes. */
  processed(receipt: Receipt, decoded: number): void;
  stored(events: readonly ReadingEvent[]): void;
  conflict(): void;
  /** The run will be handled again. */
  failed(error: unknown): void;
}

/**
 * Turns batches of the message log into events, dead letters and receipts.
 *
 * Order within a group of batches: appends and dead letters → receipts → return, upon which the log may commit. A group is
 * done before the next begins, and within it each sensor's messages are decided in their order, so an OK meets every reading before
 * it (P7); batches that are out of order are no part of a group, see ADR 8. Whatever throws leaves the group to be handled again;
 * what was stored already is then recognised by its source position, and what an OK had found handled by `handledThrough`.
 */
export class BatchHandler {
  constructor(
    private readonly log: string,
    private readonly store: EventStore,
    private readonly sensors: SensorStates,
    private readonly receipts: ReceiptBook,
    private readonly deadLetters: DeadLetters,
    private readonly policy: StrikePolicy,
    private readonly clock: Clock,
    private readonly observer: ProcessingObserver,
  ) {}

  /** Batches of one partition number, in the order of their append times. Those that are in order are handled together: one commit serves them all. */
  async handle(batches: readonly LogBatch[]): Promise<void> {
    const read = batches.map((batch) => readBatch(this.log, this.receipts.epoch(batch.topic, batch.partition), batch));
    for (const group of groupsOf(read)) {
      await this.receipts.flushPartition(group[0]!.batch.partition); // one that failed must be stored before anything that follows is handled
      const fresh = this.notHandledYet(group);
      if (fresh.length === 0) continue;
      await this.handleGroup(fresh).catch((error: unknown) => {
        this.observer.failed(error);
        throw error;
      });
    }
  }

  /** Without batches that are given again after a later one had failed. */
  private notHandledYet(group: readonly ReadBatch[]): ReadBatch[] {
    const nextOf = new Map<SensorTopic, number>();
    return group.filter(({ batch: { topic, partition, firstOffset, lastOffset } }) => {
      const next = nextOf.get(topic) ?? this.receipts.next(topic, partition);
      if (lastOffset < next) return false;
      if (firstOffset !== next) throw new Error(`${topic}-${partition}: expected offset ${next}, got ${firstOffset} to ${lastOffset}; records are missing or were taken apart`);
      nextOf.set(topic, lastOffset + 1);
      return true;
    });
  }

  private async handleGroup(group: readonly ReadBatch[]): Promise<void> {
    if (group.some(({ batch }) => batch.topic === 'OK')) await this.receipts.lookAtOthers();
    const inWork: BatchInWork[] = [];
    const bySensor = new Map<number, Item[]>();
    let handledThrough: readonly SourcePosition[] = this.receipts.handledReadings();
    for (const read of group) {
      const { batch, messages, unreadable } = read;
      const work: BatchInWork = { read, outcomes: new Map(), handledThrough };
      inWork.push(work);
      if (batch.topic === 'ENTRY') handledThrough = withLast(handledThrough, read.sourceOf(batch.lastOffset));
      for (const { sensorId, message } of messages) {
        const items = bySensor.get(sensorId);
        if (items) items.push({ message, work });
        else bySensor.set(sensorId, [{ message, work }]);
      }
      for (const { source } of unreadable) work.outcomes.set(source.offset, { type: 'dead-lettered' });
    }
    try {
      await allEnded([
        ...group.filter(({ unreadable }) => unreadable.length > 0).map(({ batch, unreadable }) => this.deadLetters.add(batch.topic, unreadable)),
        inParallel([...bySensor], MOST_APPENDS, ([sensorId, items]) => this.handleSensor(sensorId, items, group[0]!.batch.isOutOfOrder ?? false)),
      ]);
    } catch (error) {
      // Handled again, an ignored record must not pass for its own repeat.
      for (const sensorId of bySensor.keys()) this.sensors.forget(sensorId);
      throw error;
    }
    crashPoint('events-stored');
    const receipts = inWork.map((work) => this.receiptOf(work));
    for (const receipt of receipts) this.sensors.recall(receipt.remembered);
    await allEnded(receipts.map((receipt) => this.receipts.add(receipt)));
    crashPoint('run-handled');
    receipts.forEach((receipt, index) => this.observer.processed(receipt, group[index]!.batch.records.length));
  }

  /** All messages of one sensor in a group, in order. */
  private async handleSensor(sensorId: number, items: readonly Item[], isOutOfOrder: boolean): Promise<void> {
    for (let from = 0; from < items.length; from += MOST_OF_ONE_SENSOR) {
      await this.handleSome(sensorId, items.slice(from, from + MOST_OF_ONE_SENSOR), isOutOfOrder);
    }
  }

  /** In a single append, or in as many as the store asks for; what one record brings always fits (`MOST_STRIKES`). */
  private async handleSome(sensorId: number, items: readonly Item[], isOutOfOrder: boolean): Promise<void> {
    for (let conflicts = 0; ; conflicts += 1) {
      // After a conflict the state is still right up to its revision: what another writer has added is folded into it.
      const before = await (isOutOfOrder || conflicts > 0 ? this.sensors.loadNewest(sensorId) : this.sensors.load(sensorId));
      const { events, after, outcomes } = await this.decideAll(sensorId, before, items, isOutOfOrder);
      try {
        const revision = events.length > 0 ? await this.append(sensorId, events, before.revision) : before.revision;
        this.sensors.put(sensorId, { state: after.state, revision });
        items.forEach(({ message, work }, index) => work.outcomes.set(message.source.offset, outcomes[index]!));
        if (events.length > 0) this.observer.stored(events);
        return;
      } catch (error) {
        if (error instanceof WrongExpectedRevision && conflicts < MOST_CONFLICTS) {
          this.observer.conflict();
          continue;
        }
        if (error instanceof AppendTooLarge && items.length > 1) {
          // The store has counted the bytes as it rendered them, and has taken none.
          const half = Math.ceil(items.length / 2);
          await this.handleSome(sensorId, items.slice(0, half), isOutOfOrder);
          return this.handleSome(sensorId, items.slice(half), isOutOfOrder);
        }
        this.sensors.forget(sensorId);
        throw error;
      }
    }
  }

  /** The events of the items, and what came of each. */
  private async decideAll(sensorId: number, before: LoadedSensor, items: readonly Item[], isOutOfOrder: boolean) {
    const recordedAt = isoTime(this.clock.now());
    const events: ReadingEvent[] = [];
    const outcomes: Outcome[] = [];
    let after = before;
    for (const { message, work } of items) {
      const decision = decide(after.state, message, { policy: this.policy, recordedAt, handledThrough: work.handledThrough, isOutOfOrder, idOf });
      const { state } = after;
      if (decision.type === 'events') {
        events.push(...decision.events);
        outcomes.push({ type: 'events' });
      } else if (decision.type === 'normal') {
        outcomes.push({ type: 'normal' });
      } else {
        const isDeliveredAgain = wasDelivered(state, message.source);
        if (isDeliveredAgain && (await this.sensors.yieldedEvents(sensorId, message.source))) {
          outcomes.push({ type: 'events' }); // stored by a delivery whose receipt was not
          continue;
        }
        // A repeat of a messageId is remembered already; a record delivered again was ignored for a reason that is not known any more.
        const isRemembered = decision.reason === 'duplicate' && !isDeliveredAgain;
        outcomes.push({ type: 'ignored', reason: decision.reason, sensorId, messageId: isRemembered ? null : message.messageId });
      }
      after = { ...after, state: afterDecision(state, message, decision, this.policy) };
    }
    return { events, after, outcomes };
  }

  private async append(sensorId: number, events: readonly ReadingEvent[], revision: bigint | null): Promise<bigint> {
    return (await appendUntilKnown(this.store, sensorStream(sensorId), events.map(toAppend), revision ?? 'no-stream')).revision;
  }

  private receiptOf({ read: { batch, sourceOf }, outcomes }: BatchInWork): Receipt {
    const ignored: Partial<Record<IgnoreReason, number[]>> = {};
    const events: number[] = [];
    const deadLettered: number[] = [];
    const remembered: [number, string][] = [];
    let normal = batch.discarded;
    for (const { offset } of batch.records) {
      const outcome = outcomes.get(offset);
      if (!outcome) throw new Error(`${batch.topic}-${batch.partition}: no outcome for offset ${offset}`);
      if (outcome.type === 'normal') normal += 1;
      else if (outcome.type === 'events') events.push(offset);
      else if (outcome.type === 'dead-lettered') deadLettered.push(offset);
      else {
        (ignored[outcome.reason] ??= []).push(offset);
        if (outcome.messageId !== null) remembered.push([outcome.sensorId, outcome.messageId]);
      }
    }
    const { topic, partition, firstOffset, lastOffset, lastAppendedAtMs, skipped } = batch;
    return { log: this.log, topic, partition, epoch: sourceOf(firstOffset).epoch, first: firstOffset, last: lastOffset, lastAppendedAtMs, normal, events, ignored, deadLettered, skipped, remembered };
  }
}

function wasDelivered(state: SensorState, source: SourcePosition): boolean {
  const last = state.lastSeen[partitionKey(source)];
  return last !== undefined && isAtOrBefore(source, last);
}

/** The positions with that one in place of its partition's. */
function withLast(positions: readonly SourcePosition[], last: SourcePosition): SourcePosition[] {
  return [...positions.filter(({ partition }) => partition !== last.partition), last];
}
