import {
  buildBatch, buildMarker, buildOldMessage, buildRecord, varint, withCheckSum, type BatchToBuild, type CodecName, type RecordToBuild,
} from '../../../test/support/kafka-batches.js';
import { fixtureBytes, fixtureContent, fixtureNames, describeRecord, type ExpectedBatch, type ExpectedRecord } from '../../../test/support/kafka-fixtures.js';
import type { Discard } from '../message-log.js';
import { CorruptRecordBatch } from '../record-batch.js';
import { MAX_DECOMPRESSED_BYTES } from './decompress.js';
import type { AbortedTransaction } from './fetch-request.js';
import { FetchedRecords, MAX_RUN_RECORDS, Run } from './fetched-records.js';

const CODECS: readonly CodecName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const NORMAL = Buffer.from('normal');
const HOT = Buffer.from('hot');

/** What the tests take for normal. */
const discard: Discard = { one: (bytes, start, end) => bytes.toString('latin1', start, end) === 'normal' };

const hot = (...offsets: number[]): RecordToBuild[] => offsets.map((offset) => ({ offset, key: String(offset), value: HOT }));
const normal = (...offsets: number[]): RecordToBuild[] => offsets.map((offset) => ({ offset, key: '7', value: NORMAL }));
const batch = (records: readonly RecordToBuild[], more: Partial<BatchToBuild> = {}): Buffer => buildBatch({ baseOffset: records[0]!.offset, records, ...more });
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** Takes one run and holds it to the accounting: each offset once, as discarded, skipped or a record. */
function take(fetched: FetchedRecords, from: number, { throughMs = Infinity, maxRecords = 5_000, by = discard }: { throughMs?: number; maxRecords?: number; by?: Discard | null } = {}): Run {
  const run = new Run('ENTRY', 0, from, maxRecords);
  fetched.takeInto(run, throughMs, by ?? undefined);
  expectAccounted(run);
  return run;
}

function expectAccounted(run: Run): void {
  const { discarded, skipped, records, firstOffset, lastOffset } = run;
  expect(discarded + skipped.length + records.length).toBe(lastOffset - firstOffset + 1);
  const offsets = records.map(({ offset }) => offset);
  for (const each of [offsets, skipped]) expect(each).toEqual([...new Set(each)].sort((one, other) => one - other));
  const all = [...offsets, ...skipped];
  expect(new Set(all).size).toBe(all.length);
  for (const offset of all) expect(offset >= firstOffset && offset <= lastOffset).toBe(true);
}

interface Summary {
  readonly records: readonly number[];
  readonly skipped: readonly number[];
  readonly discarded: number;
  readonly lastOffset: number;
}

function summary({ records, skipped, discarded, lastOffset }: Run): Summary {
  return { records: records.map(({ offset }) => offset), skipped, discarded, lastOffset };
}

function takeAll(entries: readonly Buffer[], from: number, aborted: readonly AbortedTransaction[] = []): Summary {
  const fetched = new FetchedRecords(Buffer.concat(entries), aborted);
  const got = summary(take(fetched, from));
  expect(fetched.nextTimeMs(got.lastOffset + 1)).toBeNull();
  expect(got.lastOffset).toBe((fetched.nextOffset ?? from) - 1);
  return got;
}

describe('FetchedRecords', () => {
  it('count all that belongs to a record, not its value alone', () => {
    const bytesOf = (record: Partial<RecordToBuild>): number => take(new FetchedRecords(batch([{ offset: 5, key: null, value: null, ...record }]), []), 5).recordBytes;
    const bare = bytesOf({});
    expect(bare).toBeLessThan(10);
    expect(bytesOf({ value: Buffer.alloc(3000) })).toBe(bare + 3000);
    expect(bytesOf({ key: 'k'.repeat(3000) })).toBe(bare + 3000);
    const header = bytesOf({ headers: [['n'.repeat(1000), 'v'.repeat(2000)]] });
    expect(header).toBeGreaterThanOrEqual(bare + 3000);
    expect(header).toBeLessThan(bare + 3010);
  });

  it('takes several batches as one run and leaves out what is discarded', () => {
    const got = takeAll([batch([...normal(10), ...hot(11), ...normal(12)]), batch(normal(13, 14)), batch(hot(15))], 10);
    expect(got).toEqual({ records: [11, 15], skipped: [], discarded: 4, lastOffset: 15 });
  });

  it('gives every record when nothing is to be discarded, with its key, headers and the log’s append time', () => {
    const entries = batch([{ offset: 3, key: 'k', value: NORMAL, headers: [['messageId', 'm-1']] }, { offset: 4, value: null }], { timeMs: 77 });
    const run = take(new FetchedRecords(entries, []), 3, { by: null });
    expect(run.records).toEqual([
      { offset: 3, key: Buffer.from('k'), value: NORMAL, headers: { messageId: 'm-1' }, appendedAtMs: 77 },
      { offset: 4, key: null, value: null, headers: {}, appendedAtMs: 77 },
    ]);
    expect(run.lastAppendedAtMs).toBe(77);
  });

  it('begins in the middle of a batch', () => {
    const entries = [batch([...normal(10), ...hot(11), ...normal(12), ...hot(13)]), batch(hot(14))];
    expect(takeAll(entries, 12)).toEqual({ records: [13, 14], skipped: [], discarded: 1, lastOffset: 14 });
    expect(takeAll(entries, 13)).toEqual({ records: [13, 14], skipped: [], discarded: 0, lastOffset: 14 });
  });

  it('takes nothing from no bytes', () => {
    const fetched = new FetchedRecords(Buffer.alloc(0), []);
    expect({ next: fetched.nextOffset, time: fetched.nextTimeMs(0) }).toEqual({ next: null, time: null });
    expect(summary(take(fetched, 5))).toEqual({ records: [], skipped: [], discarded: 0, lastOffset: 4 });
  });

  it.each(CODECS)('leaves a tail that is cut at any byte to the next response (%s)', (codec) => {
    const whole = batch([...hot(10), ...normal(11)], { codec });
    const tail = batch([...hot(12), ...normal(13, 14)], { codec });
    const both = Buffer.concat([whole, tail]);
    for (let length = 0; length < both.length; length += 1) {
      const fetched = new FetchedRecords(both.subarray(0, length), []);
      const isWhole = length >= whole.length;
      expect(fetched.nextOffset).toBe(isWhole ? 12 : null);
      expect(summary(take(fetched, 10))).toEqual(isWhole ? { records: [10], skipped: [], discarded: 1, lastOffset: 11 } : { records: [], skipped: [], discarded: 0, lastOffset: 9 });
    }
  });

  it.each(CODECS)('takes records, tombstones, empty and 900 kB values of %s batches', (codec) => {
    const large = Buffer.from(Uint8Array.from({ length: 900_000 }, (_, index) => (index * 7) ^ (index >> 9)));
    const values = [NORMAL, large, null, Buffer.alloc(0), NORMAL, HOT];
    const run = take(new FetchedRecords(batch(values.map((value, offset) => ({ offset, key: null, value })), { codec }), []), 0);
    expect(summary(run)).toEqual({ records: [1, 2, 3, 5], skipped: [], discarded: 2, lastOffset: 5 });
    expect(run.records.map(({ value }) => value?.length ?? null)).toEqual([900_000, null, 0, 3]);
    expect(run.records[0]!.value!.equals(large)).toBe(true);
  });

  it.each(fixtureNames('v2.'))('takes what Kafka’s own client wrote, %s', (name) => {
    const { baseOffset, lastOffset, isControl, records } = fixtureContent(name) as ExpectedBatch;
    const fetched = new FetchedRecords(fixtureBytes(name), []);
    expect(fetched.nextOffset).toBe(lastOffset + 1);
    const run = take(fetched, baseOffset, { by: null });
    expect(run.records.map(describeRecord)).toEqual(isControl ? [] : records);
  });

  describe('offsets without a record', () => {
    it('are those that a compacted batch leaves out, before, between and behind its records', () => {
      const compacted = batch([...hot(12), ...normal(15)], { baseOffset: 10, lastOffset: 17 });
      expect(takeAll([compacted, batch(hot(20))], 10)).toEqual({ records: [12, 20], skipped: [10, 11, 13, 14, 16, 17, 18, 19], discarded: 1, lastOffset: 20 });
      expect(takeAll([compacted], 16)).toEqual({ records: [], skipped: [16, 17], discarded: 0, lastOffset: 17 });
    });

    it('are those of a batch of which nothing is left', () => {
      expect(takeAll([buildBatch({ baseOffset: 10, lastOffset: 14, records: [] }), batch(normal(15))], 12)).toEqual({ records: [], skipped: [12, 13, 14], discarded: 1, lastOffset: 15 });
    });

    it('are those of control batches', () => {
      const entries = [batch(hot(0)), buildMarker('commit', 1, 9n), buildMarker('abort', 2, 8n), batch(normal(3))];
      expect(takeAll(entries, 0)).toEqual({ records: [0], skipped: [1, 2], discarded: 1, lastOffset: 3 });
    });
  });

  describe('transactions', () => {
    const of = (producerId: bigint, records: readonly RecordToBuild[], codec: CodecName = 'none'): Buffer => batch(records, { producerId, isTransactional: true, codec });

    it('give their records when they were committed', () => {
      expect(takeAll([of(1n, [...hot(0), ...normal(1)]), buildMarker('commit', 2, 1n)], 0)).toEqual({ records: [0], skipped: [2], discarded: 1, lastOffset: 2 });
    });

    it.each(CODECS)('give nothing when they were aborted, and the next of the same producer is not mistaken (%s)', (codec) => {
      const entries = [of(1n, [...hot(0), ...normal(1)], codec), of(1n, hot(2), codec), buildMarker('abort', 3, 1n), of(1n, hot(4), codec), buildMarker('commit', 5, 1n)];
      expect(takeAll(entries, 0, [{ producerId: 1n, firstOffset: 0 }])).toEqual({ records: [4], skipped: [0, 1, 2, 3, 5], discarded: 0, lastOffset: 5 });
    });

    it('of several producers are interleaved, and are listed by their ends', () => {
      const entries = [
        of(1n, hot(0)), of(2n, hot(1)), of(3n, hot(2)), batch(hot(3)), of(1n, hot(4)),
        buildMarker('abort', 5, 2n), of(2n, hot(6)), buildMarker('abort', 7, 1n), buildMarker('commit', 8, 3n), of(1n, hot(9)), buildMarker('commit', 10, 1n), buildMarker('commit', 11, 2n),
      ];
      // The broker's order: the transaction that began second was aborted first.
      const aborted = [{ producerId: 2n, firstOffset: 1 }, { producerId: 1n, firstOffset: 0 }];
      expect(takeAll(entries, 0, aborted).records).toEqual([2, 3, 6, 9]);
    });

    it('that were aborted go on over responses, each of which lists them', () => {
      const entries = [of(1n, hot(0)), batch(hot(1)), of(1n, hot(2)), batch(hot(3)), buildMarker('abort', 4, 1n), of(1n, hot(5)), buildMarker('commit', 6, 1n)];
      const aborted = [{ producerId: 1n, firstOffset: 0 }];
      expect(takeAll(entries.slice(0, 2), 0, aborted).records).toEqual([1]);
      expect(takeAll(entries.slice(2, 3), 2, aborted).records).toEqual([]);
      expect(takeAll(entries.slice(3), 3, aborted).records).toEqual([3, 5]);
    });

    it('whose abort marker is passed over unread are over', () => {
      const entries = [of(1n, hot(0)), buildMarker('abort', 1, 1n), of(1n, hot(2)), buildMarker('commit', 3, 1n)];
      expect(takeAll(entries, 2, [{ producerId: 1n, firstOffset: 0 }]).records).toEqual([2]);
    });

    it('do not touch what their producer writes outside of them', () => {
      expect(takeAll([batch(hot(0), { producerId: 1n }), of(1n, hot(1)), buildMarker('abort', 2, 1n)], 0, [{ producerId: 1n, firstOffset: 1 }]).records).toEqual([0]);
      expect(takeAll([of(1n, hot(0)), batch(hot(1), { producerId: 1n }), buildMarker('abort', 2, 1n)], 0, [{ producerId: 1n, firstOffset: 0 }]).records).toEqual([1]);
    });
  });

  describe('old formats', () => {
    it('stand before new ones, each message an entry, wrappers whole', () => {
      const entries = [
        buildOldMessage(0, hot(10), 0), buildOldMessage(0, [...hot(11), ...normal(12), ...hot(14)], 0, 'gzip'),
        buildOldMessage(1, normal(16), 500), buildOldMessage(1, [...normal(17), ...hot(18, 19)], 600, 'gzip'), batch(hot(20)),
      ];
      expect(takeAll(entries, 10)).toEqual({ records: [10, 11, 14, 18, 19, 20], skipped: [13, 15], discarded: 3, lastOffset: 20 });
      expect(takeAll(entries, 14).records).toEqual([14, 18, 19, 20]);
    });

    it('are told of as they are given, as new ones are', () => {
      const told: number[] = [];
      const by: Discard = { ...discard, given: ({ offset }) => told.push(offset) };
      take(new FetchedRecords(Buffer.concat([buildOldMessage(1, [...hot(1), ...normal(2), ...hot(3)], 1, 'gzip'), batch([...normal(4), ...hot(5)])]), []), 1, { by });
      expect(told).toEqual([1, 3, 5]);
    });

    it('have a tombstone and an empty value too', () => {
      expect(takeAll([buildOldMessage(1, [{ offset: 3, value: null }], 1), buildOldMessage(1, [{ offset: 4, value: Buffer.alloc(0) }], 1)], 3).records).toEqual([3, 4]);
    });

    it.each([...fixtureNames('v0.'), ...fixtureNames('v1.')])('of Kafka’s own client, %s, are followed by batches', (name) => {
      const expected = (fixtureContent(name) as ExpectedRecord[]).map(({ offset }) => offset);
      const [first, last] = [expected[0]!, expected.at(-1)!];
      const got = takeAll([fixtureBytes(name), batch(normal(last + 1))], first);
      expect({ records: got.records, discarded: got.discarded }).toEqual({ records: expected, discarded: 1 });
    });

    it('are taken up to the limit of a run, and from there on', () => {
      const fetched = new FetchedRecords(buildOldMessage(1, hot(0, 1, 5, 6), 1, 'gzip'), []);
      expect(summary(take(fetched, 0, { maxRecords: 2 }))).toMatchObject({ records: [0, 1], lastOffset: 1 });
      expect(summary(take(fetched, 2, { maxRecords: 2 }))).toMatchObject({ records: [], skipped: [2, 3], lastOffset: 3 });
      expect(summary(take(fetched, 4, { maxRecords: 2 }))).toMatchObject({ records: [5, 6], skipped: [4], lastOffset: 6 });
    });
  });

  describe('a run', () => {
    it.each(CODECS)('that gets full within a batch goes on where it stopped (%s)', (codec) => {
      const records = [...hot(...range(0, 5_000)), ...normal(...range(5_000, 5_010)), ...hot(...range(5_010, 5_020))];
      const fetched = new FetchedRecords(Buffer.concat([batch(records, { codec }), batch(hot(5_020))]), []);
      const [first, second] = [take(fetched, 0), take(fetched, 5_000)];
      expect(summary(first)).toEqual({ records: range(0, 5_000), skipped: [], discarded: 0, lastOffset: 4_999 });
      expect(summary(second)).toEqual({ records: range(5_010, 5_021), skipped: [], discarded: 10, lastOffset: 5_020 });
    });

    it.each(CODECS)('that gets full within a gap goes on where it stopped (%s)', (codec) => {
      const fetched = new FetchedRecords(batch([...normal(0), ...hot(1), ...normal(2), ...normal(12_000), ...hot(12_001)], { codec, lastOffset: 17_500 }), []);
      expect(summary(take(fetched, 0))).toEqual({ records: [1], skipped: range(3, 5_003), discarded: 2, lastOffset: 5_002 });
      expect(summary(take(fetched, 5_003))).toEqual({ records: [], skipped: range(5_003, 10_003), discarded: 0, lastOffset: 10_002 });
      expect(summary(take(fetched, 10_003))).toEqual({ records: [12_001], skipped: [...range(10_003, 12_000), ...range(12_002, 15_005)], discarded: 1, lastOffset: 15_004 });
      expect(summary(take(fetched, 15_005))).toEqual({ records: [], skipped: range(15_005, 17_501), discarded: 0, lastOffset: 17_500 });
      expect(fetched.nextTimeMs(17_501)).toBeNull();
    });

    it('that gets full in the gap before a control batch or an aborted transaction goes on where it stopped', () => {
      const entries = [batch(hot(0)), buildMarker('abort', 6_000, 4n), batch(hot(12_000), { producerId: 5n, isTransactional: true }), buildMarker('abort', 12_001, 5n), batch(hot(12_002), { producerId: 5n, isTransactional: true })];
      const fetched = new FetchedRecords(Buffer.concat(entries), [{ producerId: 5n, firstOffset: 12_000 }]);
      expect(summary(take(fetched, 0))).toMatchObject({ records: [0], lastOffset: 5_000 });
      expect(summary(take(fetched, 5_001))).toMatchObject({ records: [], skipped: range(5_001, 10_001) });
      expect(summary(take(fetched, 10_001))).toMatchObject({ records: [12_002], skipped: range(10_001, 12_002) });
    });

    it('may be taken again from where it began, from the same response anew', () => {
      const bytes = batch(hot(...range(0, 10)));
      take(new FetchedRecords(bytes, []), 0, { maxRecords: 4 });
      expect(summary(take(new FetchedRecords(bytes, []), 4, { maxRecords: 4 })).records).toEqual([4, 5, 6, 7]);
    });

    it('takes what was appended through its limit, batch by batch', () => {
      const fetched = new FetchedRecords(Buffer.concat([batch(hot(0, 1), { timeMs: 100 }), batch(normal(2), { timeMs: 100 }), batch(hot(3), { timeMs: 101 }), buildOldMessage(1, hot(4), 102)]), []);
      expect(fetched.nextTimeMs(0)).toBe(100);
      expect(summary(take(fetched, 0, { throughMs: 99 }))).toMatchObject({ records: [], lastOffset: -1 });
      const run = take(fetched, 0, { throughMs: 100 });
      expect({ ...summary(run), timeMs: run.lastAppendedAtMs }).toEqual({ records: [0, 1], skipped: [], discarded: 1, lastOffset: 2, timeMs: 100 });
      expect(fetched.nextTimeMs(3)).toBe(101);
      expect(summary(take(fetched, 3, { throughMs: 101 }))).toMatchObject({ records: [3] });
      expect(fetched.nextTimeMs(4)).toBe(102);
      expect(summary(take(fetched, 4, { throughMs: 102 }))).toMatchObject({ records: [4] });
      expect(fetched.nextTimeMs(5)).toBeNull();
    });
  });

  describe('a batch that can’t be decompressed, with the right check sum', () => {
    const before = batch(hot(10));
    const withCodec = (attributes: number): Buffer => {
      const bytes = batch(hot(11, 12));
      bytes[22] = attributes;
      return withCheckSum(bytes);
    };
    const bomb = buildBatch({ baseOffset: 11, lastOffset: 12, records: [], section: Buffer.alloc(MAX_DECOMPRESSED_BYTES + 1), recordCount: 2, codec: 'gzip' });

    it.each([
      ['an unknown codec', withCodec(0x0f), /: corrupt record batch: unknown compression type 7/],
      ['a section that is not gzip', withCodec(0x09), /: corrupt record batch: gzip, \d+ bytes: incorrect header check$/],
      ['more than is taken', bomb, /: corrupt record batch: gzip, \d+ bytes: more than 67108864 bytes of output$/],
    ])('%s: is one record at its last offset, with its bytes and the reason, and what follows is given', (_, bytes, reason) => {
      const run = take(new FetchedRecords(Buffer.concat([before, bytes, batch(hot(13))]), []), 10);
      expect(run).toMatchObject({ skipped: [11], lastOffset: 13 });
      expect(run.records.map(({ offset }) => offset)).toEqual([10, 12, 13]);
      const [, unreadable] = run.records;
      expect(unreadable).toMatchObject({ key: null, headers: {}, unreadableBatch: expect.stringMatching(/^batch of 2 records, offsets 11 to 12/) });
      expect(unreadable!.unreadableBatch).toMatch(reason);
      expect(unreadable!.value!.equals(bytes)).toBe(true);
      expect(run.records.filter(({ unreadableBatch }) => unreadableBatch !== undefined)).toHaveLength(1);
    });

    it('of more offsets than a run takes: they are passed over run by run, and it is decompressed once', () => {
      const last = 10 + 2 * MAX_RUN_RECORDS + 7;
      const large = buildBatch({ baseOffset: 11, lastOffset: last, records: [], section: Buffer.from('no gzip'), recordCount: last - 10 });
      large[22] = 0x09;
      const fetched = new FetchedRecords(Buffer.concat([before, withCheckSum(large), batch(hot(last + 1))]), []);
      const [runs, skipped]: [Run<string>[], number[]] = [[], []];
      for (let from = 10; fetched.nextTimeMs(from) !== null; from = runs.at(-1)!.lastOffset + 1) {
        runs.push(take(fetched, from));
        skipped.push(...runs.at(-1)!.skipped);
      }
      expect(runs.flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([10, last, last + 1]);
      expect(skipped).toEqual(Array.from({ length: last - 11 }, (_, index) => 11 + index));
      expect(runs.length).toBeLessThanOrEqual(4);
    });
  });

  describe('what is corrupt', () => {
    const good = batch([...hot(10), ...normal(11)]);
    /** A batch from offset 12 on whose records section is that, with the right check sum. */
    const withSection = (section: Buffer, more: Partial<BatchToBuild> = {}): Buffer => buildBatch({ baseOffset: 12, lastOffset: 13, records: [], section, recordCount: 1, ...more });
    const record = (value: Buffer | null, offset = 12): Buffer => buildRecord({ offset, key: 'k', value }, 12);
    const fields = (...numbers: number[]): Buffer => Buffer.concat([varint(numbers.length + 1), Buffer.from([0]), ...numbers.map(varint)]);
    const changed = (bytes: Buffer, at: number, value: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at] = value;
      return copy;
    };

    const broken: readonly (readonly [string, Buffer, RegExp])[] = [
      ['a changed value', changed(batch(hot(12)), 70, 0), /CRC-32C/],
      ['a changed attribute', changed(batch(hot(12)), 22, 0x28), /CRC-32C/],
      ['a last offset that is too low', changed(batch(hot(12, 13)), 26, 0), /CRC-32C/],
      ['an unknown format version', changed(batch(hot(12)), 16, 3), /format version 3/],
      ['fewer records than it says', withSection(record(HOT), { recordCount: 2 }), /a record of/],
      ['more records than it says', withSection(Buffer.concat([record(HOT), record(HOT, 13)])), /bytes left after 1 records/],
      ['a negative number of records', withSection(record(HOT), { recordCount: -1 }), /-1 records/],
      ['a record that goes past the end', withSection(Buffer.concat([varint(100), Buffer.alloc(20)])), /a record of 100 bytes/],
      ['a record of negative length', withSection(Buffer.concat([varint(-3), Buffer.alloc(20)])), /a record of -3 bytes/],
      ['a record without its fields', withSection(varint(0)), /./],
      ['a number that does not end', withSection(Buffer.alloc(40, 0xff)), /more than 32 bits/],
      ['a time that does not end', withSection(Buffer.concat([varint(30), Buffer.alloc(30, 0xff)])), /more than 64 bits/],
      ['a key that goes past its record', withSection(fields(0, 0, 60, -1, 0)), /a key of 60/],
      ['a value that goes past its record', withSection(fields(0, 0, -1, 60, 0)), /a value of 60/],
      ['no number of headers', withSection(fields(0, 0, -1, -1)), /a key of -1 and a value of -1/],
      ['a negative number of headers', withSection(fields(0, 0, -1, -1, -2)), /-2 headers/],
      ['headers that are not there', withSection(fields(0, 0, -1, -1, 9)), /a header of/],
      ['bytes behind the headers', withSection(fields(0, 0, -1, -1, 0, 0)), /its headers elsewhere/],
      ['an offset twice', withSection(Buffer.concat([record(HOT), record(HOT)]), { recordCount: 2 }), /offset 12 in a batch/],
      ['offsets that fall', withSection(Buffer.concat([record(HOT, 13), record(HOT)]), { recordCount: 2 }), /offset 12 in a batch/],
      ['an offset beyond its last', withSection(record(HOT, 14)), /offset 14 in a batch that ends at offset 13/],
      ['a gzip section with bytes behind its records', withSection(Buffer.concat([record(HOT), Buffer.alloc(3)]), { codec: 'gzip' }), /bytes left/],
      ['an old message with a wrong check sum', changed(buildOldMessage(1, hot(12), 1), 13, 1), /CRC-32/],
      ['an old message with a wrong size', changed(buildOldMessage(1, hot(12), 1).subarray(0, 17), 11, 5), /a message of 17 bytes/],
      ['a wrapper whose offsets fall', buildOldMessage(1, [...hot(12), ...hot(14), ...hot(13)], 1, 'gzip'), /in a compressed message/],
    ];

    it.each(broken)('%s: what is before it is given, nothing beyond', (_, bytes, message) => {
      const fetched = new FetchedRecords(Buffer.concat([good, bytes, batch(hot(20))]), []);
      const run = take(fetched, 10);
      expect(run.records.filter(({ offset }) => offset < 12).map(({ offset }) => offset)).toEqual([10]);
      expect(run.discarded).toBe(1);
      expect(run.lastOffset).toBeLessThan(14);
      for (let again = 0; again < 2; again += 1) {
        const next = new Run('ENTRY', 0, run.lastOffset + 1);
        expect(() => fetched.takeInto(next, Infinity, discard)).toThrow(CorruptRecordBatch);
        expect(() => fetched.takeInto(next, Infinity, discard)).toThrow(message);
        expect(summary(next)).toEqual({ records: [], skipped: [], discarded: 0, lastOffset: run.lastOffset });
      }
    });

    it.each(broken)('%s: is an error when nothing is before it', (_, bytes) => {
      const fetched = new FetchedRecords(bytes, []);
      const run = new Run('ENTRY', 0, 12);
      expect(() => {
        fetched.takeInto(run, Infinity, discard); // may have taken a first record
        fetched.takeInto(run, Infinity, discard);
      }).toThrow(CorruptRecordBatch);
    });

    it('a flipped bit in any byte is an error, or what is before it ends the response', () => {
      const middle = batch([...hot(12), ...normal(13)]);
      for (let at = 0; at < middle.length; at += 1) {
        if (at >= 12 && at < 16) continue; // the leader's epoch, which is under no check sum and says nothing of the records
        const bytes = Buffer.concat([good, changed(middle, at, middle[at]! ^ 0x40), batch(hot(14))]);
        const got: number[] = [];
        const readOn = (): void => {
          const fetched = new FetchedRecords(bytes, []);
          for (let from = 10; fetched.nextTimeMs(from) !== null; ) {
            const run = take(fetched, from);
            got.push(...run.records.map(({ offset }) => offset));
            from = run.lastOffset + 1;
          }
          // A length that is too large looks like a cut tail.
          expect(fetched.nextOffset).toBe(12);
        };
        try {
          readOn();
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptRecordBatch);
        }
        expect([[], [10]]).toContainEqual(got);
      }
    });

    it('a length that can’t be one ends the response, and is an error at the beginning of the next', () => {
      for (const bytes of [changed(batch(hot(12)), 11, 3), changed(batch(hot(12)), 8, 0xff), changed(buildOldMessage(1, hot(12), 1), 8, 0xff)]) {
        expect(new FetchedRecords(Buffer.concat([good, bytes]), []).nextOffset).toBe(12);
        expect(() => new FetchedRecords(bytes, [])).toThrow(/an entry of -?\d+ bytes/);
      }
    });

    it('first offsets, under no check sum, that do not ascend are an error', () => {
      for (const bytes of [batch(hot(11)), batch(hot(3)), buildOldMessage(1, hot(11), 1), batch(hot(12), { lastOffset: 11 })]) {
        expect(() => new FetchedRecords(Buffer.concat([good, bytes]), [])).toThrow(/offsets \d+ to \d+ after offset 11/);
      }
    });

    it('a batch that is passed over unread is verified too: it may not end where it says', () => {
      const bytes = changed(batch(hot(12, 13, 14)), 26, 0);
      expect(() => new FetchedRecords(bytes, []).nextTimeMs(13)).toThrow(/CRC-32C/);
      const run = new Run('ENTRY', 0, 13);
      expect(() => new FetchedRecords(Buffer.concat([bytes, batch(hot(15))]), []).takeInto(run, Infinity, discard)).toThrow(/CRC-32C/);
      expect(run.lastOffset).toBe(12);
    });
  });
});
