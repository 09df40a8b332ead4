import { jest } from '@jest/globals';
import { buildBatch } from '../../../test/support/kafka-batches.js';
import type { LogRecord } from '../message-log.js';
import { CorruptRecordBatch } from '../record-batch.js';
import { RecordCursor } from '../record-cursor.js';
import { FetchedRecords } from './fetched-records.js';
import { readRecords } from './read-records.js';

const BATCH_RECORDS = 2_500;
const BATCHES = 12;
const BATCHES_IN_RESPONSE = 5;
const END = BATCHES * BATCH_RECORDS;

const batches = Array.from({ length: BATCHES }, (_, index) => {
  const baseOffset = index * BATCH_RECORDS;
  return buildBatch({ baseOffset, records: Array.from({ length: BATCH_RECORDS }, (_none, at) => ({ offset: baseOffset + at, key: '7', value: Buffer.from(`value ${baseOffset + at}`) })) });
});

/** A broker with these batches, that answers with so many of them, beginning with the one that has the offset. */
class Broker {
  readonly asked: number[] = [];
  released = 0;

  constructor(private readonly changed: (response: Buffer, time: number) => Buffer = (response) => response) {}

  fetch = async (offset: number): Promise<FetchedRecords> => {
    this.asked.push(offset);
    const first = Math.floor(offset / BATCH_RECORDS);
    const response = Buffer.concat(batches.slice(first, first + BATCHES_IN_RESPONSE));
    return new FetchedRecords(this.changed(response, this.asked.length), [], () => (this.released += 1));
  };

  read(from = 0, to = END, patiently: <T>(ask: () => Promise<T>) => Promise<T> = (ask) => ask()): AsyncGenerator<LogRecord> {
    return readRecords({ topic: 'ENTRY', partition: 0, range: async () => ({ from, to }), fetch: this.fetch, patiently });
  }
}

async function offsetsOf(records: AsyncIterable<LogRecord>): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { offset, value } of records) {
    if (String(value) !== `value ${offset}`) throw new Error(`offset ${offset} has ${String(value)}`);
    offsets.push(offset);
  }
  return offsets;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** A byte of the check sum of the batch that has the offset. */
function spoilt(response: Buffer, batch: number): Buffer {
  const copy = Buffer.from(response);
  const at = batches.slice(0, batch).reduce((sum, { length }) => sum + length, 0) + 17;
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

describe('reading a partition', () => {
  it('asks for nothing twice: a response is taken apart to its end', async () => {
    const broker = new Broker();
    expect(await offsetsOf(broker.read())).toEqual(range(0, END));
    expect(broker.asked).toEqual([0, 5, 10].map((batch) => batch * BATCH_RECORDS));
    expect(broker.released).toBe(3);
  });

  it('begins and ends within a batch', async () => {
    const broker = new Broker();
    expect(await offsetsOf(broker.read(3_001, 12_499))).toEqual(range(3_001, 12_499));
    expect(broker.asked).toEqual([3_001]);
  });

  it('makes few objects at a time, not those of a whole response', async () => {
    const record = jest.spyOn(RecordCursor.prototype, 'record');
    const reading = new Broker().read();
    await reading.next();
    expect(record.mock.calls.length).toBeLessThanOrEqual(20);
    await reading.return(undefined);
    record.mockRestore();
  });

  it('gives the response back when its reader ends before it', async () => {
    const broker = new Broker();
    for await (const { offset } of broker.read()) if (offset === 700) break;
    expect([broker.asked.length, broker.released]).toEqual([1, 1]);
  });

  it('asks again from where a response can’t be read, and gives all of them back', async () => {
    const broker = new Broker((response, time) => (time <= 2 ? spoilt(response, time === 1 ? 2 : 0) : response));
    let failed = 0;
    const read = broker.read(0, END, async (ask) => {
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptRecordBatch);
          failed += 1;
        }
      }
    });
    expect(await offsetsOf(read)).toEqual(range(0, END));
    expect(failed).toBe(1);
    expect(broker.asked.slice(0, 3)).toEqual([0, 5_000, 5_000]);
    expect(broker.released).toBe(broker.asked.length);
  });

  it('gives up with what the patience gives up with', async () => {
    const broker = new Broker((response) => spoilt(response, 0));
    await expect(offsetsOf(broker.read())).rejects.toThrow(CorruptRecordBatch);
    expect(broker.released).toBe(1);
  });
});
