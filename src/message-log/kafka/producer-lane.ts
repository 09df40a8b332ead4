import { LogUnavailable, type OutgoingRecord } from '../message-log.js';
import { encodeRecordBatch, HEADER_BYTES, recordSizeBound } from '../record-batch.js';
import { KAFKA_ERROR, kafkaErrorName } from './kafka-errors.js';

/** Below Kafka's default of 1,048,588 bytes a batch. A batch of one record may have more. */
export const MOST_BATCH_BYTES = 1_000_000;

const SEQUENCES = 2 ** 31;

/** The producer id is no longer good, and the batch was not stored under it. */
const NEW_ID_ERRORS: ReadonlySet<number> = new Set([KAFKA_ERROR.outOfOrderSequence, KAFKA_ERROR.unknownProducerId, KAFKA_ERROR.invalidProducerEpoch]);

/** The same batch is sent again. */
const RETRIABLE_ERRORS: ReadonlySet<number> = new Set([
  KAFKA_ERROR.corruptMessage, KAFKA_ERROR.networkException, KAFKA_ERROR.unknownLeaderEpoch, KAFKA_ERROR.unknownTopicId,
  KAFKA_ERROR.unknownTopicOrPartition, KAFKA_ERROR.leaderNotAvailable, KAFKA_ERROR.notLeaderOrFollower, KAFKA_ERROR.requestTimedOut,
  KAFKA_ERROR.notEnoughReplicas, KAFKA_ERROR.notEnoughReplicasAfterAppend, KAFKA_ERROR.kafkaStorageError, KAFKA_ERROR.fencedLeaderEpoch,
]);

/** The records of one append for one partition. */
export interface LanePart {
  readonly records: readonly OutgoingRecord[];
  readonly expiresAtMs: number;
  /** `count` of the records, from `from` on, have offsets from `baseOffset` on. */
  readonly onStored: (baseOffset: number, from: number, count: number) => void;
  readonly resolve: () => void;
  readonly reject: (error: LogUnavailable) => void;
}

/** A stretch of a part within a batch. */
interface Stretch {
  readonly part: LanePart;
  readonly from: number;
  readonly count: number;
}

/** What waits for one partition, and the one batch of it that is on its way. */
export class ProducerLane {
  /** A sender that has the lane in hand sets this: two of them, at a change of leaders, must not send one batch. */
  isTaken = false;
  private waiting: LanePart[] = [];
  /** How many records of the first waiting part are already in a batch. */
  private taken = 0;
  private current: { readonly stretches: readonly Stretch[]; readonly records: readonly OutgoingRecord[]; batch: Buffer | null } | null = null;
  private producer: { producerId: bigint; epoch: number } | null = null;
  private sequence = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  add(part: LanePart): void {
    this.waiting.push(part);
  }

  get hasWork(): boolean {
    return this.current !== null || this.waiting.length > 0;
  }

  get needsProducerId(): boolean {
    return this.producer === null;
  }

  /** From here on batches are numbered from 0 under this id. */
  useProducerId(producer: { producerId: bigint; epoch: number }): void {
    this.producer = producer;
    this.sequence = 0;
    if (this.current) this.current.batch = null;
  }

  /** The batch to send: the one that is still to be acknowledged, else the next. Null without work or producer id. */
  nextBatch(nowMs: number): Buffer | null {
    if (this.producer === null) return null;
    this.current ??= this.takeWaiting();
    if (this.current === null) return null;
    return (this.current.batch ??= encodeRecordBatch(this.current.records, 0, nowMs, { ...this.producer, sequence: this.sequence }));
  }

  private takeWaiting(): ProducerLane['current'] {
    const stretches: Stretch[] = [];
    const records: OutgoingRecord[] = [];
    let bytes = HEADER_BYTES;
    while (this.waiting.length > 0) {
      const part = this.waiting[0]!;
      const from = this.taken;
      let to = from;
      while (to < part.records.length) {
        const more = recordSizeBound(part.records[to]!);
        if (records.length > 0 && bytes + more > MOST_BATCH_BYTES) break;
        records.push(part.records[to]!);
        bytes += more;
        to += 1;
      }
      if (to > from) stretches.push({ part, from, count: to - from });
      if (to < part.records.length) {
        this.taken = to;
        break;
      }
      this.waiting.shift();
      this.taken = 0;
    }
    return records.length === 0 ? null : { stretches, records, batch: null };
  }

  /**
   * Takes the broker's answer for a batch that `nextBatch` gave: whether it is stored, given up, or to be sent
   * again. A batch that was given up meanwhile stays so.
   */
  settle(batch: Buffer, errorCode: number, baseOffset: number): 'stored' | 'failed' | 'again' {
    const { current } = this;
    if (current === null || current.batch !== batch) return 'failed';
    if (errorCode === KAFKA_ERROR.none) {
      this.sequence = (this.sequence + current.records.length) % SEQUENCES;
      this.current = null;
      let offset = baseOffset;
      for (const { part, from, count } of current.stretches) {
        part.onStored(offset, from, count);
        offset += count;
        if (from + count === part.records.length) part.resolve();
      }
      return 'stored';
    }
    if (RETRIABLE_ERRORS.has(errorCode)) return 'again';
    if (NEW_ID_ERRORS.has(errorCode)) {
      this.producer = null;
      return 'again';
    }
    const isStored = errorCode === KAFKA_ERROR.duplicateSequence;
    this.giveUp(`Kafka answered ${kafkaErrorName(errorCode)} for ${this.topic}-${this.partition}${isStored ? ': it is stored, its offsets are not known' : ''}`);
    return 'failed';
  }

  /** Gives up what has waited too long, be it on its way. */
  expire(nowMs: number, why: string): void {
    if (this.current?.stretches.some(({ part }) => part.expiresAtMs <= nowMs)) {
      this.giveUp(`${this.topic}-${this.partition} took no record in time (${why}); it is not known whether it was stored`);
    }
    const late = this.waiting.filter((part, index) => part.expiresAtMs <= nowMs && !(index === 0 && this.taken > 0));
    if (late.length === 0) return;
    this.waiting = this.waiting.filter((part) => !late.includes(part));
    for (const part of late) part.reject(new LogUnavailable(`${this.topic}-${this.partition} took no record in time (${why}); nothing was stored`));
  }

  /** Whether the batch comes to be stored is not known, so its numbers must not be used again. */
  private giveUp(why: string): void {
    const given = this.current;
    this.current = null;
    this.producer = null;
    for (const { part } of given?.stretches ?? []) {
      if (this.waiting[0] === part) {
        this.waiting.shift(); // the rest of it
        this.taken = 0;
      }
      part.reject(new LogUnavailable(why));
    }
  }
}
