import kafkajs, { type Admin } from 'kafkajs';
import { ALL_TOPICS, PARTITIONS, SENSOR_TOPICS } from '../message-log.js';

/** Batches are made of at most 1,000,000 bytes; see producer-lane.ts. */
const LEAST_MAX_MESSAGE_BYTES = 1_000_000;

const CONFIG = { timestampType: 'message.timestamp.type', cleanup: 'cleanup.policy', maxBytes: 'max.message.bytes' } as const;

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
          // Alarms and dead letters are few, and are read back from the beginning.
          ...((SENSOR_TOPICS as readonly string[]).includes(topic) ? [] : [{ name: 'retention.ms', value: '-1' }]),
        ],
      })),
    });
  }
  const problems = [...(await partitionProblems(admin, replicationFactor)), ...(await configProblems(admin))];
  if (problems.length > 0) throw new WrongTopics(problems);
}

async function partitionProblems(admin: Admin, replicationFactor: number): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [...ALL_TOPICS] });
  return topics.flatMap(({ name, partitions }) => {
    const problems: string[] = [];
    if (partitions.length !== PARTITIONS) problems.push(`${name} has ${partitions.length} partitions, expected ${PARTITIONS}`);
    const least = Math.min(...partitions.map(({ replicas }) => replicas.length));
    if (least < replicationFactor) problems.push(`${name} has replication ${least}, expected ${replicationFactor} (KAFKA_REPLICATION_FACTOR)`);
    return problems;
  });
}

async function configProblems(admin: Admin): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: ALL_TOPICS.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: Object.values(CONFIG) })),
  });
  return resources.flatMap(({ resourceName, configEntries }) => {
    const valueOf = (name: string): string => configEntries.find(({ configName }) => configName === name)?.configValue ?? '';
    const problems: string[] = [];
    if (valueOf(CONFIG.timestampType) !== 'LogAppendTime') problems.push(`${resourceName} has ${CONFIG.timestampType}=${valueOf(CONFIG.timestampType)}, expected LogAppendTime: the order of ENTRY and OK rests on it`);
    if (valueOf(CONFIG.cleanup) !== 'delete') problems.push(`${resourceName} has ${CONFIG.cleanup}=${valueOf(CONFIG.cleanup)}, expected delete: compaction would lose records`);
    if (Number(valueOf(CONFIG.maxBytes)) < LEAST_MAX_MESSAGE_BYTES) problems.push(`${resourceName} has ${CONFIG.maxBytes}=${valueOf(CONFIG.maxBytes)}, expected at least ${LEAST_MAX_MESSAGE_BYTES}`);
    return problems;
  });
}
