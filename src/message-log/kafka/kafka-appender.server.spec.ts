import { KafkaCluster as Brokers } from '../../../test/servers/kafka.js';
import { silentLog } from '../../../test/support/kafka-support.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { systemClock } from '../../clock.js';
import { LogUnavailable, PARTITIONS, type AppendedRecord, type LogRecord } from '../message-log.js';
import { KafkaAppender } from './kafka-appender.js';
import { createKafka, KafkaCluster } from './kafka-cluster.js';
import { KafkaMessageLog } from './kafka-message-log.js';

const DELIVERY_LIMIT_MS = 9_000;
/** What a client may have to wait at most, by the promise of the ingest endpoint. */
const ANSWER_LIMIT_MS = 10_000;
const LOAD_WRITERS = 20;

let brokers: Brokers;
/** Reads what is stored; nothing of it is under test here. */
let log: KafkaMessageLog;
const appenders: { appender: KafkaAppender; cluster: KafkaCluster }[] = [];

const settings = () => ({ brokers: brokers.bootstrapServers.split(','), tls: false, sasl: null });

beforeAll(async () => {
  brokers = await Brokers.start({ brokers: 2 });
  log = await KafkaMessageLog.open({ ...settings(), clock: systemClock, log: silentLog, replicationFactor: 2 });
}, 120_000);
afterEach(async () => {
  for (const { appender, cluster } of appenders.splice(0)) {
    await appender.close();
    await cluster.close();
  }
});
afterAll(async () => {
  await log?.close();
  await brokers?.stop();
});

/** `disturb` may stand between the appender and its connections. */
async function appenderOf(options: { maxWaitingBytes?: number; disturb?: (cluster: KafkaCluster) => KafkaCluster } = {}): Promise<KafkaAppender> {
  const cluster = KafkaCluster.of(createKafka(settings(), silentLog));
  await cluster.connect(['ENTRY', 'OK']);
  const appender = new KafkaAppender({
    cluster: options.disturb?.(cluster) ?? cluster,
    clock: systemClock,
    log: silentLog,
    partitions: PARTITIONS,
    maxWaitingBytes: options.maxWaitingBytes ?? 64 * 1024 * 1024,
    deliveryLimitMs: DELIVERY_LIMIT_MS,
  });
  appenders.push({ appender, cluster });
  return appender;
}

/** The cluster with another `send`. */
function sendingAs(cluster: KafkaCluster, send: KafkaCluster['send']): KafkaCluster {
  return new Proxy(cluster, {
    get: (target, name) => {
      const value: unknown = name === 'send' ? send : Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

let loads = 0;

/** Writers that append a record each, over and over, and wait for its answer in between: each has one key, so its records must stay in order. */
class Load {
  readonly acknowledged = new Map<string, AppendedRecord>();
  readonly refused = new Map<string, string>();
  longestMs = 0;
  private isEnding = false;
  private readonly name = `load ${(loads += 1)}`;
  private readonly writers: Promise<void>[];

  constructor(private readonly appender: KafkaAppender) {
    this.writers = Array.from({ length: LOAD_WRITERS }, (_, writer) => this.write(writer));
  }

  private async write(writer: number): Promise<void> {
    for (let index = 0; !this.isEnding; index += 1) {
      const value = `${this.name}/${writer}/${index}`;
      const begun = performance.now();
      try {
        const [appended] = await this.appender.append('ENTRY', [{ key: String(writer), value: Buffer.from(value) }]);
        this.acknowledged.set(value, appended!);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        this.refused.set(value, error.message);
        await systemClock.sleep(50); // as a client that is asked to retry later
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - begun);
    }
  }

  /** Waits until so many more records are acknowledged, for every writer one of them. */
  async goesOn(more = 100): Promise<void> {
    const before = this.acknowledged.size;
    const seen = new Set<string>();
    await waitFor(`${more} more acknowledged records, of all ${LOAD_WRITERS} writers`, () => {
      for (const value of [...this.acknowledged.keys()].slice(before)) seen.add(value.split('/')[1]!);
      return this.acknowledged.size >= before + more && seen.size === LOAD_WRITERS;
    }, 30_000);
  }

  async end(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.writers);
  }

  /** Every acknowledged record is there once, where it was said to be; each key's in order; a refused one is there once at most. */
  async check(): Promise<void> {
    const stored = new Map<string, AppendedRecord[]>();
    const lastOf = new Map<string, number>();
    const disorder: string[] = [];
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      for await (const record of log.read('ENTRY', partition, 0)) {
        const value = String(record.value);
        const [name, writer, index] = value.split('/') as [string, string, string];
        if (name !== this.name) continue;
        stored.set(value, [...(stored.get(value) ?? []), { partition, offset: record.offset }]);
        if (this.refused.has(value)) continue; // nothing was promised of it
        if (Number(index) <= (lastOf.get(writer) ?? -1)) disorder.push(value);
        lastOf.set(writer, Number(index));
      }
    }
    const wrong = [...this.acknowledged].filter(([value, place]) => JSON.stringify(stored.get(value)) !== JSON.stringify([place]));
    const twice = [...stored].filter(([, places]) => places.length > 1);
    const unknown = [...stored.keys()].filter((value) => !this.acknowledged.has(value) && !this.refused.has(value));
    expect({ wrong: wrong.slice(0, 5), twice: twice.slice(0, 5), unknown, disorder }).toEqual({ wrong: [], twice: [], unknown: [], disorder: [] });
  }
}

const valuesOf = (records: readonly LogRecord[]): string[] => records.map(({ value }) => String(value));

async function readAll(topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let partition = 0; partition < PARTITIONS; partition += 1) for await (const record of log.read(topic, partition, 0)) records.push(record);
  return records;
}

describe('KafkaAppender', () => {
  it('splits an append that is larger than a request, and tells true offsets', async () => {
    const appender = await appenderOf();
    const records = Array.from({ length: 60 }, (_, index) => ({ key: 'large', value: Buffer.alloc(60_000, `${String(index).padStart(3, '0')} `) }));
    const appended = await appender.append('OK', records);
    expect(new Set(appended.map(({ partition }) => partition)).size).toBe(1);
    expect(appended.map(({ offset }) => offset)).toEqual(records.map((_, index) => appended[0]!.offset + index));
    const stored = new Map<number, Buffer>();
    for await (const { offset, value } of log.read('OK', appended[0]!.partition, 0)) stored.set(offset, value!);
    for (const [index, { offset }] of appended.entries()) expect(stored.get(offset)?.equals(records[index]!.value)).toBe(true);
  });

  it('stores a batch once when the answer to it is lost', async () => {
    let sent = 0;
    const appender = await appenderOf({
      disturb: (cluster) =>
        sendingAs(cluster, async (nodeId, request) => {
          const answer = await cluster.send(nodeId, request);
          if ((sent += 1) % 3 === 0) throw new Error('the connection broke before the answer came');
          return answer;
        }),
    });
    const load = new Load(appender);
    await load.goesOn(400);
    await load.end();
    await load.check();
    expect([load.refused.size, sent > 20]).toEqual([0, true]);
  });

  it('stores a batch once when connections are cut at any moment', async () => {
    const pools: { connectionPool: { pool: { socket?: { destroy(error: Error): void } }[] } }[] = [];
    const appender = await appenderOf({
      disturb: (cluster) => {
        const { brokers: byId } = (cluster as unknown as { inside: { brokerPool: { brokers: Record<string, (typeof pools)[number]> } } }).inside.brokerPool;
        pools.push(...Object.values(byId));
        return cluster;
      },
    });
    const load = new Load(appender);
    await load.goesOn(100);
    let cuts = 0;
    const isOver = new AbortController();
    const cutting = (async () => {
      while (!isOver.signal.aborted) {
        await systemClock.sleep(Math.random() * 40, isOver.signal);
        for (const { connectionPool } of pools) connectionPool.pool[0]?.socket?.destroy(new Error('cut by the spec'));
        cuts += 1;
      }
    })();
    await load.goesOn(500);
    isOver.abort();
    await cutting;
    await load.end();
    await load.check();
    expect([cuts > 10, load.refused.size]).toEqual([true, 0]);
  });

  it('goes on under a new producer id when the broker no longer knows its numbers', async () => {
    const appender = await appenderOf();
    await appender.append('OK', [{ key: 'numbers', value: Buffer.from('before') }]);
    const { lanes } = appender as unknown as { lanes: Map<string, { sequence: number; producer: { producerId: bigint } }> };
    const [lane] = lanes.values();
    const { producerId } = lane!.producer;
    lane!.sequence += 5; // as if batches in between had been lost
    const [appended] = await appender.append('OK', [{ key: 'numbers', value: Buffer.from('after a gap') }]);
    expect(lane!.producer.producerId).not.toBe(producerId);
    const found = (await readAll('OK')).filter(({ value }) => String(value) === 'after a gap');
    expect(found.map(({ offset }) => offset)).toEqual([appended!.offset]);
  });

  async function goesOnToTheEnd(load: Load): Promise<void> {
    await load.goesOn();
    await brokers.waitUntilInSync(['ENTRY', 'OK']);
    await load.goesOn();
    await load.end();
    await load.check();
    expect(load.longestMs).toBeLessThan(ANSWER_LIMIT_MS);
  }

  it('goes on when a leader is killed under load and when it comes back', async () => {
    const load = new Load(await appenderOf());
    await load.goesOn();
    await brokers.kill(1);
    await load.goesOn();
    await brokers.restart(1);
    await goesOnToTheEnd(load);
  });

  it('goes on when a leader hangs under load and when it wakes up', async () => {
    const load = new Load(await appenderOf());
    await load.goesOn();
    brokers.pause(2);
    try {
      await load.goesOn();
    } finally {
      brokers.resume(2);
    }
    await goesOnToTheEnd(load);
  });

  it('refuses within 10 s when all brokers are away, then at once, and recovers by itself', async () => {
    const appender = await appenderOf({ maxWaitingBytes: 1_000_000 });
    await appender.append('OK', [{ key: '1', value: Buffer.from('all are here') }]);
    await Promise.all([brokers.kill(1), brokers.kill(2)]);
    const begun = performance.now();
    const attempts = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const error: unknown = await appender.append('OK', [{ key: String(index), value: Buffer.alloc(200_000, `away ${index} `) }]).catch((refusal: unknown) => refusal);
        return { error, afterMs: performance.now() - begun };
      }),
    );
    expect(attempts.map(({ error }) => error instanceof LogUnavailable)).toEqual(attempts.map(() => true));
    const [waited, refused] = [attempts.slice(0, 4), attempts.slice(4)];
    for (const { error, afterMs } of refused) {
      expect(String(error)).toMatch(/bytes of appends wait for Kafka, the bound is 1000000/);
      expect(afterMs).toBeLessThan(1_000);
    }
    for (const { error, afterMs } of waited) {
      expect(String(error)).toMatch(/OK-[01] took no record in time/);
      expect(afterMs).toBeGreaterThan(DELIVERY_LIMIT_MS - 100);
      expect(afterMs).toBeLessThan(ANSWER_LIMIT_MS);
    }
    expect(appender.unavailable()).toMatch(/^Kafka can't be written: .*ECONNREFUSED/);
    const atOnce = performance.now();
    await expect(appender.append('OK', [{ key: '1', value: Buffer.from('at once') }])).rejects.toThrow(LogUnavailable);
    expect(performance.now() - atOnce).toBeLessThan(1_000);

    await Promise.all([brokers.restart(1), brokers.restart(2)]);
    await waitFor('the appender to be available', () => appender.unavailable() === null, 30_000);
    let back = 0;
    await waitFor('an append', () => appender.append('OK', [{ key: '1', value: Buffer.from(`back ${(back += 1)}`) }]).then(() => true, () => false), 30_000);
    await brokers.waitUntilInSync(['ENTRY', 'OK']);
    const values = valuesOf(await readAll('OK'));
    expect(values.filter((value) => value === 'at once')).toEqual([]);
    const given = values.filter((value) => value.startsWith('away'));
    expect(given.length).toBe(new Set(given).size);
    expect(values.filter((value) => value === `back ${back}`)).toHaveLength(1);
  });
});
