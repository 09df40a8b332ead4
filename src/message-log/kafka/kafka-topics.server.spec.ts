import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { Child, stopAll } from '../../../test/acceptance/child.js';
import { KafkaCluster as Brokers } from '../../../test/servers/kafka.js';
import { freePort } from '../../../test/servers/server-process.js';
import { silentLog } from '../../../test/support/kafka-support.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { systemClock } from '../../clock.js';
import { ALL_TOPICS, LogUnavailable } from '../message-log.js';
import { createKafka } from './kafka-cluster.js';
import { KafkaMessageLog } from './kafka-message-log.js';
import { WrongTopics } from './kafka-topics.js';

/** One broker, on which topics are made right and wrong; the specs build on each other in their order. */
let brokers: Brokers;
let admin: Admin;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'vigia-topics-'));
  brokers = await Brokers.start({ brokers: 1 });
  admin = createKafka(settings(), silentLog).admin();
  await admin.connect();
}, 120_000);
afterAll(async () => {
  await stopAll();
  await admin?.disconnect();
  await brokers?.stop();
  rmSync(dir, { recursive: true });
});

const settings = () => ({ brokers: brokers.bootstrapServers.split(','), tls: false, sasl: null });
const open = (replicationFactor: number, openLimitMs?: number) =>
  KafkaMessageLog.open({ ...settings(), clock: systemClock, log: silentLog, replicationFactor, ...(openLimitMs === undefined ? {} : { openLimitMs }) });

/** The built product, with what it writes. */
async function startProduct(roles: string, replicationFactor: number): Promise<{ child: Child; output: () => string; consoleUrl: string }> {
  const logFile = join(mkdtempSync(join(dir, 'product-')), 'out.log');
  const [ingest, console] = [await freePort(), await freePort()];
  const env = {
    KAFKA_BROKERS: brokers.bootstrapServers,
    KAFKA_REPLICATION_FACTOR: String(replicationFactor),
    VIGIA_ROLES: roles,
    VIGIA_DATA_DIR: join(dir, 'data'),
    VIGIA_INGEST_PORT: String(ingest),
    VIGIA_CONSOLE_PORT: String(console),
  };
  const child = new Child({ args: ['dist/main.js'], env, logFile });
  return { child, output: () => readFileSync(logFile, 'utf8'), consoleUrl: `http://127.0.0.1:${console}` };
}

async function problemsOf(opening: Promise<KafkaMessageLog>): Promise<readonly string[]> {
  const error: unknown = await opening.then((log) => log.close(), (thrown: unknown) => thrown);
  if (!(error instanceof WrongTopics)) throw new Error(`expected WrongTopics, got ${String(error)}`);
  return error.problems;
}

async function remakeTopics(topics: readonly ITopicConfig[]): Promise<void> {
  const isGone = async (): Promise<boolean> => (await admin.listTopics()).length === 0;
  await admin.deleteTopics({ topics: (await admin.listTopics()).filter((topic) => ALL_TOPICS.includes(topic)) });
  await waitFor('the deletion of the topics', isGone);
  await admin.createTopics({ topics: [...topics], waitForLeaders: true });
}

describe('the topics on Kafka', () => {
  it('are not created with fewer brokers than replicas; the product says so and ends with 1', async () => {
    const problem = 'ENTRY, OK, COUNT, ENTRY.dlq, OK.dlq: to be created with replication 2, but there are 1 brokers; start more, or set KAFKA_REPLICATION_FACTOR';
    expect(await problemsOf(open(2))).toEqual([problem]);
    for (const roles of ['ingest', 'process,project,notify,console']) {
      const { child, output } = await startProduct(roles, 2);
      expect((await child.ended).code).toBe(1);
      expect(output()).toBe(`Kafka's topics are not as they must be:\n  ${problem}\n`);
    }
    expect(await admin.listTopics()).toEqual([]);
  });

  it('are created as they must be, by two processes at once', async () => {
    const logs = await Promise.all([open(1), open(1)]);
    expect(logs[0].identity).toBe(logs[1].identity);
    await Promise.all(logs.map((log) => log.close()));
    const { topics } = await admin.fetchTopicMetadata({ topics: [...ALL_TOPICS] });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([2, 2, 2, 2, 2]);
    const configNames = ['message.timestamp.type', 'cleanup.policy', 'retention.ms', 'max.message.bytes', 'unclean.leader.election.enable', 'min.insync.replicas'];
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: ALL_TOPICS.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames })) });
    const configs = resources.map(({ resourceName, configEntries }) => [resourceName, ...configNames.map((name) => configEntries.find(({ configName }) => configName === name)?.configValue)]);
    const week = String(7 * 24 * 3_600_000);
    expect(configs.sort()).toEqual([
      ['COUNT', 'LogAppendTime', 'delete', '-1', '1048588', 'false', '1'],
      ['ENTRY', 'LogAppendTime', 'delete', week, '1048588', 'false', '1'],
      ['ENTRY.dlq', 'LogAppendTime', 'delete', '-1', '67125248', 'false', '1'],
      ['OK', 'LogAppendTime', 'delete', week, '1048588', 'false', '1'],
      ['OK.dlq', 'LogAppendTime', 'delete', '-1', '67125248', 'false', '1'],
    ]);
  });

  it('take a dead letter of the largest record', async () => {
    const log = await open(1);
    try {
      const value = Buffer.alloc(1_048_000, 'x'); // with key and header of a batch all that ENTRY takes
      const [appended] = await log.append('ENTRY.dlq', [{ key: '1', value, headers: { 'dead-letter-reason': 'r'.repeat(5_000) } }]);
      for await (const record of log.read('ENTRY.dlq', appended!.partition, appended!.offset)) expect(record.value?.equals(value)).toBe(true);
    } finally {
      await log.close();
    }
  });

  it('are looked at when they are there: replication', async () => {
    expect(await problemsOf(open(2))).toEqual(ALL_TOPICS.map((topic) => `${topic} has replication 1, expected 2 (KAFKA_REPLICATION_FACTOR)`));
  });

  it('can be waited for: the product starts before Kafka, says so, and goes on when it comes; else it ends', async () => {
    await brokers.kill(1);
    await expect(open(1, 500)).rejects.toMatchObject({ name: LogUnavailable.name, message: `Kafka at ${brokers.bootstrapServers} can't be reached; try again later` });
    const { child, output, consoleUrl } = await startProduct('ingest', 1);
    await waitFor('the line that it waits', () => output().includes('waiting for Kafka'));
    await brokers.restart(1);
    await waitFor('the ingest endpoint', () => output().includes('/topics/ENTRY/messages'), 30_000);
    expect(await (await fetch(`${consoleUrl}/api/health`)).json()).toMatchObject({ status: 'up' });
    expect((await child.stop('SIGTERM')).code).toBe(0);
  });

  it('are refused when they are wrong, each with what is wrong with it; the product says so and ends with 1', async () => {
    const entry = (name: string, value: string) => ({ name, value });
    const right = entry('message.timestamp.type', 'LogAppendTime');
    await remakeTopics([
      { topic: 'ENTRY', numPartitions: 3, configEntries: [right] },
      { topic: 'OK', numPartitions: 2, configEntries: [entry('unclean.leader.election.enable', 'true')] },
      { topic: 'COUNT', numPartitions: 2, configEntries: [right, entry('cleanup.policy', 'compact')] },
      { topic: 'ENTRY.dlq', numPartitions: 1, configEntries: [right, entry('max.message.bytes', '2000000')] },
      { topic: 'OK.dlq', numPartitions: 2, configEntries: [right, entry('max.message.bytes', '1000')] },
    ]);
    const problems = [
      'ENTRY has 3 partitions, expected 2',
      'ENTRY.dlq has 1 partitions, expected 2',
      'OK has message.timestamp.type=CreateTime, expected LogAppendTime: the order of ENTRY and OK rests on it',
      'OK has unclean.leader.election.enable=true, expected false: a broker that lacks accepted records could become the leader',
      'COUNT has cleanup.policy=compact, expected delete: compaction would lose records',
      'OK.dlq has max.message.bytes=1000, expected at least 1064972: whatever fits into ENTRY or OK must fit there, with its reason',
    ];
    expect(await problemsOf(open(1))).toEqual(problems);
    for (const roles of ['ingest', 'process,project,notify,console']) {
      const { child, output } = await startProduct(roles, 1);
      expect((await child.ended).code).toBe(1);
      expect(output()).toBe(`Kafka's topics are not as they must be:\n${problems.map((problem) => `  ${problem}\n`).join('')}`);
    }
  });

  it('are refused when ENTRY takes smaller batches than are sent', async () => {
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
    await remakeTopics([{ topic: 'ENTRY', numPartitions: 2, configEntries: [...configEntries, { name: 'max.message.bytes', value: '999999' }] }]);
    expect(await problemsOf(open(1))).toEqual(['ENTRY has max.message.bytes=999999, expected at least 1000000: batches have up to as many']);
  });

  it('of three replicas are created so that what is accepted is on two brokers, and refused when one would do', async () => {
    const three = await Brokers.start({ brokers: 3 });
    const those = { ...settings(), brokers: three.bootstrapServers.split(',') };
    const threeAdmin = createKafka(those, silentLog).admin();
    const openThree = () => KafkaMessageLog.open({ ...those, clock: systemClock, log: silentLog, replicationFactor: 3 });
    try {
      await threeAdmin.connect();
      await (await openThree()).close();
      const resources = ALL_TOPICS.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ['min.insync.replicas'] }));
      const made = await threeAdmin.describeConfigs({ includeSynonyms: false, resources });
      expect(made.resources.map(({ configEntries }) => configEntries[0]?.configValue)).toEqual(ALL_TOPICS.map(() => '2'));
      await threeAdmin.alterConfigs({ validateOnly: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: 'COUNT', configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }, { name: 'min.insync.replicas', value: '1' }] }] });
      expect(await problemsOf(openThree())).toEqual(['COUNT has min.insync.replicas=1, expected at least 2: what is accepted must be on as many brokers']);
    } finally {
      await threeAdmin.disconnect();
      await three.stop();
    }
  }, 120_000);
});
