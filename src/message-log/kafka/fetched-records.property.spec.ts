import fc from 'fast-check';
import { buildBatch, buildMarker, buildOldMessage, type CodecName, type RecordToBuild } from '../../../test/support/kafka-batches.js';
import { randomFrom, type Random } from '../../../test/support/random-readings.js';
import { isNormalReading } from '../../ingestion/normal-reading.js';
import { normalReadings } from '../../ingestion/normal-readings.js';
import type { LogRecord } from '../message-log.js';
import type { AbortedTransaction } from './fetch-request.js';
import { FetchedRecords, Run } from './fetched-records.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 400);

/** What a partition holds, as it is known without decoding anything. */
interface Stored {
  readonly first: number;
  readonly last: number;
  readonly timeMs: number;
  readonly bytes: Buffer;
  readonly records: readonly RecordToBuild[];
  isAborted: boolean;
}

interface Transaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
  readonly parts: Stored[];
}

interface Partition {
  readonly entries: readonly Stored[];
  /** In the order in which they ended. */
  readonly aborted: readonly (AbortedTransaction & { readonly markerOffset: number })[];
}

const CODECS: readonly CodecName[] = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'];

function randomValue(random: Random): Buffer | null {
  switch (random(12)) {
    case 0:
      return null;
    case 1:
      return Buffer.alloc(0);
    case 2:
      return Buffer.from(Uint8Array.from({ length: random(300) }, () => random(256)));
    case 3:
      return Buffer.from('{"7", "true", "false", "25.5", "30.0"}');
    case 4:
      return Buffer.from('{"7", "false", "false", "25.5", "30.0"} {"8",');
    case 5:
      return Buffer.from('[7,false,false,20.5,30.0]');
    default:
      return Buffer.from('{"42959", "false", "false", "25.5", "30.0"}');
  }
}

/** Some records from `from` on, with gaps now and then. */
function randomRecords(random: Random, from: number): RecordToBuild[] {
  const records: RecordToBuild[] = [];
  let offset = from + (random(6) === 0 ? random(4) : 0);
  for (let left = 1 + random(random(10) === 0 ? 200 : 8); left > 0; left -= 1) {
    const headers: [string, string][] = random(8) === 0 ? [['messageId', `m-${offset}`]] : [];
    records.push({ offset, key: random(5) === 0 ? null : '42959', value: randomValue(random), headers });
    offset += random(10) === 0 ? 1 + random(30) : 1;
  }
  return records;
}

function randomPartition(random: Random): Partition {
  const entries: Stored[] = [];
  const aborted: (AbortedTransaction & { markerOffset: number })[] = [];
  const open = new Map<bigint, Transaction>();
  let next = random(3) === 0 ? 4_294_967_290 : random(50);
  let timeMs = 1_000;
  const add = (first: number, last: number, bytes: Buffer, records: readonly RecordToBuild[]): Stored => {
    const stored = { first, last, timeMs, bytes, records, isAborted: false };
    entries.push(stored);
    next = last + 1;
    return stored;
  };
  const end = (transaction: Transaction): void => {
    const isAbort = random(2) === 0;
    const { producerId, firstOffset, parts } = transaction;
    if (isAbort) {
      for (const part of parts) part.isAborted = true;
      aborted.push({ producerId, firstOffset, markerOffset: next });
    }
    add(next, next, buildMarker(isAbort ? 'abort' : 'commit', next, producerId, timeMs), []);
    open.delete(producerId);
  };
  for (let left = random(4); left > 0; left -= 1) {
    const records = randomRecords(random, next).map(({ offset, value }) => ({ offset, value }));
    const isWrapper = random(2) === 0;
    const taken = isWrapper ? records : records.slice(0, 1);
    add(taken[0]!.offset, taken.at(-1)!.offset, buildOldMessage(1, taken, timeMs, isWrapper ? 'gzip' : 'none'), taken);
  }
  for (let left = 1 + random(25); left > 0; left -= 1) {
    if (random(3) > 0) timeMs += random(5);
    if (random(12) === 0) next += random(40);
    const producerId = BigInt(random(3));
    const transaction = open.get(producerId);
    if (random(12) === 0) {
      const last = next + random(20);
      add(next, last, buildBatch({ baseOffset: next, lastOffset: last, records: [], timeMs }), []);
    } else if (transaction !== undefined && random(3) === 0) {
      end(transaction);
    } else {
      const baseOffset = next;
      const records = randomRecords(random, next);
      const lastOffset = records.at(-1)!.offset + (random(6) === 0 ? random(10) : 0);
      const isTransactional = transaction !== undefined || random(2) === 0;
      const bytes = buildBatch({ baseOffset, lastOffset, records, codec: CODECS[random(CODECS.length)]!, timeMs, producerId: isTransactional ? producerId : -1n, isTransactional });
      const stored = add(baseOffset, lastOffset, bytes, records);
      if (transaction !== undefined) transaction.parts.push(stored);
      else if (isTransactional) open.set(producerId, { producerId, firstOffset: baseOffset, parts: [stored] });
    }
  }
  for (const transaction of open.values()) end(transaction);
  return { entries, aborted };
}

/** As a broker answers: from the entry that holds the offset on, one whole at least, the last one cut. */
function respond({ entries, aborted }: Partition, offset: number, random: Random): { fetched: FetchedRecords; bytes: Buffer } {
  const from = entries.findIndex(({ last }) => last >= offset);
  const bytes = Buffer.concat(entries.slice(from).map((entry) => entry.bytes));
  const size = Math.max(entries[from]!.bytes.length, random(3) === 0 ? bytes.length : random(bytes.length + 1));
  const isListed = random(2) === 0 ? () => true : ({ firstOffset }: AbortedTransaction) => firstOffset <= entries.at(-1)!.last;
  return { fetched: new FetchedRecords(bytes.subarray(0, size), aborted.filter((each) => each.markerOffset >= offset && isListed(each))), bytes };
}

/** Offsets of what was given, one list a kind; `discarded` is only a number by which nothing can be told apart. */
interface Account {
  readonly records: string[];
  readonly skipped: number[];
  discarded: number;
}

function describeRecord(offset: number, key: string | null, value: Buffer | null, messageId: string | undefined): string {
  return `${offset} ${key} ${value === null ? 'null' : value.toString('hex')} ${messageId}`;
}

/** The reference: every offset from `from` to the end by itself. */
function accountOf({ entries }: Partition, from: number): Account {
  const account: Account = { records: [], skipped: [], discarded: 0 };
  let next = from;
  const skipTo = (offset: number): void => {
    for (; next < offset; next += 1) account.skipped.push(next);
  };
  for (const entry of entries) {
    for (const { offset, key = null, value, headers = [] } of entry.isAborted ? [] : entry.records) {
      if (offset < next) continue;
      skipTo(offset);
      next = offset + 1;
      if (value !== null && isNormalReading(value, 0, value.length)) account.discarded += 1;
      else account.records.push(describeRecord(offset, key, value, headers[0]?.[1]));
    }
    skipTo(entry.last + 1);
  }
  return account;
}

function consume(partition: Partition, from: number, random: Random): Account {
  const account: Account = { records: [], skipped: [], discarded: 0 };
  const end = partition.entries.at(-1)!.last + 1;
  let at = from;
  while (at < end) {
    const { fetched, bytes } = respond(partition, at, random);
    const taken: LogRecord[] = [];
    for (let timeMs = fetched.nextTimeMs(at); timeMs !== null; timeMs = fetched.nextTimeMs(at)) {
      const throughMs = random(3) === 0 ? Infinity : timeMs + random(6) - 1;
      const run = new Run('ENTRY', 0, at, 1 + random(random(3) === 0 ? 5_000 : 10));
      fetched.takeInto(run, throughMs, normalReadings);
      const count = run.lastOffset - run.firstOffset + 1;
      if (run.discarded + run.skipped.length + run.records.length !== count) throw new Error(`${count} offsets, not accounted for: ${JSON.stringify(run)}`);
      if (count === 0 && throughMs >= timeMs) throw new Error(`nothing taken at ${at}`);
      if (count > 0 && run.lastAppendedAtMs > throughMs) throw new Error(`appended at ${run.lastAppendedAtMs}, beyond ${throughMs}`);
      taken.push(...run.records);
      account.skipped.push(...run.skipped);
      account.discarded += run.discarded;
      at = run.lastOffset + 1;
      if (random(10) === 0) break; // as after a rebalance: the rest is fetched again
    }
    // The next response comes into the same memory.
    fetched.release();
    bytes.fill(0xff);
    for (const { offset, key, value, headers } of taken) account.records.push(describeRecord(offset, key?.toString() ?? null, value, headers['messageId']));
  }
  return account;
}

describe('FetchedRecords', () => {
  it('gives of any partition, by any responses and runs, what a plain walk over its records does', () => {
    let records = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed);
        const partition = randomPartition(random);
        const { first, last } = partition.entries[0]!;
        const from = first + random(last - first + 1);
        const expected = accountOf(partition, from);
        expect(consume(partition, from, random)).toEqual(expected);
        records += expected.records.length + expected.discarded;
      }),
      { numRuns: RUNS },
    );
    expect(records).toBeGreaterThan(RUNS * 10);
  });
});
