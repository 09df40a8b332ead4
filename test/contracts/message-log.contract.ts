import {
  ALL_TOPICS, COUNT_TOPIC, LogUnavailable, PARTITIONS, SENSOR_TOPICS, UnknownTopic, deadLetterTopic,
  type ConsumeOptions, type LogBatch, type LogRecord, type MessageLog, type OutgoingRecord, type SensorTopic,
} from '../../src/message-log/message-log.js';
import { partitionFor } from '../../src/message-log/murmur2.js';
import { all } from '../support/outcomes.js';

/** A log that one test has for itself; its topics may hold records of earlier tests, and its offsets may have gaps. */
export interface OpenedLog {
  readonly log: MessageLog;
  /** Closes the log and opens it again on the same data. */
  reopen(): Promise<MessageLog>;
  close(): Promise<void>;
}

/** Half as much again as any log lets wait. */
const APPENDS_OF_1_MIB = 144;

/** What every adapter of the message log's port must do. */
export function messageLogContract(adapter: string, open: () => Promise<OpenedLog>): void {
  describe(`${adapter} as a message log`, () => {
    let opened: OpenedLog;
    let log: MessageLog;
    const consumers: Consumer[] = [];

    beforeEach(async () => {
      opened = await open();
      log = opened.log;
    });

    afterEach(async () => {
      for (const consumer of consumers.splice(0)) await consumer.stop();
      await opened.close();
    });

    async function consume(options: Partial<ConsumeOptions> = {}): Promise<Consumer> {
      const consumer = new Consumer(log, await endOffsets(log), options);
      consumers.push(consumer);
      return consumer;
    }

    describe('append', () => {
      it('gives a key the partition of Kafka’s producers, the same in ENTRY and OK', async () => {
        for (const topic of SENSOR_TOPICS) {
          const keys = Array.from({ length: 40 }, (_, index) => String(42_950 + index));
          const results = await log.append(topic, keys.map((key) => record(key, 'x')));
          expect(results.map(({ partition }) => partition)).toEqual(keys.map((key) => partitionFor(key, PARTITIONS)));
        }
      });

      it('gives one result a record in the same order, ascending in each partition', async () => {
        const values = Array.from({ length: 50 }, (_, index) => `value ${index}`);
        const results = await log.append('ENTRY', values.map((value, index) => record(String(index), value)));
        for (const [index, { partition, offset }] of results.entries()) {
          expect(text(await one(log.read('ENTRY', partition, offset, offset + 1)))).toBe(values[index]);
        }
        for (let partition = 0; partition < PARTITIONS; partition += 1) {
          const offsets = results.filter((each) => each.partition === partition).map(({ offset }) => offset);
          expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
        }
      });

      it('spreads records without a key over all partitions', async () => {
        const results = await log.append(COUNT_TOPIC, Array.from({ length: 100 }, () => record(null, 'x')));
        expect(new Set(results.map(({ partition }) => partition)).size).toBe(PARTITIONS);
        expect((await one(log.read(COUNT_TOPIC, results[0]!.partition, results[0]!.offset))).key).toBeNull();
      });

      it('keeps bytes, key and headers as they are, from no byte to 64 kB', async () => {
        const everyByte = Buffer.from(Uint8Array.from({ length: 65_536 }, (_, index) => (index * 7) & 255));
        for (const value of [Buffer.alloc(0), Buffer.from([0xff, 0xfe, 0]), everyByte]) {
          const headers = { messageId: 'm-1', reason: 'ñandú', empty: '' };
          const [result] = await log.append(deadLetterTopic('ENTRY'), [{ key: 'ключ', value, headers }]);
          const found = await one(log.read(deadLetterTopic('ENTRY'), result!.partition, result!.offset));
          expect(found.value!.equals(value)).toBe(true);
          expect(found.key!.toString('utf8')).toBe('ключ');
          expect(found.headers).toEqual(headers);
        }
      });

      it('gives records a time of the log’s own, not falling within a partition', async () => {
        const before = Date.now();
        const [first] = await log.append('ENTRY', [record('7', 'first')]);
        await log.append('OK', [record('7', 'second')]);
        const [third] = await log.append('ENTRY', [record('7', 'third')]);
        const records = await all(log.read('ENTRY', first!.partition, first!.offset, third!.offset + 1));
        const [earlier, later] = records.map(({ appendedAtMs }) => appendedAtMs);
        expect(earlier).toBeGreaterThan(before - 60_000);
        expect(later).toBeLessThan(Date.now() + 60_000);
        expect(later).toBeGreaterThanOrEqual(earlier!);
      });

      it('takes appends that are made together, each record with an offset of its own', async () => {
        const appends = Array.from({ length: 200 }, (_, index) =>
          log.append('ENTRY', Array.from({ length: 5 }, (_, each) => record(String(index), `${index}/${each}`))),
        );
        const results = await Promise.all(appends);
        const places = results.flat().map(({ partition, offset }) => `${partition}/${offset}`);
        expect(new Set(places).size).toBe(1000);
        const { partition, offset } = results[123]![4]!;
        expect(text(await one(log.read('ENTRY', partition, offset)))).toBe('123/4');
      });

      it('takes no record at all as done', async () => {
        expect(await log.append('ENTRY', [])).toEqual([]);
      });

      it('refuses a topic that it does not know, by name', async () => {
        await expect(log.append('ENTRANCE', [record('1', 'x')])).rejects.toThrow(UnknownTopic);
        await expect(log.describe('ENTRANCE')).rejects.toThrow('"ENTRANCE"');
        await expect((async () => all(log.read('ENTRANCE', 0, 0)))()).rejects.toThrow(UnknownTopic);
      });

      it('refuses what is beyond its bound of waiting appends, stores the rest, and recovers', async () => {
        const before = await endOffsets(log);
        const megabyte = Array.from({ length: 16 }, (_, index) => ({ key: String(index), value: Buffer.alloc(65_536, index) }));
        const outcomes = await Promise.allSettled(Array.from({ length: APPENDS_OF_1_MIB }, () => log.append('ENTRY', megabyte)));
        const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
        expect(refused.length).toBeGreaterThan(0);
        expect(refused.length).toBeLessThan(APPENDS_OF_1_MIB);
        for (const { reason } of refused) expect(reason).toBeInstanceOf(LogUnavailable);
        expect(log.unavailable()).toBeNull();
        await log.append('ENTRY', [record('1', 'after')]);
        let stored = 0;
        for (const { partition } of await log.describe('ENTRY')) {
          for await (const _ of log.read('ENTRY', partition, before[`ENTRY-${partition}`]!)) stored += 1;
        }
        expect(stored).toBe((APPENDS_OF_1_MIB - refused.length) * 16 + 1);
      }, 60_000);

      it('is refused after the log was closed', async () => {
        await log.close();
        await expect(log.append('ENTRY', [record('1', 'x')])).rejects.toThrow(LogUnavailable);
        expect(log.unavailable()).not.toBeNull();
      });
    });

    describe('read', () => {
      it('knows every topic, with all its partitions and where they end', async () => {
        for (const topic of ALL_TOPICS) {
          const before = await log.describe(topic);
          expect(before.map(({ partition }) => partition)).toEqual([...Array(PARTITIONS).keys()]);
          const [result] = await log.append(topic, [record('42959', 'x')]);
          const after = (await log.describe(topic))[result!.partition]!;
          expect(after.endOffset).toBeGreaterThan(result!.offset);
          expect(after.startOffset).toBeLessThanOrEqual(result!.offset);
          expect(after.endOffset).toBeGreaterThan(before[result!.partition]!.endOffset);
        }
      });

      it('gives the range that is asked for, and ends at the end of the time of the call', async () => {
        const results = await log.append('ENTRY', Array.from({ length: 20 }, (_, index) => record('9', String(index))));
        const { partition } = results[0]!;
        const range = log.read('ENTRY', partition, results[3]!.offset, results[7]!.offset);
        expect((await all(range)).map(text)).toEqual(['3', '4', '5', '6']);
        const iterator = log.read('ENTRY', partition, results[18]!.offset)[Symbol.asyncIterator]();
        expect(text((await iterator.next()).value as LogRecord)).toBe('18');
        await log.append('ENTRY', [record('9', 'too late')]);
        expect(text((await iterator.next()).value as LogRecord)).toBe('19');
        expect((await iterator.next()).done).toBe(true);
        const [end] = await log.append('ENTRY', [record('9', 'last')]);
        expect(await all(log.read('ENTRY', partition, end!.offset + 1))).toEqual([]);
      });

      it('gives all again after the log was opened again, under the same identity', async () => {
        const results = await log.append('ENTRY', Array.from({ length: 30 }, (_, index) => record('5', `kept ${index}`)));
        const { identity } = log;
        log = await opened.reopen();
        expect(log.identity).toBe(identity);
        const { partition, offset } = results[0]!;
        expect((await all(log.read('ENTRY', partition, offset))).map(text)).toEqual(results.map((_, index) => `kept ${index}`));
        const [next] = await log.append('ENTRY', [record('5', 'next')]);
        expect(next!.offset).toBeGreaterThan(results.at(-1)!.offset);
      });
    });

    describe('consume', () => {
      it('gives what is there from the asked offset on, and then what is appended', async () => {
        await log.append('ENTRY', [record('1', 'not asked for')]);
        const from = await endOffsets(log);
        await log.append('ENTRY', [record('1', 'a'), record('2', 'b'), record('1', 'c')]);
        const consumer = new Consumer(log, from, {});
        consumers.push(consumer);
        await consumer.hasHandled(3);
        await log.append('ENTRY', [record('1', 'd')]);
        await consumer.hasHandled(4);
        expect(consumer.valuesOf('1')).toEqual(['a', 'c', 'd']);
        expect(consumer.valuesOf('2')).toEqual(['b']);
      });

      it('gives the ENTRY and OK records of a sensor in the order in which they were appended (P7)', async () => {
        const consumer = await consume();
        const expected: string[] = [];
        for (let turn = 0; turn < 12; turn += 1) {
          const topic = turn % 3 === 1 ? 'OK' : 'ENTRY';
          await log.append(topic, [record('77', `${topic} ${turn}`)]);
          expected.push(`${topic} ${turn}`);
        }
        await consumer.hasHandled(12);
        expect(consumer.valuesOf('77')).toEqual(expected);
      });

      it.each([
        { entryFrom: 4, okFrom: 3, expected: ['OK 3', 'ENTRY 4', 'OK 5'] },
        { entryFrom: 2, okFrom: 5, expected: ['ENTRY 2', 'ENTRY 4', 'OK 5'] },
      ])('keeps that order when it starts behind, from $entryFrom in ENTRY and $okFrom in OK', async ({ entryFrom, okFrom, expected }) => {
        const from = await endOffsets(log);
        const values = ['ENTRY 0', 'OK 1', 'ENTRY 2', 'OK 3', 'ENTRY 4', 'OK 5'];
        const offsets: number[] = [];
        for (const value of values) {
          const [result] = await log.append(value.split(' ')[0]!, [record('77', value)]);
          offsets.push(result!.offset);
        }
        const partition = partitionFor('77', PARTITIONS);
        const consumer = new Consumer(log, { ...from, [`ENTRY-${partition}`]: offsets[entryFrom]!, [`OK-${partition}`]: offsets[okFrom]! }, {});
        consumers.push(consumer);
        await consumer.hasHandled(3);
        expect(consumer.valuesOf('77')).toEqual(expected);
      });

      it('accounts for every offset: discarded by the bytes of the value, of ENTRY only, or given, and of that it tells in its place', async () => {
        const looked: string[] = [];
        const given: string[] = [];
        const consumer = await consume({
          discard: {
            one: (bytes, start, end) => {
              const value = bytes.toString('utf8', start, end);
              looked.push(value);
              return value.startsWith('normal');
            },
            given: (each) => {
              expect(text(each)).toBe(looked.at(-1)); // nothing that stands behind it was looked at before
              given.push(text(each));
            },
          },
        });
        const values = Array.from({ length: 300 }, (_, index) => (index % 10 === 0 ? `abnormal ${index}` : `normal ${index}`));
        const entries = await log.append('ENTRY', values.map((value, index) => record(String(index), value)));
        await log.append('OK', [record('3', 'normal, but not of ENTRY')]);
        await consumer.hasHandled(31);
        await until(() => consumer.sum('ENTRY', (batch) => batch.discarded) === 270, 'all are discarded');
        expect(consumer.sum('OK', (batch) => batch.discarded)).toBe(0);
        expect(consumer.records('OK').map(text)).toEqual(['normal, but not of ENTRY']);
        expect(consumer.records('ENTRY').map(text).sort()).toEqual(values.filter((value) => value.startsWith('abnormal')).sort());
        expect(given.sort()).toEqual(consumer.records('ENTRY').map(text).sort());
        for (let partition = 0; partition < PARTITIONS; partition += 1) {
          const offsets = entries.filter((each) => each.partition === partition).map(({ offset }) => offset);
          const batches = consumer.batches.filter((batch) => batch.topic === 'ENTRY' && batch.partition === partition);
          expect(batches.at(-1)!.lastOffset).toBeGreaterThanOrEqual(offsets.at(-1)!);
          expectAccountedFor(batches);
        }
      });

      it('gives the same batches again, and none beyond them, after the handler has rejected', async () => {
        const calls: string[][] = [];
        let refusals = 2;
        const consumer = await consume({
          handle: async (batches) => {
            const ours = batches.flatMap((batch) => batch.records).map(text);
            if (ours.length > 0) calls.push(ours);
            if (ours.length > 0 && refusals-- > 0) throw new TypeError('the store is down');
          },
        });
        await log.append('ENTRY', [record('1', 'a')]);
        await until(() => calls.length >= 1, 'the handler was called');
        await log.append('ENTRY', [record('1', 'b')]);
        await until(() => calls.flat().includes('b'), 'the second record was given');
        expect(calls[0]).toEqual(['a']);
        expect(calls.slice(0, 3)).toEqual([['a'], ['a'], ['a']]);
        expect(calls.slice(3)).toEqual([['b']]);
        await consumer.stop();
      });

      it('asks again where to go on after that was rejected', async () => {
        const from = await endOffsets(log);
        await log.append('ENTRY', [record('1', 'a')]);
        let rejections = 3;
        const consumer = await consume({
          resumeAt: (topic, partition) => {
            rejections -= 1;
            return rejections >= 0 ? Promise.reject(new Error('the store is away')) : Promise.resolve(from[`${topic}-${partition}`]!);
          },
        });
        await consumer.hasHandled(1);
      });

      it('waits for the handler before the next batches of the partition number', async () => {
        let running = 0;
        let most = 0;
        const partition = partitionFor('1', PARTITIONS);
        const consumer = await consume({
          handle: async (batches) => {
            if (batches[0]!.partition !== partition) return;
            most = Math.max(most, (running += 1));
            await new Promise((resolve) => setTimeout(resolve, 20));
            running -= 1;
          },
        });
        for (let turn = 0; turn < 10; turn += 1) await log.append(turn % 2 ? 'OK' : 'ENTRY', [record('1', String(turn))]);
        await consumer.hasHandled(10);
        expect(most).toBe(1);
      });

      it('ends promptly when aborted: idle, or in the pause after a rejection', async () => {
        const idle = await consume();
        const failing = await consume({ handle: () => Promise.reject(new Error('always')) });
        // Of every partition: where consumers share them, either may have any.
        await log.append('ENTRY', Array.from({ length: 20 }, (_, index) => record(String(index), 'a')));
        await until(() => failing.calls >= 2, 'the handler was called again');
        for (const consumer of [idle, failing]) {
          const start = performance.now();
          await consumer.stop();
          expect(performance.now() - start).toBeLessThan(2_000);
        }
      });

      it('gives a record soon after it was appended, and costs no processor time while there is none', async () => {
        const consumer = await consume();
        await log.append('ENTRY', [record('1', 'a')]);
        await consumer.hasHandled(1);
        const before = process.cpuUsage();
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        const used = process.cpuUsage(before);
        expect((used.user + used.system) / 1_000_000).toBeLessThan(0.25);
        const start = performance.now();
        await log.append('ENTRY', [record('1', 'b')]);
        await consumer.hasHandled(2);
        expect(performance.now() - start).toBeLessThan(1_000);
      });
    });
  });
}

/** Runs `consume` and remembers what was handled. */
class Consumer {
  readonly batches: LogBatch[] = [];
  calls = 0;
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;

  constructor(log: MessageLog, from: Readonly<Record<string, number>>, options: Partial<ConsumeOptions>) {
    this.ended = log.consume({
      resumeAt: (topic, partition) => Promise.resolve(from[`${topic}-${partition}`]!),
      ...options,
      handle: async (batches) => {
        this.calls += 1;
        await options.handle?.(batches);
        this.batches.push(...batches);
      },
      signal: this.stopping.signal,
    });
    // Looked at in stop(); until then it must not count as unhandled.
    this.ended.catch(() => undefined);
  }

  records(topic?: SensorTopic): LogRecord[] {
    return this.batches.filter((batch) => !topic || batch.topic === topic).flatMap((batch) => batch.records);
  }

  valuesOf(key: string): string[] {
    return this.records().filter((each) => each.key?.toString() === key).map(text);
  }

  sum(topic: SensorTopic, count: (batch: LogBatch) => number): number {
    return this.batches.filter((batch) => batch.topic === topic).reduce((sum, batch) => sum + count(batch), 0);
  }

  async hasHandled(records: number): Promise<void> {
    await Promise.race([
      until(() => this.records().length >= records, `${records} records were handled`),
      this.ended.then(() => Promise.reject(new Error('consume ended'))),
    ]);
    expect(this.records()).toHaveLength(records);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }
}

/** P2: the batches of one partition neither overlap nor go back, and each says what became of all its offsets. */
function expectAccountedFor(batches: readonly LogBatch[]): void {
  let last = -1;
  for (const { firstOffset, lastOffset, discarded, skipped, records } of batches) {
    expect(firstOffset).toBeGreaterThan(last);
    expect(discarded + skipped.length + records.length).toBe(lastOffset - firstOffset + 1);
    for (const { offset } of records) {
      expect(offset).toBeGreaterThanOrEqual(firstOffset);
      expect(offset).toBeLessThanOrEqual(lastOffset);
    }
    last = lastOffset;
  }
}

/** The end of each partition of ENTRY and OK, by `ENTRY-0`. */
async function endOffsets(log: MessageLog): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  for (const topic of SENSOR_TOPICS) {
    for (const { partition, endOffset } of await log.describe(topic)) ends[`${topic}-${partition}`] = endOffset;
  }
  return ends;
}

function record(key: string | null, value: string): OutgoingRecord {
  return { key, value: Buffer.from(value) };
}

function text({ value }: LogRecord): string {
  return value!.toString('utf8');
}

async function one(records: AsyncIterable<LogRecord>): Promise<LogRecord> {
  for await (const each of records) return each;
  throw new Error('no record there');
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
