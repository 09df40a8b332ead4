import { sensorIdOf, type SensorMessage } from '../alarm-domain/sensor-message.js';
import { afterDecision, decide, sensorStream, type IgnoreReason, type SensorState } from '../alarm-domain/sensor.js';
import type { ReadingEvent } from '../alarm-domain/alarm-events.js';
import { isAtOrBefore, partitionKey, type SourcePosition } from '../alarm-domain/source-position.js';
import type { StrikePolicy } from '../alarm-domain/strike-policy.js';
import { isoTime, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { appendUntilKnown } from '../event-store/append-until-known.js';
import { toAppend } from '../event-store/event-codec.js';
import { WrongExpectedRevision, type EventStore } from '../event-store/event-store.js';
import type { LogBatch, LogRecord } from '../message-log/message-log.js';
import type { DeadLetters } from './dead-letters.js';
import { idOf } from './deterministic-id.js';
import type { LastSeen } from './last-seen.js';
import type { ReceiptBook } from './receipt-book.js';
import type { Receipt } from './receipt.js';
import { toSensorMessage } from './sensor-message.js';
import type { LoadedSensor, SensorStates } from './sensor-states.js';

/** Sensors whose events are appended at the same time; the embedded store puts them into one commit. */
const MOST_APPENDS = 256;

/** Another writer of the same stream may win this often before the batch is given back to the log. */
const MOST_CONFLICTS = 5;

/**
 * Records of one sensor that are decided, and their events appended, together. With a window or `clearOnNormal`
 * each may be an event or two of about 1 KB, and an append has a limit of 1 MiB.
 */
const MOST_OF_ONE_SENSOR = 200;

/** What came of one record. */
type Outcome =
  | { readonly type: 'normal' }
  | { readonly type: 'events' }
  | { readonly type: 'ignored'; readonly reason: IgnoreReason; readonly sensorId: number; /** To be remembered by the receipt, since no event does. */ readonly messageId: string | null }
  | { readonly type: 'dead-lettered' };

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
 * Order within a run: appends and dead letters → receipt → return, upon which the log may commit. A run is
 * done before the next begins, so an OK meets every reading before it (P7); for runs that are out of order see ADR 8. Whatever throws leaves the run
 * to be handled again; what was stored already is then recognised by its source position.
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
    /** Told of the readings that no `discard` has taken out. */
    private readonly lastSeen?: Pick<LastSeen, 'beginBatch' | 'see'>,
  ) {}

  /** Batches of one partition number, in the order of their append times. */
  async handle(batches: readonly LogBatch[]): Promise<void> {
    for (const batch of batches) {
      await this.receipts.flushPartition(batch.partition); // one that failed must be stored before anything that follows is handled
      const next = this.receipts.next(batch.topic, batch.partition);
      if (batch.lastOffset < next) continue; // given again after a later run had failed
      if (batch.firstOffset !== next) {
        throw new Error(`${batch.topic}-${batch.partition}: expected offset ${next}, got ${batch.firstOffset} to ${batch.lastOffset}; records are missing or were taken apart`);
      }
      await this.handleRun(batch).catch((error: unknown) => {
        this.observer.failed(error);
        throw error;
      });
    }
  }

  private async handleRun(batch: LogBatch): Promise<void> {
    const outcomes = new Map<number, Outcome>();
    const unreadable: { record: LogRecord; source: SourcePosition; reason: string }[] = [];
    const bySensor = new Map<number, SensorMessage[]>();
    const epoch = this.receipts.epoch(batch.topic, batch.partition);
    if (batch.topic === 'OK') await this.receipts.lookAtOthers();
    else this.lastSeen?.beginBatch(batch.partition, batch.lastAppendedAtMs);
    for (const record of batch.records) {
      const source: SourcePosition = { log: this.log, topic: batch.topic, partition: batch.partition, epoch, offset: record.offset };
      const message = toSensorMessage(record, source);
      if (message.type === 'unreadable') {
        unreadable.push({ record, source, reason: message.reason });
        outcomes.set(record.offset, { type: 'dead-lettered' });
        continue;
      }
      const sensorId = sensorIdOf(message);
      if (message.type === 'reading') this.lastSeen?.see(sensorId);
      const messages = bySensor.get(sensorId);
      if (messages) messages.push(message);
      else bySensor.set(sensorId, [message]);
    }
    try {
      await allEnded([
        unreadable.length > 0 ? this.deadLetters.add(batch.topic, unreadable) : Promise.resolve(),
        inParallel([...bySensor], MOST_APPENDS, ([sensorId, messages]) => this.handleSensor(sensorId, messages, batch.isOutOfOrder ?? false, outcomes)),
      ]);
    } catch (error) {
      // Handled again, an ignored record must not pass for its own repeat.
      for (const sensorId of bySensor.keys()) this.sensors.forget(sensorId);
      throw error;
    }
    crashPoint('events-stored');
    const receipt = this.receiptOf(batch, epoch, outcomes);
    this.sensors.recall(receipt.remembered);
    await this.receipts.add(receipt);
    crashPoint('run-handled');
    this.observer.processed(receipt, batch.records.length);
  }

  /** All messages of one sensor in a run, in order. */
  private async handleSensor(sensorId: number, messages: readonly SensorMessage[], isOutOfOrder: boolean, outcomes: Map<number, Outcome>): Promise<void> {
    for (let from = 0; from < messages.length; from += MOST_OF_ONE_SENSOR) {
      await this.handleSome(sensorId, messages.slice(from, from + MOST_OF_ONE_SENSOR), isOutOfOrder, outcomes);
    }
  }

  /** In a single append. */
  private async handleSome(sensorId: number, messages: readonly SensorMessage[], isOutOfOrder: boolean, outcomes: Map<number, Outcome>): Promise<void> {
    for (let conflicts = 0; ; conflicts += 1) {
      // After a conflict the state is still right up to its revision: what another writer has added is folded into it.
      const before = await (isOutOfOrder || conflicts > 0 ? this.sensors.loadNewest(sensorId) : this.sensors.load(sensorId));
      const { events, after, results } = await this.decideAll(sensorId, before, messages, isOutOfOrder);
      try {
        const revision = events.length > 0 ? await this.append(sensorId, events, before.revision) : before.revision;
        this.sensors.put(sensorId, { state: after.state, revision });
        for (const [offset, outcome] of results) outcomes.set(offset, outcome);
        if (events.length > 0) this.observer.stored(events);
        return;
      } catch (error) {
        if (error instanceof WrongExpectedRevision && conflicts < MOST_CONFLICTS) {
          this.observer.conflict();
          continue;
        }
        this.sensors.forget(sensorId);
        throw error;
      }
    }
  }

  private async decideAll(sensorId: number, before: LoadedSensor, messages: readonly SensorMessage[], isOutOfOrder: boolean) {
    const context = { policy: this.policy, recordedAt: isoTime(this.clock.now()), handledThrough: this.receipts.handledReadings(), isOutOfOrder, idOf };
    const events: ReadingEvent[] = [];
    const results: [number, Outcome][] = [];
    let after = before;
    for (const message of messages) {
      const decision = decide(after.state, message, context);
      const { offset } = message.source;
      const { state } = after;
      if (decision.type === 'events') {
        events.push(...decision.events);
        results.push([offset, { type: 'events' }]);
      } else if (decision.type === 'normal') {
        results.push([offset, { type: 'normal' }]);
      } else {
        const isDeliveredAgain = wasDelivered(state, message.source);
        if (isDeliveredAgain && (await this.sensors.yieldedEvents(sensorId, message.source))) {
          results.push([offset, { type: 'events' }]); // stored by a delivery whose receipt was not
          continue;
        }
        // A repeat of a messageId is remembered already; a record delivered again was ignored for a reason that is not known any more.
        const isRemembered = decision.reason === 'duplicate' && !isDeliveredAgain;
        results.push([offset, { type: 'ignored', reason: decision.reason, sensorId, messageId: isRemembered ? null : message.messageId }]);
      }
      after = { ...after, state: afterDecision(state, message, decision, this.policy) };
    }
    return { events, after, results };
  }

  private async append(sensorId: number, events: readonly ReadingEvent[], revision: bigint | null): Promise<bigint> {
    return (await appendUntilKnown(this.store, sensorStream(sensorId), events.map(toAppend), revision ?? 'no-stream')).revision;
  }

  private receiptOf(batch: LogBatch, epoch: number, outcomes: ReadonlyMap<number, Outcome>): Receipt {
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
    return { log: this.log, topic, partition, epoch, first: firstOffset, last: lastOffset, lastAppendedAtMs, normal, events, ignored, deadLettered, skipped, remembered };
  }
}

function wasDelivered(state: SensorState, source: SourcePosition): boolean {
  const last = state.lastSeen[partitionKey(source)];
  return last !== undefined && isAtOrBefore(source, last);
}

/** Runs `work` for each item, at most `most` at a time; rejects with the first error once all that had begun have ended. */
async function inParallel<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  let index = 0;
  const lane = async (): Promise<void> => {
    while (index < items.length) {
      const item = items[index] as T;
      index += 1;
      await work(item);
    }
  };
  await allEnded(Array.from({ length: Math.min(most, items.length) }, lane));
}

/** Rejects with the first error, but only once all have ended: nothing goes on beside the next attempt. */
async function allEnded(works: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(works)) if (end.status === 'rejected') throw end.reason;
}
