import kafkajs, { type Admin } from 'kafkajs';
import { ALL_TOPICS, deadLetterTopic, PARTITIONS, SENSOR_TOPICS } from '../message-log.js';
import { MAX_DECOMPRESSED_BYTES } from './decompress.js';
import { MOST_BATCH_BYTES } from './producer-lane.js';

const DEAD_LETTER_TOPICS: ReadonlySet<string> = new Set(SENSOR_TOPICS.map(deadLetterTopic));

/** What a dead letter has beside the original record: reason, position, time. */
const DEAD_LETTER_HEADERS_BYTES = 16 * 1024;

/** A record that was compressed in ENTRY or OK stands uncompressed on its dead-letter topic. */
const DEAD_LETTER_MAX_BYTES = MAX_DECOMPRESSED_BYTES + DEAD_LETTER_HEADERS_BYTES;

const CONFIG = {
  timestampType: 'message.timestamp.type',
  cleanup: 'cleanup.policy',
  maxBytes: 'max.message.bytes',
  uncleanElection: 'unclean.leader.election.enable',
  minInSync: 'min.insync.replicas',
} as const;

/** A record that is answered for is on so many brokers (P1). Of two brokers one may be away, and then it is on the other alone. */
const leastInSync = (replicationFactor: number): number => (replicationFactor > 2 ? 2 : 1);

/** Kafka's topics are not as they must be; a retry does not help. */
export class WrongTopics extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Kafka's topics are not as they must be:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'WrongTopics';
  }
}

/** Creates the topics that are missing, with the log's own append time (P7), and checks those that are there. Thrown: `WrongTopics`. */
export async function ensureTopics(admin: Admin, replicationFactor: number): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = ALL_TOPICS.filter((topic) => !existing.has(topic));
  const { brokers } = await admin.describeCluster();
  if (missing.length > 0) {
    if (brokers.length < replicationFactor) {
      throw new WrongTopics([`${missing.join(', ')}: to be created with replication ${replicationFactor}, but there are ${brokers.length} brokers; start more, or set KAFKA_REPLICATION_FACTOR`]);
    }
    // Another process may create them at the same time: kafkajs then says false and all is well.
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic,
        numPartitions: PARTITIONS,
        replicationFactor,
        configEntries: [
          { name: CONFIG.timestampType, value: 'LogAppendTime' },
          { name: CONFIG.cleanup, value: 'delete' },
          { name: CONFIG.uncleanElection, value: 'false' },
          { name: CONFIG.minInSync, value: String(leastInSync(replicationFactor)) },
          // Alarms and dead letters are few, and are read back from the beginning.
          ...((SENSOR_TOPICS as readonly string[]).includes(topic) ? [] : [{ name: 'retention.ms', value: '-1' }]),
          ...(DEAD_LETTER_TOPICS.has(topic) ? [{ name: CONFIG.maxBytes, value: String(DEAD_LETTER_MAX_BYTES) }] : []),
        ],
      })),
    });
  }
  const problems = [...(await partitionProblems(admin, replicationFactor)), ...(await configProblems(admin, leastInSync(replicationFactor)))];
  if (problems.length > 0) throw new WrongTopics(problems);
}

async function partitionProblems(admin: Admin, replicationFactor: number): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [...ALL_TOPICS] });
  return ALL_TOPICS.flatMap((name) => {
    const partitions = topics.find((topic) => topic.name === name)?.partitions ?? [];
    const problems: string[] = [];
    if (partitions.length !== PARTITIONS) problems.push(`${name} has ${partitions.length} partitions, expected ${PARTITIONS}`);
    const least = Math.min(...partitions.map(({ replicas }) => replicas.length));
    if (least < replicationFactor) problems.push(`${name} has replication ${least}, expected ${replicationFactor} (KAFKA_REPLICATION_FACTOR)`);
    return problems;
  });
}

async function configProblems(admin: Admin, leastInSyncReplicas: number): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: ALL_TOPICS.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: Object.values(CONFIG) })),
  });
  const configOf = (topic: string, config: string): string => {
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries;
    return entries?.find(({ configName }) => configName === config)?.configValue ?? '';
  };
  const largestReading = Math.max(...SENSOR_TOPICS.map((topic) => Number(configOf(topic, CONFIG.maxBytes))));
  return ALL_TOPICS.flatMap((resourceName) => {
    const valueOf = (config: string): string => configOf(resourceName, config);
    const problems: string[] = [];
    if (valueOf(CONFIG.timestampType) !== 'LogAppendTime') problems.push(`${resourceName} has ${CONFIG.timestampType}=${valueOf(CONFIG.timestampType)}, expected LogAppendTime: the order of ENTRY and OK rests on it`);
    if (valueOf(CONFIG.cleanup) !== 'delete') problems.push(`${resourceName} has ${CONFIG.cleanup}=${valueOf(CONFIG.cleanup)}, expected delete: compaction would lose records`);
    if (valueOf(CONFIG.uncleanElection) !== 'false') problems.push(`${resourceName} has ${CONFIG.uncleanElection}=${valueOf(CONFIG.uncleanElection)}, expected false: a broker that lacks accepted records could become the leader`);
    if (Number(valueOf(CONFIG.minInSync)) < leastInSyncReplicas) problems.push(`${resourceName} has ${CONFIG.minInSync}=${valueOf(CONFIG.minInSync)}, expected at least ${leastInSyncReplicas}: what is accepted must be on as many brokers`);
    const [least, why] = DEAD_LETTER_TOPICS.has(resourceName)
      ? [largestReading + DEAD_LETTER_HEADERS_BYTES, 'whatever fits into ENTRY or OK must fit there, with its reason']
      : [MOST_BATCH_BYTES, 'batches have up to as many'];
    if (Number(valueOf(CONFIG.maxBytes)) < least) problems.push(`${resourceName} has ${CONFIG.maxBytes}=${valueOf(CONFIG.maxBytes)}, expected at least ${least}: ${why}`);
    return problems;
  });
}
