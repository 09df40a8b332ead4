import { Kafka, logLevel, type KafkaConfig, type logCreator, type SASLOptions } from 'kafkajs';
import './kafkajs-idle.js';

/** How to reach Kafka. */
export interface KafkaSettings {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly sasl: SASLOptions | null;
}

/** A request of Kafka's protocol as bytes, and how its response is read. */
export interface WireRequest<T> {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  readonly payload: Buffer;
  readonly decode: (payload: Buffer) => { readonly throttleMs: number; readonly data: T };
  /** How long the broker itself may take before it answers. */
  readonly timeoutMs: number;
}

export interface KafkaLogSink {
  warn(details: object, message: string): void;
  debug(details: object, message: string): void;
}

const CONNECTION_TIMEOUT_MS = 2_000;
/** A broker that answers no request for so long counts as away. */
const REQUEST_TIMEOUT_MS = 5_000;
const METADATA_MAX_AGE_MS = 60_000;
/** How long after its time limit a request is given up that kafkajs has forgotten. */
const FORGOTTEN_AFTER_MS = 1_000;

/** kafkajs' own retries are kept short: each loop of ours repeats by itself. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 3 };

export function createKafka({ brokers, tls, sasl }: KafkaSettings, log: KafkaLogSink): Kafka {
  const config: KafkaConfig = {
    clientId: 'vigia',
    brokers: [...brokers],
    ssl: tls,
    ...(sasl === null ? {} : { sasl }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
    logLevel: logLevel.WARN,
    logCreator: toSink(log),
  };
  return new Kafka(config);
}

/** kafkajs logs each attempt of a retry as an error; what matters is told by our own loops. */
function toSink(log: KafkaLogSink): logCreator {
  return () =>
    ({ namespace, log: { message, timestamp: _time, logger: _name, ...details } }) =>
      log.debug({ ...details }, `kafkajs ${namespace}: ${message}`);
}

/** What is used of a broker of kafkajs 2.2.4. */
interface BrokerInside {
  readonly nodeId: number;
  readonly connectionPool: {
    readonly host: string;
    readonly port: number;
    send<T>(request: {
      request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<{ buf: Buffer; buffer: Buffer }> };
      response: { decode: (payload: Buffer) => Promise<{ clientSideThrottleTime: number; data: T }>; parse: (decoded: { data: T }) => Promise<T> };
      requestTimeout: number;
      logResponseError: boolean;
    }): Promise<T>;
  };
  disconnect(): Promise<void>;
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
}

interface PartitionInside {
  readonly partitionId: number;
  readonly leader: number;
}

/** What is used of a cluster of kafkajs 2.2.4. */
interface ClusterInside {
  readonly brokerPool: { readonly brokers: Readonly<Record<string, BrokerInside>> };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  removeBroker(address: { host: string; port: number }): void;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(wanted: { nodeId: number }): Promise<BrokerInside>;
  findControllerBroker(): Promise<BrokerInside>;
  findTopicPartitionMetadata(topic: string): readonly PartitionInside[];
  fetchTopicsOffset(
    topics: readonly { topic: string; partitions: readonly { partition: number }[]; fromBeginning?: boolean; fromTimestamp?: number }[],
  ): Promise<readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]>;
}

const CLUSTER_METHODS = [
  'connect', 'disconnect', 'refreshMetadata', 'refreshMetadataIfNecessary', 'removeBroker', 'addMultipleTargetTopics',
  'findBroker', 'findControllerBroker', 'findTopicPartitionMetadata', 'fetchTopicsOffset',
] as const;

/** kafkajs is not the version that this was written for. */
export class UnknownKafkajs extends Error {
  constructor(what: string) {
    super(`${what}; this needs kafkajs 2.2.4 exactly`);
    this.name = 'UnknownKafkajs';
  }
}

/**
 * Connections of kafkajs with requests of our own on them: its leaders, its TLS and log-in, its time limits,
 * but the bytes of records as they are.
 *
 * kafkajs hands its cluster to partition assigners; a consumer that never joins a group gives us one.
 */
export class KafkaCluster {
  private constructor(private readonly inside: ClusterInside) {}

  static of(kafka: Kafka): KafkaCluster {
    let inside: Partial<ClusterInside> | undefined;
    kafka.consumer({
      groupId: 'never-joined',
      metadataMaxAge: METADATA_MAX_AGE_MS,
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
    if (typeof inside.brokerPool?.brokers !== 'object') throw new UnknownKafkajs("kafkajs' cluster has no brokerPool.brokers");
    return new KafkaCluster(inside as ClusterInside);
  }

  async connect(topics: readonly string[]): Promise<void> {
    await this.inside.connect();
    await this.inside.addMultipleTargetTopics(topics);
  }

  close(): Promise<void> {
    return this.inside.disconnect();
  }

  refresh(): Promise<void> {
    return this.givingUpTheSilent(() => this.inside.refreshMetadata());
  }

  refreshIfOld(): Promise<void> {
    return this.givingUpTheSilent(() => this.inside.refreshMetadataIfNecessary());
  }

  /** The node that leads a partition, as far as is known; null for none. */
  leaderOf(topic: string, partition: number): number | null {
    const found = this.inside.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
    return found === undefined || found.leader < 0 ? null : found.leader;
  }

  /** Thrown: what kafkajs throws when the node is away or does not answer in time; its connections are then made anew. */
  async send<T>(nodeId: number, request: WireRequest<T>): Promise<T> {
    const broker = await this.inside.findBroker({ nodeId });
    if (typeof broker.connectionPool?.send !== 'function') throw new UnknownKafkajs("kafkajs' broker has no connectionPool.send");
    const { apiKey, apiVersion, apiName, payload, decode, timeoutMs } = request;
    const requestTimeout = REQUEST_TIMEOUT_MS + timeoutMs;
    const sent = broker.connectionPool.send<T>({
      request: { apiKey, apiVersion, apiName, encode: () => Promise.resolve({ buf: payload, buffer: payload }) },
      response: {
        decode: (response) => {
          const { throttleMs, data } = decode(response);
          return Promise.resolve({ clientSideThrottleTime: throttleMs, data });
        },
        parse: ({ data }) => Promise.resolve(data),
      },
      requestTimeout,
      logResponseError: false,
    });
    try {
      return await answerOf(sent, requestTimeout + FORGOTTEN_AFTER_MS, `${apiName} of broker ${nodeId}`);
    } catch (error) {
      // Whatever is still on its way on that connection must not be taken for an answer later on.
      this.giveUp(broker);
      throw error;
    }
  }

  /**
   * kafkajs asks any broker that it is connected to, and stays connected to one that hangs: only when that one
   * is given up can the next attempt not meet it again.
   */
  private async givingUpTheSilent<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const { broker } = error as { broker?: unknown };
      const address = typeof broker === 'string' ? /^(.*):(\d+)$/.exec(broker) : null;
      const silent = Object.values(this.inside.brokerPool.brokers).find(({ connectionPool: { host, port } }) => host === address?.[1] && port === Number(address[2]));
      if (silent) this.giveUp(silent);
      throw error;
    }
  }

  /** The next request to the broker makes connections of its own; the old ones close once nothing is on its way on them. */
  private giveUp(broker: BrokerInside): void {
    this.inside.removeBroker(broker.connectionPool);
    broker.disconnect().catch(() => undefined);
  }

  /** A new producer id of its own, for an idempotent producer. */
  async newProducerId(): Promise<{ producerId: bigint; epoch: number }> {
    const { producerId, producerEpoch } = await this.givingUpTheSilent(async () => (await this.inside.findControllerBroker()).initProducerId({ transactionTimeout: 60_000 }));
    return { producerId: BigInt(producerId), epoch: producerEpoch };
  }

  /** For each of so many partitions the offset of its first record, or its end, or the first record at or after a time (null for none). */
  async offsets(topic: string, partitions: readonly number[], which: 'start' | 'end' | { readonly fromMs: number }): Promise<readonly (number | null)[]> {
    const time = typeof which === 'object' ? { fromTimestamp: which.fromMs } : { fromBeginning: which === 'start' };
    const [found] = await this.givingUpTheSilent(() => this.inside.fetchTopicsOffset([{ topic, partitions: partitions.map((partition) => ({ partition })), ...time }]));
    return partitions.map((partition) => {
      const offset = Number(found?.partitions.find((each) => each.partition === partition)?.offset ?? NaN);
      if (Number.isNaN(offset)) throw new Error(`no broker leads ${topic}-${partition} at present`);
      return offset < 0 ? null : offset;
    });
  }
}

/**
 * The answer, or an error in its place when it does not come: a connection that is closed while another is made
 * in its stead leaves requests of kafkajs without an answer and without a time limit.
 */
async function answerOf<T>(sent: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const forgotten = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has no answer after ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([sent, forgotten]);
  } finally {
    clearTimeout(timer);
  }
}
