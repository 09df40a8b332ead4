import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompressionTypes, Kafka, logLevel, type Producer } from 'kafkajs';
import type { Reconciliation } from '../../src/ingestion/reconcile.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { readTopic } from '../support/read-topic.js';
import { KafkaCluster } from './kafka.js';
import { freePort } from './server-process.js';

interface Listed {
  readonly id: string;
  readonly status: string;
  readonly source: { readonly log: string; readonly topic: string; readonly partition: number; readonly offset: number };
  readonly reason: string;
  readonly key: string | null;
  readonly valueBase64: string | null;
}

const NORMAL = '{"5", "false", "false", "20.0", "30.0"}';
const motionOf = (sensor: number): string => `{"${sensor}", "true", "false", "20.0", "30.0"}`;

/** What no producer of ours would write, and the reason that is given for it. */
const UNREADABLE = [
  { name: 'bytes that are no text', value: Buffer.from([0xff, 0x00, 0xfe, 0x80, 0x0a]), reason: /UTF-8/i },
  { name: 'a tombstone', value: null, reason: /tombstone/ },
  { name: 'no bytes', value: Buffer.alloc(0), reason: /./ },
  { name: 'text that is no reading', value: Buffer.from('hello'), reason: /./ },
  { name: 'a bad value', value: Buffer.from('{"5", "perhaps", "false", "20.0", "30.0"}'), reason: /^movement: / },
  { name: 'a bad sensor id', value: Buffer.from('{"-5", "true", "false", "20.0", "30.0"}'), reason: /^id: / },
  { name: 'a huge record', value: Buffer.alloc(1_000_000, '['), reason: /./ },
  { name: 'a header beyond its bound', value: Buffer.from(motionOf(5)), headers: { 'message-id': 'x'.repeat(1_000) }, reason: /^header message-id: / },
] as const;

describe('the built product on Kafka', () => {
  let dir: string;
  let brokers: KafkaCluster;
  let kafka: Kafka;
  let producer: Producer;
  let product: Product;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-on-kafka-'));
    brokers = await KafkaCluster.start({ brokers: 1 });
    const paths = { dataDir: join(dir, 'data'), logFile: join(dir, 'product.log') };
    product = new Product(paths, { ingest: await freePort(), console: await freePort() }, 100, { KAFKA_BROKERS: brokers.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1' });
    product.start();
    await product.waitUntilUp();
    kafka = new Kafka({ clientId: 'spec', brokers: brokers.bootstrapServers.split(','), logLevel: logLevel.NOTHING });
    producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
  }, 120_000);
  afterAll(async () => {
    await producer?.disconnect();
    await stopAll();
    await brokers?.stop();
    rmSync(dir, { recursive: true });
  });

  const reconcile = async () => JSON.parse(await product.command('reconcile', '--json')) as Reconciliation;
  const listed = async (): Promise<Listed[]> => (await product.command('dead-letters', 'list', '--json')).trim().split('\n').map((line) => JSON.parse(line) as Listed);
  const post = async (body: string): Promise<void> => {
    const answer = await fetch(`${product.ingestUrl}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    expect(answer.status).toBe(200);
  };

  it('P2: keeps what it can’t read on ENTRY.dlq and OK.dlq, with the original bytes, the reason and where it was', async () => {
    const expected = new Map<string, (typeof UNREADABLE)[number]>();
    for (const topic of ['ENTRY', 'OK']) {
      for (const [index, letter] of UNREADABLE.entries()) {
        const headers = 'headers' in letter ? { headers: letter.headers } : {};
        const [stored] = await producer.send({ topic, messages: [{ key: `key ${index}`, value: letter.value, ...headers }, { key: `key ${index}`, value: NORMAL }] });
        expected.set(`${topic}-${stored!.partition}@${stored!.baseOffset}`, letter);
      }
    }
    await product.waitUntilSettled();
    const found = new Map<string, string>();
    for (const topic of ['ENTRY', 'OK']) {
      for (const { value, headers, key } of await readTopic(kafka, `${topic}.dlq`)) {
        const source = JSON.parse(headers['dead-letter-source']!) as Listed['source'];
        const where = `${source.topic}-${source.partition}@${source.offset}`;
        const letter = expected.get(where)!;
        expect(source.topic).toBe(topic);
        expect(headers['dead-letter-reason']).toMatch(letter.reason);
        expect([key, headers['dead-letter-tombstone'] ?? null]).toEqual([`key ${UNREADABLE.indexOf(letter)}`, letter.value === null ? 'true' : null]);
        expect(value?.equals(letter.value ?? Buffer.alloc(0))).toBe(true);
        if ('headers' in letter) expect(headers).toMatchObject(letter.headers);
        found.set(where, letter.name);
      }
    }
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    expect(await reconcile()).toMatchObject({ records: 2 * expected.size, deadLettered: expected.size, unaccounted: 0, doubled: 0 });
    for (const { source, valueBase64, reason, status } of await listed()) {
      const letter = expected.get(`${source.topic}-${source.partition}@${source.offset}`)!;
      expect([valueBase64, status]).toEqual([letter.value?.toString('base64') ?? null, 'open']);
      expect(reason).toMatch(letter.reason);
    }
  });

  it('lists, replays and drops dead letters beside records that others wrote to the topic', async () => {
    const strange = ['{', 'null', '"text"', '{}', '{"log":"x","topic":"COUNT","partition":0,"epoch":0,"offset":1}', '{"log":"x","topic":"ENTRY","partition":-1,"epoch":0,"offset":1}'];
    await producer.send({ topic: 'ENTRY.dlq', messages: strange.map((source) => ({ value: 'not ours', headers: { 'dead-letter-source': source } })) });
    await producer.send({ topic: 'ENTRY.dlq', messages: [{ value: 'not ours' }, { value: null }] });

    const before = await listed();
    expect(before).toHaveLength(2 * UNREADABLE.length);
    const [replayed, dropped] = [before.find(({ reason }) => reason.startsWith('movement'))!, before.find(({ reason }) => reason.startsWith('id: '))!];
    expect(await product.command('dead-letters', 'replay', replayed.id)).toBe('1 replayed\n');
    expect(await product.command('dead-letters', 'drop', dropped.id)).toBe('1 dropped\n');
    await product.waitUntilSettled();

    const after = await listed();
    const statusOf = (id: string) => after.find((letter) => letter.id === id)?.status;
    expect([statusOf(replayed.id), statusOf(dropped.id)]).toEqual(['replayed', 'dropped']);
    const again = after.filter(({ id }) => !before.some((letter) => letter.id === id));
    expect(again.map(({ reason, valueBase64, status, key }) => ({ reason, valueBase64, status, key }))).toEqual([{ reason: replayed.reason, valueBase64: replayed.valueBase64, status: 'open', key: replayed.key }]);
    expect(await product.command('dead-letters', 'drop', '--all')).toBe(`${before.length - 1} dropped\n`);
    expect(await reconcile()).toMatchObject({ deadLettered: 2 * UNREADABLE.length + 1, unaccounted: 0, doubled: 0 });
  });

  it('publishes each alarm once on COUNT, as CloudEvents, though it is killed in between', async () => {
    for (let sensor = 10; sensor < 70; sensor += 1) {
      await post(motionOf(sensor));
      if (sensor === 30 || sensor === 50) {
        await product.killAndRestart();
        await product.waitUntilUp();
      }
    }
    await product.waitUntilSettled();
    const alarms = await product.alarms();
    expect(alarms).toHaveLength(60);
    const records = await readTopic(kafka, 'COUNT');
    expect(records.map(({ headers }) => headers['ce_id']).sort()).toEqual(alarms.map(({ alarmId }) => alarmId).sort());
    for (const { key, value, headers } of records) {
      const alarm = alarms.find(({ alarmId }) => alarmId === headers['ce_id'])!;
      expect(headers).toEqual({
        ce_specversion: '1.0', ce_id: alarm.alarmId, ce_source: '/vigia/alarms', ce_type: 'vigia.AlarmTriggered.v1',
        ce_time: alarm.triggeredAt, ce_subject: String(alarm.sensorId), 'content-type': 'application/json',
      });
      expect(key).toBe(alarm.type);
      expect(JSON.parse(String(value))).toEqual({ alarmId: alarm.alarmId, sensorId: String(alarm.sensorId), type: alarm.type, triggeredAt: alarm.triggeredAt });
    }
    expect(await reconcile()).toMatchObject({ unaccounted: 0, doubled: 0 });
  });

  it('P8: goes on behind a batch that becomes larger than is taken, which is one dead letter', async () => {
    const MIB = 1024 * 1024;
    const before = await product.alarms();
    const bomb = [0, 1, 2].map(() => ({ value: Buffer.alloc(30 * MIB), partition: 0 }));
    const [stored] = await producer.send({ topic: 'ENTRY', compression: CompressionTypes.GZIP, messages: bomb });
    const last = Number(stored!.baseOffset) + 2;
    for (let sensor = 80; sensor < 90; sensor += 1) await post(motionOf(sensor));
    await product.waitUntilSettled();
    expect(await product.alarms()).toHaveLength(before.length + 10);
    const letters = (await listed()).filter(({ source }) => source.topic === 'ENTRY' && source.partition === 0 && source.offset >= last - 2);
    expect(letters.map(({ source, status }) => [source.offset, status])).toEqual([[last, 'open']]);
    expect(letters[0]!.reason).toMatch(/^batch of 3 records, offsets \d+ to \d+: corrupt record batch: gzip, \d+ bytes: more than 67108864 bytes of output$/);
    // The batch as it is stored: its first offset, and its check sum behind magic byte 2.
    const bytes = Buffer.from(letters[0]!.valueBase64!, 'base64');
    expect([Number(bytes.readBigInt64BE(0)), bytes[16]]).toEqual([last - 2, 2]);
    expect(await reconcile()).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
  });
});
