import { Kafka, logLevel, type Consumer } from 'kafkajs';
import { KafkaPixy } from './kafka-pixy.js';
import { BROKER_SESSION_MS, KafkaCluster } from './kafka.js';

const SEND_LIMIT_MS = 45_000;

/** A client that tries for about ten seconds: longer than a change of leader takes. */
const clientOf = (cluster: KafkaCluster): Kafka =>
  new Kafka({ clientId: 'spec', brokers: cluster.bootstrapServers.split(','), logLevel: logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 2_000, retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 12 } });

/**
 * Produces with a new producer for each try, until one gets through.
 * A kafkajs producer that is connected only to a broker that hangs asks that one for the new leader, over and over.
 */
async function sendSurely(cluster: KafkaCluster, topic: string, values: readonly string[]): Promise<void> {
  const kafka = new Kafka({ clientId: 'spec', brokers: cluster.bootstrapServers.split(','), logLevel: logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 2_000, retry: { initialRetryTime: 100, retries: 2 } });
  const deadline = Date.now() + SEND_LIMIT_MS;
  for (;;) {
    const producer = kafka.producer();
    try {
      await producer.connect();
      await producer.send({ topic, acks: -1, messages: values.map((value) => ({ key: value, value })) });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      await producer.disconnect();
    }
  }
}

async function createTopic(kafka: Kafka, topic: string, replicationFactor: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2, replicationFactor }] });
  await admin.disconnect();
}

/** Reads a topic from its beginning until it has seen so many different values. */
async function readValues(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer: Consumer = kafka.consumer({ groupId: `reader-of-${topic}-${count}` });
  const values = new Set<string>();
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
        values.add(String(message.value));
        if (values.size === count) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return [...values].sort();
}

describe('Kafka, two brokers with replication 2', () => {
  let cluster: KafkaCluster;
  let kafka: Kafka;
  const sent: string[] = [];

  beforeAll(async () => {
    cluster = await KafkaCluster.start({ brokers: 2, jmx: true });
    kafka = clientOf(cluster);
    await createTopic(kafka, 'ENTRY', 2);
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  const send = async (count: number): Promise<void> => {
    const values = Array.from({ length: count }, (_, i) => `reading ${String(sent.length + i).padStart(4, '0')}`);
    await sendSurely(cluster, 'ENTRY', values);
    sent.push(...values);
  };

  it('listens on loopback, away from the ingest endpoint’s port', () => {
    expect(cluster.bootstrapServers).toMatch(/^127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/);
    expect(cluster.bootstrapServers).not.toContain(':19092');
  });

  it('keeps what is produced, and counts it in the brokers’ own metrics', async () => {
    const before = await messagesIn(cluster);
    await send(100);
    expect(await readValues(kafka, 'ENTRY', 100)).toEqual(sent);
    expect((await messagesIn(cluster)) - before).toBe(100);
  });

  it('refuses a topic that nobody created', async () => {
    const impatient = new Kafka({ clientId: 'spec', brokers: cluster.bootstrapServers.split(','), logLevel: logLevel.NOTHING, retry: { retries: 1 } });
    const other = impatient.producer({ allowAutoTopicCreation: false });
    await other.connect();
    await expect(other.send({ topic: 'NOBODYS', messages: [{ value: 'x' }] })).rejects.toThrow(/does not host this topic-partition/);
    await other.disconnect();
  });

  it('goes on producing when a broker is killed, and is in sync again after its restart', async () => {
    await cluster.kill(1);
    const killedAt = Date.now();
    await send(100);
    expect(Date.now() - killedAt).toBeLessThan(BROKER_SESSION_MS + 12_000);
    await cluster.restart(1);
    await cluster.waitUntilInSync(['ENTRY']);

    // Now the other one: what was written while the first was away must have reached it.
    await cluster.kill(2);
    expect(await readValues(kafka, 'ENTRY', 200)).toEqual(sent);
    await cluster.restart(2);
    await cluster.waitUntilInSync(['ENTRY']);
  });

  it('goes on producing when a broker hangs, and takes it back', async () => {
    cluster.pause(2);
    await send(100);
    cluster.resume(2);
    await cluster.waitUntilInSync(['ENTRY']);
    expect(await readValues(kafka, 'ENTRY', 300)).toEqual(sent);
  });

  it('has everything after both brokers were killed at once', async () => {
    await Promise.all([cluster.kill(1), cluster.kill(2)]);
    await Promise.all([cluster.restart(1), cluster.restart(2)]);
    await cluster.waitUntilInSync(['ENTRY']);
    await send(100);
    expect(await readValues(kafka, 'ENTRY', 400)).toEqual(sent);
  });
});

describe('Kafka, one broker', () => {
  it('has everything after it was killed', async () => {
    const cluster = await KafkaCluster.start({ brokers: 1 });
    try {
      const kafka = clientOf(cluster);
      await createTopic(kafka, 'OK', 1);
      await sendSurely(cluster, 'OK', ['a', 'b']);
      await cluster.kill(1);
      await cluster.restart(1);
      await sendSurely(cluster, 'OK', ['c']);
      expect(await readValues(kafka, 'OK', 3)).toEqual(['a', 'b', 'c']);
    } finally {
      await cluster.stop();
    }
  });

  it('takes what kafka-pixy sends it', async () => {
    const cluster = await KafkaCluster.start({ brokers: 1 });
    const pixy = await KafkaPixy.start(cluster.bootstrapServers).catch(async (error: unknown) => {
      await cluster.stop();
      throw error;
    });
    try {
      const kafka = clientOf(cluster);
      await createTopic(kafka, 'ENTRY', 1);
      const reading = '{"7", "true", "false", "20.0", "30.0"}';
      const answer = await fetch(`${pixy.url}/topics/ENTRY/messages?key=7&sync`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: reading });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ partition: expect.any(Number), offset: 0 });
      expect(await readValues(kafka, 'ENTRY', 1)).toEqual([reading]);
    } finally {
      await pixy.stop();
      await cluster.stop();
    }
  });

  it('shows a broker’s last output when it does not start', async () => {
    await expect(KafkaCluster.start({ brokers: 1, properties: { 'num.io.threads': 0 } })).rejects.toThrow(/num\.io\.threads/);
  });
});

/** Messages that all brokers together say they took on ENTRY. */
async function messagesIn(cluster: KafkaCluster): Promise<number> {
  const pages = await Promise.all(cluster.metricsUrls.map(async (url) => (await fetch(url)).text()));
  const counts = pages.map((page) => Number(/^kafka_server_brokertopicmetrics_messagesin_total\{topic="ENTRY",?\} (\S+)$/m.exec(page)?.[1] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}
