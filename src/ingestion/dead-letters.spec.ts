import { rm } from 'node:fs/promises';
import { systemClock } from '../clock.js';
import type { LogRecord, MessageLog, OutgoingRecord } from '../message-log/message-log.js';
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
