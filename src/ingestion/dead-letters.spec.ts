import { rm } from 'node:fs/promises';
import { systemClock } from '../clock.js';
import { MAX_DEAD_LETTER_BYTES, type LogRecord, type MessageLog, type OutgoingRecord } from '../message-log/message-log.js';
import { MAX_DECOMPRESSED_BYTES } from '../message-log/kafka/decompress.js';
import { recordSizeBound } from '../message-log/record-batch.js';
import { Pipeline } from '../../test/support/pipeline.js';
import { DeadLetters, type DeadLetter } from './dead-letters.js';

describe('DeadLetters', () => {
  let pipeline: Pipeline;

  beforeEach(async () => {
    pipeline = await Pipeline.open();
  });
  afterEach(async () => {
    await pipeline.close();
    await rm(pipeline.dir, { recursive: true });
  });

  const list = async (): Promise<DeadLetter[]> => {
    const letters: DeadLetter[] = [];
    for await (const letter of pipeline.deadLetters.list()) letters.push(letter);
    return letters;
  };

  it.each(['', '{', 'null', '7', '{}', '{"log":"x","topic":"ENTRY","partition":0,"epoch":0}', '{"log":"x","topic":"COUNT","partition":0,"epoch":0,"offset":1}', '{"log":"x","topic":"OK","partition":0,"epoch":0,"offset":1.5}'])(
    'lists its own beside a record that something else wrote there, with the position %j',
    async (source) => {
      await pipeline.log.append('ENTRY.dlq', [{ key: null, value: Buffer.from('foreign'), headers: { 'dead-letter-source': source } }]);
      await pipeline.send('ENTRY', 'not a reading');
      await pipeline.drain();
      expect((await list()).map(({ value }) => String(value))).toEqual(['not a reading']);
      expect(await pipeline.deadLetters.drop('all')).toBe(1);
      expect(await pipeline.reconcile()).toMatchObject({ deadLettered: 1, unaccounted: 0, doubled: 0 });
    },
  );

  it('appends many large ones in several parts, in their order', async () => {
    const appends: (readonly OutgoingRecord[])[] = [];
    const log = { append: (_topic: string, records: readonly OutgoingRecord[]) => (appends.push(records), Promise.resolve([])) } as unknown as MessageLog;
    const letters = Array.from({ length: 30 }, (_, offset) => {
      const record: LogRecord = { offset, key: null, value: Buffer.alloc(1_000_000), headers: {}, appendedAtMs: 0 };
      return { record, source: { log: 'x', topic: 'ENTRY', partition: 0, epoch: 0, offset }, reason: String(offset) };
    });
    await new DeadLetters(log, pipeline.realStore, systemClock).add('ENTRY', letters);
    expect(appends.map((records) => records.length)).toEqual([8, 8, 8, 6]);
    expect(appends.flat().map(({ headers }) => headers!['dead-letter-reason'])).toEqual(letters.map(({ reason }) => reason));
  });

  it('leaves out a key that is no text and would be larger than the topic takes as one, and keeps the value', async () => {
    const appends: OutgoingRecord[] = [];
    const log = { append: (_topic: string, records: readonly OutgoingRecord[]) => (appends.push(...records), Promise.resolve([])) } as unknown as MessageLog;
    // As a compressed batch of Kafka may hold it: each byte of the key would be three.
    const value = Buffer.alloc(2 * 1024 * 1024, 'v');
    const letter = (offset: number, key: Buffer) => ({
      record: { offset, key, value, headers: { site: 'Madrid' }, appendedAtMs: 0 }, source: { log: 'x', topic: 'ENTRY', partition: 0, epoch: 0, offset }, reason: 'no reading',
    });
    await new DeadLetters(log, pipeline.realStore, systemClock).add('ENTRY', [letter(0, Buffer.alloc(22 * 1024 * 1024, 0xff)), letter(1, Buffer.alloc(1024 * 1024, 0xff))]);
    expect(MAX_DEAD_LETTER_BYTES).toBeGreaterThan(MAX_DECOMPRESSED_BYTES);
    expect(appends.map(recordSizeBound).every((bytes) => bytes <= MAX_DEAD_LETTER_BYTES)).toBe(true);
    expect(appends.map(({ key, value: kept, headers }) => [key?.length ?? null, kept.equals(value), headers!['site'], headers!['dead-letter-reason']])).toEqual([
      [null, true, undefined, expect.stringMatching(/^no reading; its key and headers are left out/)],
      [1024 * 1024, true, 'Madrid', 'no reading'],
    ]);
  });

  it.each([
    ['headers', null, { large: 'x'.repeat(1_000_000) }],
    ['keys', Buffer.alloc(1_000_000, 'k'), {}],
  ])('counts large %s, though there are no values: more than the log takes at a time is stored', async (_what, key, headers) => {
    const letters = Array.from({ length: 36 }, (_, offset) => {
      const record: LogRecord = { offset, key, value: null, headers, appendedAtMs: 0 };
      return { record, source: { log: pipeline.log.identity, topic: 'ENTRY', partition: 0, epoch: 0, offset }, reason: 'tombstone' };
    });
    await pipeline.deadLetters.add('ENTRY', letters);
    expect((await list()).map(({ source }) => source.offset).sort((one, other) => one - other)).toEqual(letters.map(({ source }) => source.offset));
  });
});
