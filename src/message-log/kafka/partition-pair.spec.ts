import fc from 'fast-check';
import { encodeRecordBatch } from '../record-batch.js';
import type { SensorTopic } from '../message-log.js';
import type { FetchedPartition } from './fetch-request.js';
import { nextStep, nextStepWhileHeld, OK_MAY_LAG_MS, PairSide } from './partition-pair.js';
import { responseMemory, SharedResponse } from './response-memory.js';

/** A partition as the broker has it: the append time of each offset, one batch a record. */
interface Stored {
  readonly topic: SensorTopic;
  readonly times: number[];
}

/** The broker's answer for what lies from an offset on: so many records at most, and where the partition ends. */
function response({ topic, times }: Stored, offset: number, atMost = Infinity): FetchedPartition {
  const taken = times.slice(offset, offset + atMost);
  const batches = taken.map((timeMs, index) => encodeRecordBatch([{ key: '7', value: Buffer.from(`${topic} ${offset + index}`) }], offset + index, timeMs));
  return { topic, partition: 0, errorCode: 0, endOffset: times.length, aborted: [], records: Buffer.concat(batches) };
}

function pairOf(entry: readonly number[], ok: readonly number[]) {
  const stored: Record<SensorTopic, Stored> = { ENTRY: { topic: 'ENTRY', times: [...entry] }, OK: { topic: 'OK', times: [...ok] } };
  return { stored, entry: new PairSide('ENTRY', 0, 0, entry.length), ok: new PairSide('OK', 0, 0, ok.length) };
}

describe('nextStep', () => {
  it('takes the older one first, and ENTRY of two at the same time', () => {
    const { stored, entry, ok } = pairOf([10, 30], [20, 30]);
    entry.add(response(stored.ENTRY, 0), 0, 0);
    ok.add(response(stored.OK, 0), 0, 1);
    expect(take(entry, ok)).toEqual(['ENTRY 0']);
    expect(take(entry, ok)).toEqual(['OK 0']);
    expect(take(entry, ok)).toEqual(['ENTRY 1']);
    expect(nextStep(entry, ok, 2, 0)).toBeNull(); // ENTRY's end was not looked at since OK 1 was seen
  });

  it('holds an OK until ENTRY’s end was looked at after the OK had been seen', () => {
    const { stored, entry, ok } = pairOf([], [20]);
    entry.add(response(stored.ENTRY, 0), 5, 5);
    ok.add(response(stored.OK, 0), 6, 6);
    expect(nextStep(entry, ok, 1_000, 0)).toBeNull();
    entry.add(response(stored.ENTRY, 0), 5.9, 1_000); // asked for before, although it came after
    expect(nextStep(entry, ok, 1_000, 0)).toBeNull();
    entry.add(response(stored.ENTRY, 0), 6, 1_001);
    expect(nextStep(entry, ok, 1_001, 0)).toEqual({ topic: 'OK', throughMs: Infinity, isAheadOfOk: false });
  });

  it('holds an OK for ever while ENTRY is known to have more', () => {
    const { stored, entry, ok } = pairOf([10, 11], [20]);
    ok.add(response(stored.OK, 0), 1, 1);
    entry.add(response(stored.ENTRY, 0, 1), 2, 2);
    expect(take(entry, ok)).toEqual(['ENTRY 0']);
    expect(nextStep(entry, ok, 1e9, 0)).toBeNull();
    entry.add(response(stored.ENTRY, 1), 3, 3);
    expect(take(entry, ok)).toEqual(['ENTRY 1']);
    expect(take(entry, ok)).toEqual(['OK 0']);
  });

  it('lets ENTRY wait for an OK partition that has more, but not beyond the time limit', () => {
    const { stored, entry, ok } = pairOf([10], [5]);
    entry.add(response(stored.ENTRY, 0), 1, 1);
    expect(nextStep(entry, ok, 99, 100)).toBeNull();
    expect(nextStep(entry, ok, 100, 100)).toEqual({ topic: 'ENTRY', throughMs: Infinity, isAheadOfOk: true });
  });

  it('says that ENTRY goes ahead when OK’s end was not seen for as long', () => {
    const { stored, entry, ok } = pairOf([10], []);
    entry.add(response(stored.ENTRY, 0), 1, 1);
    expect(nextStep(entry, ok, 1, 0)).toEqual({ topic: 'ENTRY', throughMs: Infinity, isAheadOfOk: true });
    ok.add(response(stored.OK, 0), 1_000, 1_001);
    expect(nextStep(entry, ok, 1_000 + OK_MAY_LAG_MS, 0)).toEqual({ topic: 'ENTRY', throughMs: Infinity, isAheadOfOk: false });
    expect(nextStep(entry, ok, 1_001 + OK_MAY_LAG_MS, 0)).toEqual({ topic: 'ENTRY', throughMs: Infinity, isAheadOfOk: true });
  });

  it('does nothing when nothing waits', () => {
    const { entry, ok } = pairOf([], []);
    expect(nextStep(entry, ok, 0, 0)).toBeNull();
  });
});

describe('nextStepWhileHeld', () => {
  it('takes ENTRY through the held OK’s time, then nothing until the time limit, then all of it as ahead of OK', () => {
    const { stored, entry } = pairOf([10, 20, 21], []);
    entry.add(response(stored.ENTRY, 0), 1, 1);
    const first = nextStepWhileHeld(entry, 20, 5, 100);
    expect(first).toEqual({ topic: 'ENTRY', throughMs: 20, isAheadOfOk: false });
    expect(entry.take(first!.throughMs, undefined).lastOffset).toBe(1);
    expect(nextStepWhileHeld(entry, 20, 99, 100)).toBeNull();
    expect(nextStepWhileHeld(entry, 20, 100, 100)).toEqual({ topic: 'ENTRY', throughMs: Infinity, isAheadOfOk: true });
  });

  it('does nothing when no reading waits', () => expect(nextStepWhileHeld(pairOf([], []).entry, 20, 1_000, 100)).toBeNull());
});

it('A side gives a response back when all of it was taken, and only then', () => {
  const batch = (from: number, count: number): Buffer =>
    encodeRecordBatch(Array.from({ length: count }, (_, i) => ({ key: '7', value: Buffer.alloc(100, from + i) })), from, 10);
  const memory = responseMemory.take(1_000_000);
  const fill = (bytes: Buffer, at: number): Buffer => memory.subarray(at, at + bytes.copy(memory, at));
  const [large, small] = [fill(batch(0, 4_000), 0), fill(batch(0, 1), 900_000)];
  const response = SharedResponse.of([{ records: large }, { records: small }]);
  const { entry, ok } = pairOf([], []);
  entry.add({ topic: 'ENTRY', partition: 0, errorCode: 0, endOffset: 4_000, aborted: [], records: large }, 0, 0, response);
  ok.add({ topic: 'OK', partition: 0, errorCode: 0, endOffset: 1, aborted: [], records: small }, 0, 0, response);
  response.release();
  const isBack = (): boolean => {
    const taken = responseMemory.take(1_000_000);
    responseMemory.giveBack(taken);
    return taken.buffer === memory.buffer;
  };
  expect(isBack()).toBe(false);
  expect(entry.take(Infinity, undefined).records).toHaveLength(4_000);
  // The OK waits on, and does not keep the memory of the reading.
  expect(isBack()).toBe(true);
  memory.fill(0xff);
  expect(ok.take(Infinity, undefined).records.map(({ value }) => value?.equals(Buffer.alloc(100, 0)))).toEqual([true]);
});

it('What was taken counts as handled only when it was', () => {
  const { stored, entry } = pairOf([10, 11], []);
  entry.add(response(stored.ENTRY, 0, 1), 1, 1);
  const first = entry.take(Infinity, undefined);
  entry.add(response(stored.ENTRY, 1), 2, 2);
  const second = entry.take(Infinity, undefined);
  expect([first.firstOffset, second.firstOffset, entry.handledThrough]).toEqual([0, 1, 0]);
  entry.handled(first);
  expect(entry.handledThrough).toBe(1);
});

it('A side has room again as soon as all of a response was taken', () => {
  const { stored, entry, ok } = pairOf([10, 11], []);
  entry.add(response(stored.ENTRY, 0), 1, 1);
  expect(entry.queuedBytes).toBeGreaterThan(0);
  expect(take(entry, ok)).toEqual(['ENTRY 0', 'ENTRY 1']);
  expect(entry.queuedBytes).toBe(0);
});

it('Any arrival order of responses gives the order of the append times, and no OK before a reading that was accepted before it', () => {
  const times = fc.array(fc.nat({ max: 3 }), { maxLength: 12 });
  /** What happens next: a record is accepted, a side is asked, the answer that is on its way comes, or a step is made. */
  const happening = fc.oneof(
    fc.record({ type: fc.constant('accept' as const), topic: fc.constantFrom<SensorTopic>('ENTRY', 'OK'), laterMs: fc.nat({ max: 2 }) }),
    fc.record({ type: fc.constant('ask' as const), topic: fc.constantFrom<SensorTopic>('ENTRY', 'OK'), atMost: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ type: fc.constant('answer' as const), topic: fc.constantFrom<SensorTopic>('ENTRY', 'OK') }),
    fc.record({ type: fc.constant('step' as const) }),
  );
  fc.assert(
    fc.property(times, times, fc.array(happening, { maxLength: 80 }), (entryGaps, okGaps, happenings) => {
      let timeMs = 0;
      const rising = (gaps: readonly number[]): number[] => {
        let at = 0;
        return gaps.map((gap) => (at += gap));
      };
      const { stored, entry, ok } = pairOf(rising(entryGaps), rising(okGaps));
      timeMs = Math.max(0, ...stored.ENTRY.times, ...stored.OK.times);
      const sides = { ENTRY: entry, OK: ok };
      const underWay: Partial<Record<SensorTopic, { answer: FetchedPartition; askedAt: number }>> = {};
      const handled: { topic: SensorTopic; offset: number; timeMs: number }[] = [];
      let moment = 0;

      const step = (): boolean => {
        // The time limit of ENTRY's wait is left out: within it the order is complete.
        const next = nextStep(entry, ok, 0, 1);
        if (next === null) return false;
        const side = sides[next.topic];
        const run = side.take(next.throughMs, undefined);
        expect(run.records.length).toBeGreaterThan(0);
        for (const { offset, appendedAtMs } of run.records) {
          if (next.topic === 'OK') {
            // Whatever of ENTRY was accepted at an earlier time, or at the same, has been handled.
            const accepted = stored.ENTRY.times.filter((time) => time <= appendedAtMs).length;
            expect(handled.filter(({ topic }) => topic === 'ENTRY').length).toBeGreaterThanOrEqual(accepted);
          }
          handled.push({ topic: next.topic, offset, timeMs: appendedAtMs });
        }
        side.handled(run);
        return true;
      };
      const ask = (topic: SensorTopic, atMost: number): void => {
        underWay[topic] ??= { answer: response(stored[topic], sides[topic].fetchOffset, atMost), askedAt: moment };
      };
      const answer = (topic: SensorTopic): void => {
        const came = underWay[topic];
        if (came) sides[topic].add(came.answer, came.askedAt, moment);
        delete underWay[topic];
      };
      for (const each of happenings) {
        moment += 1;
        if (each.type === 'accept') {
          // A record of ENTRY gets a later time than an OK that is there already: the clock of the log goes on.
          timeMs += 1 + each.laterMs;
          stored[each.topic].times.push(timeMs);
        } else if (each.type === 'ask') ask(each.topic, each.atMost);
        else if (each.type === 'answer') answer(each.topic);
        else step();
      }
      // At last everything comes, and all of it is handled.
      for (let turn = 0; turn < 4; turn += 1) {
        for (const topic of ['OK', 'ENTRY'] as const) {
          moment += 1;
          answer(topic);
          ask(topic, Infinity);
          moment += 1;
          answer(topic);
        }
        while (step());
      }
      const all = (['ENTRY', 'OK'] as const).flatMap((topic) => stored[topic].times.map((time, offset) => ({ topic, offset, timeMs: time })));
      expect(handled).toHaveLength(all.length);
      for (const topic of ['ENTRY', 'OK'] as const) {
        const offsets = handled.filter((each) => each.topic === topic).map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.map((_, index) => index));
      }
      return true;
    }),
    { numRuns: 3_000 },
  );
});

/** Makes the step that is to be made and gives the texts of its records. */
function take(entry: PairSide, ok: PairSide): string[] {
  const next = nextStep(entry, ok, 0, 1);
  if (next === null) return [];
  const side = next.topic === 'ENTRY' ? entry : ok;
  const run = side.take(next.throughMs, undefined);
  side.handled(run);
  return run.records.map(({ value }) => value!.toString());
}
