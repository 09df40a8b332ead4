import { copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newDir } from '../../test/support/projection-events.js';
import { Pipeline } from '../../test/support/pipeline.js';
import { systemClock } from '../clock.js';
import type { KafkaConfig } from '../config.js';
import { refuseUndrained, UndrainedLog } from './refuse-undrained.js';
import { countRecords, describeRemainder, remainderOf, type LogRemainder } from './undrained.js';

const MOTION = '{"7", "true", "false", "20", "30"}';
const NORMAL = '{"7", "false", "false", "20", "30"}';
const kafka: KafkaConfig = { brokers: ['127.0.0.1:9092'], tls: false, sasl: null, replicationFactor: 1 };

describe('what would stay behind in the embedded log', () => {
  let dir: string;
  let pipeline: Pipeline;

  beforeEach(async () => {
    dir = newDir();
    pipeline = await Pipeline.open({ dir });
  });
  afterEach(async () => {
    await pipeline.close();
    await rm(dir, { recursive: true });
  });

  const remainder = (): Promise<LogRemainder> => remainderOf(pipeline.log, pipeline.realStore, systemClock);
  const left = async (): Promise<number> => countRecords((await remainder()).partitions);

  it('is every record without a receipt, and nothing once they are processed', async () => {
    expect(describeRemainder(await remainder())).toBeNull();
    await pipeline.send('ENTRY', NORMAL, MOTION, NORMAL);
    await pipeline.send('OK', MOTION);
    expect(await left()).toBe(4);
    expect(describeRemainder(await remainder())).toMatch(/^3 records of ENTRY-\d, 1 records of OK-\d$/);
    await pipeline.drain();
    expect(describeRemainder(await remainder())).toBeNull();
    await pipeline.send('ENTRY', NORMAL);
    expect(await left()).toBe(1);
  });

  it('counts records that were not trimmed, and only those', async () => {
    await pipeline.send('ENTRY', NORMAL, NORMAL);
    await pipeline.drain();
    const { partition } = (await remainder()).partitions.find(({ topic }) => topic === 'ENTRY')!;
    for (const number of [partition, 0, 1]) await pipeline.log.trim('ENTRY', number, { appendedBeforeMs: Number.MAX_SAFE_INTEGER, throughOffset: 1 });
    expect(await left()).toBe(0);
    await pipeline.send('ENTRY', NORMAL);
    expect(await left()).toBe(1);
  });

  it('is also a dead letter that nobody has replayed or dropped', async () => {
    await pipeline.send('ENTRY', 'hello', 'you');
    await pipeline.drain();
    expect(describeRemainder(await remainder())).toBe('2 open dead letters');
    await pipeline.deadLetters.drop('all');
    expect(describeRemainder(await remainder())).toBeNull();
  });

  it('is told by time of a log that has lost its end', async () => {
    await pipeline.send('ENTRY', NORMAL);
    await pipeline.drain();
    await pipeline.log.close();
    await pipeline.realStore.close();
    const backup = newDir();
    const files = (await readdir(dir)).filter((name) => name.startsWith('message-log.db'));
    for (const name of files) await copyFile(join(dir, name), join(backup, name));
    pipeline = await Pipeline.open({ dir });
    await pipeline.send('ENTRY', NORMAL, NORMAL, NORMAL);
    await pipeline.drain();
    await pipeline.close();
    for (const name of files) await copyFile(join(backup, name), join(dir, name));
    await rm(backup, { recursive: true });
    pipeline = await Pipeline.open({ dir });
    expect(await left()).toBe(0);
    await pipeline.send('ENTRY', MOTION);
    expect(await left()).toBe(1);
    await pipeline.drain();
    expect(await left()).toBe(0);
  });

  describe('before a start on Kafka', () => {
    /** The start opens the log itself. */
    const start = async (settings: { kafka: KafkaConfig | null; dataDir: string } = { kafka, dataDir: dir }): Promise<void> => {
      await pipeline.log.close();
      await refuseUndrained(settings, pipeline.realStore, systemClock);
    };

    it('is refused by name and number', async () => {
      await pipeline.send('ENTRY', MOTION, MOTION);
      const refusal = start();
      await expect(refusal).rejects.toThrow(UndrainedLog);
      await expect(refusal).rejects.toThrow(new RegExp(`data folder ${dir} has an embedded message log with 2 records of ENTRY-\\d, which would stay behind`));
    });

    it('is no matter when it is empty, when there is no such log, or when the log stays the embedded one', async () => {
      await start();
      await start({ kafka, dataDir: join(dir, 'none') });
      pipeline = await Pipeline.open({ dir });
      await pipeline.send('ENTRY', MOTION);
      await start({ kafka: null, dataDir: dir });
    });
  });
});
