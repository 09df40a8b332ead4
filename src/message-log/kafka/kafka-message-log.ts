import type { Admin, Kafka } from 'kafkajs';
import type { Clock } from '../../clock.js';
import {
  ALL_TOPICS, LogUnavailable, MAX_DEAD_LETTER_BYTES, PARTITIONS, UnknownTopic,
  type AppendedRecord, type ConsumeOptions, type LogRecord, type MessageLog, type OutgoingRecord, type PartitionRange,
} from '../message-log.js';
import { fetchRecords } from './fetch-records.js';
import { KafkaAppender } from './kafka-appender.js';
import { createKafka, KafkaCluster, type KafkaLogSink, type KafkaSettings } from './kafka-cluster.js';
import { CONSUMER_GROUP, consumeAsMember } from './kafka-consumer.js';
import { isRefusal, KAFKA_ERROR, KafkaFailure, KafkaRefused } from './kafka-errors.js';
import { ensureTopics, WrongTopics } from './kafka-topics.js';
import type { MembershipFile } from './membership-file.js';
import { readRecords } from './read-records.js';

/** The largest dead letter, and beside it 32 MiB as in the embedded log: some 200,000 waiting readings, or four of the largest batches. */
const MAX_WAITING_BYTES = MAX_DEAD_LETTER_BYTES + 32 * 1024 * 1024;

/** So that a client is answered 503 within 10 s when the brokers are away. */
const DELIVERY_LIMIT_MS = 9_000;

/** Kafka's own default is 45 s; an alarm can't wait so long for another process to take over. */
const SESSION_TIMEOUT_MS = 10_000;

const OPEN_LIMIT_MS = 60_000;
const OPEN_PAUSE_MS = 1_000;

const READ_WAIT_MS = 100;
const READ_ATTEMPTS = 50;

export interface KafkaMessageLogOptions extends KafkaSettings {
  readonly clock: Clock;
  readonly log: KafkaLogSink;
  /** Brokers that hold each record. */
  readonly replicationFactor: number;
  readonly maxWaitingBytes?: number;
  readonly sessionTimeoutMs?: number;
  /** How long `open` waits for Kafka; 60 s by default. */
  readonly openLimitMs?: number;
  /** Remembers this process's membership of the group beyond its death; none by default. */
  readonly membership?: MembershipFile;
  /** Called whenever this process's partitions change. */
  readonly onRebalance?: () => void;
}

/** The message log on Kafka: topics of two partitions, records with the log's append time. */
export class KafkaMessageLog implements MessageLog {
  private readonly closing = new AbortController();
  private readonly consumers = new Set<Promise<void>>();

  private constructor(
    readonly identity: string,
    private readonly kafka: Kafka,
    /** For describe and read; appends and consumers have connections of their own. */
    private readonly reader: KafkaCluster,
    private readonly writer: KafkaCluster,
    private readonly appender: KafkaAppender,
    private readonly options: KafkaMessageLogOptions,
  ) {}

  /** Waits for Kafka, creates or checks the topics. Thrown: `WrongTopics`; `KafkaRefused`; `LogUnavailable` naming the brokers when they do not answer in time. */
  static async open(options: KafkaMessageLogOptions): Promise<KafkaMessageLog> {
    const { clock, log, brokers } = options;
    const kafka = createKafka(options, log);
    const deadline = performance.now() + (options.openLimitMs ?? OPEN_LIMIT_MS);
    for (;;) {
      try {
        const identity = await identityAfterCheck(kafka.admin(), options.replicationFactor);
        const [reader, writer] = [KafkaCluster.of(kafka), KafkaCluster.of(kafka)];
        await Promise.all([reader.connect(ALL_TOPICS), writer.connect(ALL_TOPICS)]);
        const appender = new KafkaAppender({ cluster: writer, clock, log, partitions: PARTITIONS, maxWaitingBytes: options.maxWaitingBytes ?? MAX_WAITING_BYTES, deliveryLimitMs: DELIVERY_LIMIT_MS });
        return new KafkaMessageLog(identity, kafka, reader, writer, appender, options);
      } catch (error) {
        if (error instanceof WrongTopics) throw error;
        if (isRefusal(error)) throw new KafkaRefused(brokers, error);
        if (performance.now() > deadline) throw new LogUnavailable(`Kafka at ${brokers.join(', ')} can't be reached`, { cause: error });
        log.warn({ err: error, brokers }, 'waiting for Kafka');
        await clock.sleep(OPEN_PAUSE_MS);
      }
    }
  }

  async append(topic: string, records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]> {
    requireTopic(topic);
    return records.length === 0 ? [] : this.appender.append(topic, records);
  }

  async describe(topic: string): Promise<readonly PartitionRange[]> {
    requireTopic(topic);
    await this.reader.refreshIfOld();
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const [starts, ends] = await this.patiently(() => Promise.all([this.reader.offsets(topic, all, 'start'), this.reader.offsets(topic, all, 'end')]));
    return all.map((partition) => ({ partition, startOffset: starts[partition] ?? 0, endOffset: ends[partition] ?? 0 }));
  }

  read(topic: string, partition: number, fromOffset: number, toOffset = Infinity): AsyncGenerator<LogRecord> {
    requireTopic(topic);
    return readRecords({
      topic,
      partition,
      range: async () => {
        const range = (await this.describe(topic))[partition];
        if (!range) throw new RangeError(`partition ${partition} of ${topic}, expected 0 to ${PARTITIONS - 1}`);
        return { from: Math.max(fromOffset, range.startOffset), to: Math.min(toOffset, range.endOffset) };
      },
      fetch: (offset) => fetchRecords(this.reader, topic, partition, offset),
      patiently: (ask) => this.patiently(ask),
    });
  }

  /** Repeats what a change of leaders may have disturbed. */
  private async patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        const isFinal = error instanceof KafkaFailure && error.code === KAFKA_ERROR.offsetOutOfRange;
        if (isFinal || attempt === READ_ATTEMPTS || this.closing.signal.aborted) throw error;
        await this.options.clock.sleep(READ_WAIT_MS, this.closing.signal);
        await this.reader.refresh().catch(() => undefined);
      }
    }
  }

  async consume(options: ConsumeOptions): Promise<void> {
    if (this.closing.signal.aborted) throw new LogUnavailable('the message log is closed');
    const { clock, log, sessionTimeoutMs = SESSION_TIMEOUT_MS, onRebalance, membership } = this.options;
    await this.leaveForPredecessor();
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    const consuming = consumeAsMember({ kafka: this.kafka, clock, partitions: PARTITIONS, sessionTimeoutMs, log, onRebalance: onRebalance ?? (() => undefined), rememberMember: (memberId) => membership?.remember(memberId) }, { ...options, signal });
    this.consumers.add(consuming);
    await consuming.finally(() => this.consumers.delete(consuming));
  }

  /** A process that was killed is still a member, and holds its partitions until its session times out: its successor leaves for it. */
  private async leaveForPredecessor(): Promise<void> {
    const memberId = this.options.membership?.remembered() ?? null;
    if (memberId === null) return;
    try {
      await this.reader.removeMember(CONSUMER_GROUP, memberId);
    } catch (error) {
      this.options.log.debug({ err: error, memberId }, 'the member of an earlier process was not taken out of the group; it has left, or its session will time out');
    }
  }

  unavailable(): string | null {
    return this.appender.unavailable();
  }

  /** Sends the waiting appends, ends the consumers after what their handlers are at, and disconnects. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.appender.close();
    await Promise.allSettled(this.consumers);
    await Promise.allSettled([this.reader.close(), this.writer.close()]);
  }
}

async function identityAfterCheck(admin: Admin, replicationFactor: number): Promise<string> {
  await admin.connect();
  try {
    await ensureTopics(admin, replicationFactor);
    return (await admin.describeCluster()).clusterId;
  } finally {
    await admin.disconnect();
  }
}

function requireTopic(topic: string): void {
  if (!ALL_TOPICS.includes(topic)) throw new UnknownTopic(topic);
}
