import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CompressionTypes, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { kafkaLibraries } from '../../../test/servers/kafka-node.js';
import { KafkaCluster } from '../../../test/servers/kafka.js';
import { silentLog } from '../../../test/support/kafka-support.js';
import { systemClock } from '../../clock.js';
import { isNormalReading } from '../../ingestion/normal-reading.js';
import { normalReadings } from '../../ingestion/normal-readings.js';
import type { LogBatch, LogRecord } from '../message-log.js';
import { KafkaMessageLog } from './kafka-message-log.js';

const PRODUCE_FORMATS = fileURLToPath(new URL('../../../test/servers/kafka/ProduceFormats.java', import.meta.url));
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const READINGS = 2_000;
/** More than a response brings of a partition. */
const SEVERAL_FETCHES = 4;
const KEPT = Buffer.from('{"1", "true", "false", "25.5", "30.0"}');
const NORMAL = Buffer.from('{"1", "false", "false", "25.5", "30.0"}');

let cluster: KafkaCluster;
let kafka: Kafka;
let log: KafkaMessageLog;

beforeAll(async () => {
  cluster = await KafkaCluster.start({ brokers: 1 });
  const brokers = cluster.bootstrapServers.split(',');
  kafka = new Kafka({ clientId: 'spec', brokers, logLevel: logLevel.NOTHING });
  log = await KafkaMessageLog.open({ brokers, tls: false, sasl: null, clock: systemClock, log: silentLog, replicationFactor: 1 });
}, 120_000);
afterAll(async () => {
  await log?.close();
  await cluster?.stop();
});

const endOf = async (partition: number): Promise<number> => (await log.describe('ENTRY'))[partition]!.endOffset;
const large = (letter: string): Buffer => Buffer.alloc(900_000, letter);
const messages = (values: readonly Buffer[], partition: number): Message[] => values.map((value) => ({ key: '42959', value, partition }));

async function withProducer(transactionalId: string | undefined, work: (producer: Producer) => Promise<void>): Promise<void> {
  const producer = kafka.producer({ idempotent: transactionalId !== undefined, maxInFlightRequests: 1, ...(transactionalId === undefined ? {} : { transactionalId }) });
  await producer.connect();
  try {
    await work(producer);
  } finally {
    await producer.disconnect();
  }
}

const send = (values: readonly Buffer[], partition: number): Promise<void> =>
  withProducer(undefined, async (producer) => void (await producer.send({ topic: 'ENTRY', acks: -1, messages: messages(values, partition) })));

/** The consumer's batches of one partition of ENTRY from an offset on, each held to the accounting (P2). */
class Consumption {
  readonly batches: LogBatch[] = [];
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;

  constructor(partition: number, from: number) {
    this.ended = log.consume({
      resumeAt: (topic, number, { endOffset }) => Promise.resolve(topic === 'ENTRY' && number === partition ? from : endOffset),
      discard: normalReadings,
      handle: async (batches) => void this.batches.push(...batches.filter((batch) => batch.topic === 'ENTRY' && batch.partition === partition)),
      signal: this.stopping.signal,
    });
    this.ended.catch(() => undefined);
  }

  get next(): number {
    return (this.batches.at(-1)?.lastOffset ?? -1) + 1;
  }

  async hasReached(offset: number): Promise<void> {
    for (let tries = 0; this.next < offset; tries += 1) {
      if (tries === 600) throw new Error(`consumed up to offset ${this.next}, expected ${offset}`);
      await sleep(50);
    }
  }

  /** Stops it, and gives what it took from `from` up to `end`. */
  async account(from: number, end: number): Promise<{ records: LogRecord[]; discarded: number; skipped: number }> {
    await this.hasReached(end);
    this.stopping.abort();
    await this.ended;
    let next = from;
    for (const { firstOffset, lastOffset, discarded, skipped, records } of this.batches) {
      expect(firstOffset).toBe(next);
      expect(discarded + skipped.length + records.length).toBe(lastOffset - firstOffset + 1);
      next = lastOffset + 1;
    }
    expect(next).toBe(end);
    const records = this.batches.flatMap((batch) => batch.records);
    const offsets = records.map(({ offset }) => offset);
    expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other));
    const sum = (count: (batch: LogBatch) => number): number => this.batches.reduce((total, batch) => total + count(batch), 0);
    return { records, discarded: sum(({ discarded }) => discarded), skipped: sum(({ skipped }) => skipped.length) };
  }
}

async function readAll(partition: number, from: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of log.read('ENTRY', partition, from)) records.push(record);
  return records;
}

const isNormal = ({ value }: LogRecord): boolean => value !== null && isNormalReading(value, 0, value.length);
/** Short enough to be shown when it differs. */
const shown = ({ offset, key, value, appendedAtMs }: LogRecord): string => `${offset} ${String(key)} ${value === null ? 'null' : `${value.length} ${value.toString('latin1', 0, 60)}`} ${appendedAtMs}`;

/** Consumes and reads so many offsets, and holds one against the other; gives what was read. */
async function bothWays(partition: number, from: number, offsets: number): Promise<{ read: LogRecord[]; discarded: number; skipped: number }> {
  const end = from + offsets;
  // A broker tells a producer that its transaction has ended before the marker can be read.
  for (let tries = 0; (await endOf(partition)) < end && tries < 100; tries += 1) await sleep(50);
  expect(await endOf(partition)).toBe(end);
  const { records, discarded, skipped } = await new Consumption(partition, from).account(from, end);
  const read = await readAll(partition, from);
  expect(records.map(shown)).toEqual(read.filter((record) => !isNormal(record)).map(shown));
  expect(discarded).toBe(read.filter(isNormal).length);
  expect(discarded + skipped + records.length).toBe(offsets);
  return { read, discarded, skipped };
}

describe('KafkaMessageLog with a real broker', () => {
  it('takes what Kafka’s own client compressed, and discards normal readings of it', async () => {
    const from = await endOf(0);
    await promisify(execFile)('java', ['-Xmx256m', '-cp', `${kafkaLibraries()}/*`, PRODUCE_FORMATS, cluster.bootstrapServers, 'ENTRY', '0', String(READINGS), ...CODECS], { maxBuffer: 64 << 20 });
    const { read, discarded, skipped } = await bothWays(0, from, CODECS.length * (READINGS + 3));
    expect({ discarded, skipped }).toEqual({ discarded: CODECS.length * READINGS * 0.9, skipped: 0 });
    for (const [index, codec] of CODECS.entries()) {
      const part = read.slice(index * (READINGS + 3), (index + 1) * (READINGS + 3));
      expect(part.slice(0, READINGS).map(({ value }) => String(value))).toEqual(Array.from({ length: READINGS }, (_, number) => `{"${number}", "${number % 10 === 0}", "false", "25.5", "30.0"}`));
      expect(part.slice(READINGS).map(({ key, value }) => [key?.toString() ?? null, value?.length ?? null])).toEqual([['tombstone', null], [null, 0], ['large', 900_000]]);
      expect(part.at(-1)!.value!.toString()).toBe(`${codec} 900 kB `.repeat(900_000).slice(0, 900_000));
    }
  });

  it('takes what kafkajs compressed', async () => {
    const from = await endOf(1);
    const values = Array.from({ length: 500 }, (_, number) => (number % 100 === 0 ? KEPT : NORMAL));
    await withProducer(undefined, async (producer) => void (await producer.send({ topic: 'ENTRY', acks: -1, compression: CompressionTypes.GZIP, messages: messages(values, 1) })));
    const { read, discarded } = await bothWays(1, from, 500);
    expect({ read: read.length, discarded }).toEqual({ read: 500, discarded: 495 });
  });

  it('takes transactions that were committed, leaves out those that were aborted, also of interleaved producers', async () => {
    const from = await endOf(0);
    await withProducer('first', (first) =>
      withProducer('second', async (second) => {
        for (let round = 0; round < 3; round += 1) {
          const [one, other] = [await first.transaction(), await second.transaction()];
          await one.send({ topic: 'ENTRY', messages: messages([large(`${round}`), KEPT, NORMAL], 0) });
          await other.send({ topic: 'ENTRY', messages: messages([NORMAL, Buffer.from(`other ${round}`)], 0) });
          await send([KEPT, NORMAL], 0);
          await one.send({ topic: 'ENTRY', messages: messages([Buffer.from(`one ${round}`)], 0) });
          // The one that began second ends first, and in the last round both are aborted.
          await (round === 0 ? other.commit() : other.abort());
          await (round === 1 ? one.commit() : one.abort());
        }
      }),
    );
    const { read, discarded, skipped } = await bothWays(0, from, 30);
    const texts = read.map(({ value }) => (value!.length > 100 ? value!.toString('latin1', 0, 1) : value!.toString()));
    const plain = [KEPT.toString(), NORMAL.toString()];
    expect(texts).toEqual([NORMAL.toString(), 'other 0', ...plain, '1', KEPT.toString(), NORMAL.toString(), ...plain, 'one 1', ...plain]);
    expect({ discarded, skipped }).toEqual({ discarded: 5, skipped: 2 * 4 + 2 * 2 + 6 });
  });

  it('leaves out an aborted transaction that several fetches bring', async () => {
    const from = await endOf(1);
    await withProducer('long', async (producer) => {
      const transaction = await producer.transaction();
      for (let part = 0; part < SEVERAL_FETCHES; part += 1) {
        await transaction.send({ topic: 'ENTRY', messages: messages([large('a')], 1) });
        await transaction.send({ topic: 'ENTRY', messages: messages([NORMAL, KEPT], 1) });
        await send([large('c')], 1);
      }
      await transaction.abort();
      const next = await producer.transaction();
      await next.send({ topic: 'ENTRY', messages: messages([KEPT, NORMAL], 1) });
      await next.commit();
    });
    const { read, discarded, skipped } = await bothWays(1, from, 4 * SEVERAL_FETCHES + 4);
    expect(read.map(({ value }) => value!.toString('latin1', 0, 1))).toEqual([...Array<string>(SEVERAL_FETCHES).fill('c'), '{', '{']);
    expect({ discarded, skipped }).toEqual({ discarded: 1, skipped: 3 * SEVERAL_FETCHES + 2 });
  });

  it('waits with what lies behind an open transaction until it ends', async () => {
    const from = await endOf(0);
    const consumption = new Consumption(0, from);
    await withProducer('open', async (producer) => {
      await send([KEPT], 0);
      await consumption.hasReached(from + 1);
      const transaction = await producer.transaction();
      await transaction.send({ topic: 'ENTRY', messages: messages([Buffer.from('within')], 0) });
      await send([Buffer.from('behind')], 0);
      await sleep(1_500);
      expect(consumption.next).toBe(from + 1);
      await transaction.commit();
    });
    const { records } = await consumption.account(from, from + 4);
    expect(records.map(({ value }) => String(value))).toEqual([KEPT.toString(), 'within', 'behind']);
  });
});
