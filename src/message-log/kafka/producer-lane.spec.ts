import type { OutgoingRecord } from '../message-log.js';
import { HEADER_BYTES, readBatchHeader } from '../record-batch.js';
import { KAFKA_ERROR } from './kafka-errors.js';
import { MOST_BATCH_BYTES, ProducerLane, type LanePart } from './producer-lane.js';

const record = (value: string): OutgoingRecord => ({ key: '7', value: Buffer.from(value) });

/** One append, and what was told of it. */
class Append implements LanePart {
  readonly offsets: number[] = [];
  /** waits, stored, or why it was refused */
  outcome = 'waits';

  constructor(
    readonly records: readonly OutgoingRecord[],
    readonly expiresAtMs = 1_000,
  ) {}

  readonly onStored = (baseOffset: number, from: number, count: number): void => {
    for (let index = 0; index < count; index += 1) this.offsets[from + index] = baseOffset + index;
  };
  readonly resolve = (): void => void (this.outcome = 'stored');
  readonly reject = (error: Error): void => void (this.outcome = error.message);
}

function laneWith(...appends: Append[]): ProducerLane {
  const lane = new ProducerLane('ENTRY', 1);
  for (const append of appends) lane.add(append);
  lane.useProducerId({ producerId: 40n, epoch: 3 });
  return lane;
}

const sequenceOf = (batch: Buffer): number => batch.readInt32BE(53);
const producerOf = (batch: Buffer): bigint => readBatchHeader(batch).producerId;

describe('ProducerLane', () => {
  it('puts what waits into one batch, and tells each append its offsets', () => {
    const [first, second] = [new Append([record('a'), record('b')]), new Append([record('c')])];
    const lane = laneWith(first, second);
    const batch = lane.nextBatch(5)!;
    expect(readBatchHeader(batch)).toMatchObject({ recordCount: 3, producerId: 40n });
    expect(lane.settle(batch, KAFKA_ERROR.none, 100)).toBe('stored');
    expect([first.offsets, first.outcome, second.offsets, second.outcome]).toEqual([[100, 101], 'stored', [102], 'stored']);
    expect(lane.hasWork).toBe(false);
  });

  it('gives no batch without work, nor without a producer id', () => {
    expect(laneWith().nextBatch(0)).toBeNull();
    const lane = new ProducerLane('ENTRY', 1);
    lane.add(new Append([record('a')]));
    expect([lane.needsProducerId, lane.nextBatch(0)]).toEqual([true, null]);
  });

  it('numbers batches one after the other, and gives the same bytes until they are acknowledged', () => {
    const lane = laneWith(new Append([record('a'), record('b')]));
    const first = lane.nextBatch(0)!;
    lane.add(new Append([record('c')]));
    expect(lane.nextBatch(99)).toBe(first);
    lane.settle(first, KAFKA_ERROR.none, 0);
    expect([sequenceOf(first), sequenceOf(lane.nextBatch(0)!)]).toEqual([0, 2]);
  });

  it('splits an append that is larger than one batch, in order, and resolves it with the last', () => {
    const large = new Append(Array.from({ length: 5 }, (_, index) => record(String(index).repeat(400_000))));
    const lane = laneWith(large);
    const sizes: number[] = [];
    for (let offset = 0; lane.hasWork; ) {
      const batch = lane.nextBatch(0)!;
      const { recordCount } = readBatchHeader(batch);
      sizes.push(recordCount);
      expect(batch.length).toBeLessThanOrEqual(MOST_BATCH_BYTES);
      expect(large.outcome).toBe('waits');
      lane.settle(batch, KAFKA_ERROR.none, offset);
      offset += recordCount + 10;
    }
    expect([sizes, large.offsets, large.outcome]).toEqual([[2, 2, 1], [0, 1, 12, 13, 24], 'stored']);
  });

  it('keeps within the bound to the byte, and gives a record above it a batch of its own', () => {
    const fits = record('x'.repeat(MOST_BATCH_BYTES - HEADER_BYTES - 14));
    expect(laneWith(new Append([fits])).nextBatch(0)!.length).toBeLessThanOrEqual(MOST_BATCH_BYTES);
    const lane = laneWith(new Append([record('a'), record('x'.repeat(MOST_BATCH_BYTES)), record('b')]));
    expect([0, 1, 2].map((offset) => {
      const batch = lane.nextBatch(0)!;
      lane.settle(batch, KAFKA_ERROR.none, offset);
      return readBatchHeader(batch).recordCount;
    })).toEqual([1, 1, 1]);
  });

  for (const name of [
    'corruptMessage', 'unknownTopicOrPartition', 'leaderNotAvailable', 'notLeaderOrFollower', 'requestTimedOut', 'networkException',
    'notEnoughReplicas', 'notEnoughReplicasAfterAppend', 'kafkaStorageError', 'fencedLeaderEpoch', 'unknownLeaderEpoch', 'unknownTopicId',
  ] as const) {
    it(`sends the same batch again after ${name}`, () => {
      const append = new Append([record('a')]);
      const lane = laneWith(append);
      const batch = lane.nextBatch(0)!;
      expect(lane.settle(batch, KAFKA_ERROR[name], -1)).toBe('again');
      expect([lane.nextBatch(50), lane.needsProducerId, append.outcome]).toEqual([batch, false, 'waits']);
    });
  }

  for (const name of ['outOfOrderSequence', 'unknownProducerId', 'invalidProducerEpoch'] as const) {
    it(`sends the same records under a new producer id after ${name}`, () => {
      const append = new Append([record('a')]);
      const lane = laneWith(new Append([record('before')]));
      lane.settle(lane.nextBatch(0)!, KAFKA_ERROR.none, 0);
      lane.add(append);
      expect(lane.settle(lane.nextBatch(0)!, KAFKA_ERROR[name], -1)).toBe('again');
      expect(lane.needsProducerId).toBe(true);
      lane.useProducerId({ producerId: 41n, epoch: 0 });
      const batch = lane.nextBatch(0)!;
      expect([producerOf(batch), sequenceOf(batch)]).toEqual([41n, 0]);
      lane.settle(batch, KAFKA_ERROR.none, 9);
      expect(append.offsets).toEqual([9]);
    });
  }

  it.each([
    ['messageTooLarge', KAFKA_ERROR.messageTooLarge, 'messageTooLarge (10)'],
    ['an error that it does not know', 29, 'error (29)'],
    ['duplicateSequence', KAFKA_ERROR.duplicateSequence, 'it is stored, its offsets are not known'],
  ])('gives a batch up after %s, and goes on under a new producer id', (_name, code, why) => {
    const [given, next] = [new Append([record('a')]), new Append([record('b')])];
    const lane = laneWith(given);
    const batch = lane.nextBatch(0)!;
    lane.add(next);
    expect(lane.settle(batch, code, -1)).toBe('failed');
    expect(given.outcome).toContain(why);
    expect([next.outcome, lane.needsProducerId]).toEqual(['waits', true]);
  });

  it('expires what waits as not stored, and what is on its way as unknown', () => {
    const [sent, late, young] = [new Append([record('a')], 100), new Append([record('b')], 100), new Append([record('c')], 900)];
    const lane = laneWith(sent);
    lane.nextBatch(0);
    lane.add(late);
    lane.add(young);
    lane.expire(99, 'too early');
    expect([sent.outcome, late.outcome]).toEqual(['waits', 'waits']);
    lane.expire(100, 'no leader');
    expect(sent.outcome).toMatch(/no leader.*not known whether it was stored/);
    expect(late.outcome).toMatch(/no leader.*nothing was stored/);
    expect([young.outcome, lane.hasWork]).toEqual(['waits', true]);
  });

  it('does not take a late answer to a batch that was given up for one to the next', () => {
    const [given, next] = [new Append([record('a')], 100), new Append([record('b')], 900)];
    const lane = laneWith(given);
    const old = lane.nextBatch(0)!;
    lane.add(next);
    lane.expire(100, 'slow');
    lane.useProducerId({ producerId: 41n, epoch: 0 });
    const batch = lane.nextBatch(0)!;
    expect(lane.settle(old, KAFKA_ERROR.none, 5)).toBe('failed');
    expect([given.offsets, next.outcome]).toEqual([[], 'waits']);
    expect([producerOf(batch), sequenceOf(batch)]).toEqual([41n, 0]);
    expect(lane.settle(batch, KAFKA_ERROR.none, 6)).toBe('stored');
    expect(next.offsets).toEqual([6]);
  });

  it('gives up the rest of an append with its first batch', () => {
    const large = new Append([record('x'.repeat(600_000)), record('y'.repeat(600_000))], 100);
    const lane = laneWith(large);
    lane.nextBatch(0);
    lane.expire(100, 'slow');
    expect([large.outcome === 'waits', lane.hasWork]).toEqual([false, false]);
  });

  it('counts sequence numbers round at 2^31', () => {
    const lane = laneWith(new Append([record('a'), record('b')]));
    Object.assign(lane, { sequence: 2 ** 31 - 1 });
    lane.settle(lane.nextBatch(0)!, KAFKA_ERROR.none, 0);
    lane.add(new Append([record('c')]));
    expect(sequenceOf(lane.nextBatch(0)!)).toBe(1);
  });
});
