import type { Kafka } from 'kafkajs';
import { UnknownKafkajs } from './kafka-errors.js';

/** What is used of a broker of kafkajs 2.2.4. */
export interface BrokerInside {
  readonly nodeId: number;
  readonly connectionPool: {
    readonly pool?: readonly object[];
    readonly host: string;
    readonly port: number;
    send<T>(request: {
      request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<{ buf: Buffer; buffer: Buffer }> };
      response: { decode: (payload: Buffer) => Promise<{ clientSideThrottleTime: number; data: T }>; parse: (decoded: { data: T }) => Promise<T> };
      requestTimeout: number;
      logResponseError: boolean;
    }): Promise<T>;
  };
  leaveGroup(member: { groupId: string; memberId: string }): Promise<void>;
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
}

interface PartitionInside {
  readonly partitionId: number;
  readonly leader: number;
}

/** What is used of a cluster of kafkajs 2.2.4. */
export interface ClusterInside {
  readonly brokerPool: {
    readonly brokers: Readonly<Record<string, BrokerInside>>;
    readonly seedBroker?: BrokerInside;
    findBroker(wanted: { nodeId: string }): Promise<BrokerInside>;
  };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(wanted: { nodeId: number }): Promise<BrokerInside>;
  findGroupCoordinator(group: { groupId: string }): Promise<BrokerInside>;
  findTopicPartitionMetadata(topic: string): readonly PartitionInside[];
  fetchTopicsOffset(
    topics: readonly { topic: string; partitions: readonly { partition: number }[]; fromBeginning?: boolean; fromTimestamp?: number }[],
  ): Promise<readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]>;
}

const CLUSTER_METHODS = [
  'connect', 'disconnect', 'refreshMetadata', 'refreshMetadataIfNecessary', 'addMultipleTargetTopics',
  'findBroker', 'findGroupCoordinator', 'findTopicPartitionMetadata', 'fetchTopicsOffset',
] as const;

/**
 * A cluster of kafkajs of its own. kafkajs hands its cluster to partition assigners; a consumer that never joins
 * a group gives us one. Thrown: `UnknownKafkajs`.
 */
export function clusterInside(kafka: Kafka, metadataMaxAgeMs: number): ClusterInside {
  let inside: Partial<ClusterInside> | undefined;
  kafka.consumer({
    groupId: 'never-joined',
    metadataMaxAge: metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        inside = cluster as unknown as Partial<ClusterInside>;
        return { name: 'none', version: 0, assign: () => Promise.resolve([]), protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) };
      },
    ],
  });
  const missing = CLUSTER_METHODS.filter((name) => typeof inside?.[name] !== 'function');
  if (!inside || missing.length > 0) throw new UnknownKafkajs(`kafkajs' cluster has no ${missing.join(', ')}`);
  return inside as ClusterInside;
}
