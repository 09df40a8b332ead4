import { Kafka, logLevel, type KafkaConfig, type logCreator, type SASLOptions } from 'kafkajs';
import { inTime, systemClock } from '../../clock.js';
import { framedSocket } from './framed-socket.js';
import { cutConnections, cutHungConnections } from './kafkajs-connections.js';
import { UnknownKafkajs } from './kafka-errors.js';
import { clusterInside, type BrokerInside, type ClusterInside } from './kafkajs-cluster.js';
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
  /** Beyond `timeoutMs`, how long until the broker counts as away; 5 s by default. */
  readonly patienceMs?: number;
}

export interface KafkaLogSink {
  warn(details: object, message: string): void;
  debug(details: object, message: string): void;
}

const CONNECTION_TIMEOUT_MS = 2_000;
/** A broker that answers no request for so long counts as away. */
const REQUEST_TIMEOUT_MS = 5_000;
const METADATA_MAX_AGE_MS = 60_000;

/** Metadata is answered from memory: a broker that takes longer hangs, and another one is asked. */
const METADATA_LIMIT_MS = 1_500;
const METADATA_LOOK_MS = 100;

/** kafkajs' own retries are kept short: each loop of ours repeats by itself. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 3 };

export function createKafka({ brokers, tls, sasl }: KafkaSettings, log: KafkaLogSink): Kafka {
  const config: KafkaConfig = {
    clientId: 'vigia',
    brokers: [...brokers],
    ssl: tls,
    ...(sasl === null ? {} : { sasl }),
    socketFactory: framedSocket,
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

/**
 * Connections of kafkajs with requests of our own on them: its leaders, its TLS and log-in, its time limits,
 * but the bytes of records as they are.
 */
export class KafkaCluster {
  /** Nodes that left a request without an answer; asked for metadata only when no other can be reached. */
  private readonly hung = new Set<number>();

  private constructor(private readonly inside: ClusterInside) {
    // kafkajs asks for metadata by itself, too.
    const refreshMetadata = inside.refreshMetadata.bind(inside);
    inside.refreshMetadata = () => this.withoutHanging(refreshMetadata);
  }

  static of(kafka: Kafka): KafkaCluster {
    return new KafkaCluster(clusterInside(kafka, METADATA_MAX_AGE_MS));
  }

  async connect(topics: readonly string[]): Promise<void> {
    await this.inside.connect();
    await this.inside.addMultipleTargetTopics(topics);
  }

  close(): Promise<void> {
    return this.inside.disconnect();
  }

  refresh(): Promise<void> {
    return this.inside.refreshMetadata();
  }

  refreshIfOld(): Promise<void> {
    return this.inside.refreshMetadataIfNecessary();
  }

  /** kafkajs asks any broker that it is connected to, be it one that hangs, and waits for 5 s. */
  private async withoutHanging(refreshMetadata: () => Promise<void>): Promise<void> {
    const done = new AbortController();
    const looking = this.keepCutting(done.signal);
    try {
      if (this.hung.size > 0) await this.connectToOther();
      await refreshMetadata();
    } finally {
      done.abort();
      await looking;
    }
  }

  private async keepCutting(signal: AbortSignal): Promise<void> {
    for (;;) {
      await systemClock.sleep(METADATA_LOOK_MS, signal);
      if (signal.aborted) return;
      const { brokers, seedBroker } = this.inside.brokerPool;
      cutHungConnections([...Object.values(brokers), ...(seedBroker ? [seedBroker] : [])], METADATA_LIMIT_MS);
    }
  }

  private async connectToOther(): Promise<void> {
    const { brokerPool } = this.inside;
    for (const nodeId of Object.keys(brokerPool.brokers)) {
      if (this.hung.has(Number(nodeId))) continue;
      const found = await brokerPool.findBroker({ nodeId }).catch(() => null);
      if (found !== null) return;
    }
  }

  /** The node that leads a partition, as far as is known; null for none. */
  leaderOf(topic: string, partition: number): number | null {
    const found = this.inside.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
    return found === undefined || found.leader < 0 ? null : found.leader;
  }

  /** Thrown: what kafkajs throws when the node is away or does not answer in time; its connections are then made anew. */
  async send<T>(nodeId: number, request: WireRequest<T>): Promise<T> {
    const { apiKey, apiVersion, apiName, payload, decode, timeoutMs, patienceMs = REQUEST_TIMEOUT_MS } = request;
    return this.ask(nodeId, timeoutMs + patienceMs, (broker) => {
      if (typeof broker.connectionPool?.send !== 'function') throw new UnknownKafkajs("kafkajs' broker has no connectionPool.send");
      return broker.connectionPool.send<T>({
        request: { apiKey, apiVersion, apiName, encode: () => Promise.resolve({ buf: payload, buffer: payload }) },
        response: {
          decode: (response) => {
            const { throttleMs, data } = decode(response);
            return Promise.resolve({ clientSideThrottleTime: throttleMs, data });
          },
          parse: ({ data }) => Promise.resolve(data),
        },
        requestTimeout: REQUEST_TIMEOUT_MS + timeoutMs,
        logResponseError: false,
      });
    });
  }

  /** After an error or the time limit, whatever is still on its way there must not be taken for an answer later on. */
  private async ask<T>(nodeId: number, limitMs: number, request: (broker: BrokerInside) => Promise<T>): Promise<T> {
    const broker = await this.inside.findBroker({ nodeId });
    // Also for a request that kafkajs has forgotten: one on a connection that was made anew meanwhile.
    const late = (): Error => {
      this.hung.add(nodeId);
      return new Error(`broker ${nodeId} gave no answer within ${limitMs} ms`);
    };
    try {
      const answer = await inTime(systemClock, limitMs, request(broker), late);
      this.hung.delete(nodeId);
      return answer;
    } catch (error) {
      cutConnections(broker, String(error));
      throw error;
    }
  }

  /** A new producer id of a producer's own. Any node gives one. */
  async newProducerId(nodeId: number, limitMs: number): Promise<{ producerId: bigint; epoch: number }> {
    const { producerId, producerEpoch } = await this.ask(nodeId, limitMs, (broker) => broker.initProducerId({ transactionTimeout: 60_000 }));
    return { producerId: BigInt(producerId), epoch: producerEpoch };
  }

  /** Takes a member out of its group, for a process that is no more and could not do it. */
  async removeMember(groupId: string, memberId: string): Promise<void> {
    const coordinator = await this.inside.findGroupCoordinator({ groupId });
    await coordinator.leaveGroup({ groupId, memberId });
  }

  /** kafkajs stays connected to a broker that hangs, and asks it again. */
  private async givingUpTheSilent<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const { broker: address } = error as { broker?: unknown };
      for (const broker of Object.values(this.inside.brokerPool.brokers)) {
        const { host, port } = broker.connectionPool;
        if (address !== `${host}:${port}`) continue;
        this.hung.add(broker.nodeId);
        cutConnections(broker, String(error));
      }
      throw error;
    }
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
