import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssignerProtocol, Kafka, logLevel, type Admin } from 'kafkajs';
import { SOURCE_STRIKE_POLICY } from '../../src/alarm-domain/strike-policy.js';
import { systemClock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { BatchHandler } from '../../src/ingestion/batch-handler.js';
import { DeadLetters } from '../../src/ingestion/dead-letters.js';
import { normalReadings } from '../../src/ingestion/normal-readings.js';
import { ReceiptBook } from '../../src/ingestion/receipt-book.js';
import { reconcile } from '../../src/ingestion/reconcile.js';
import { SensorStates } from '../../src/ingestion/sensor-states.js';
import { lastReceipt } from '../../src/ingestion/undrained.js';
import { CONSUMER_GROUP } from '../../src/message-log/kafka/kafka-consumer.js';
import { KafkaMessageLog } from '../../src/message-log/kafka/kafka-message-log.js';
import { LogUnavailable, PositionLost, SENSOR_TOPICS, type LogBatch, type OutgoingRecord, type SensorTopic } from '../../src/message-log/message-log.js';
import type { KafkaCluster } from '../servers/kafka.js';
import { silentLog } from './kafka-support.js';
import { waitFor } from './wait-for.js';

export interface GroupOptions {
  readonly replicationFactor: number;
  readonly sessionTimeoutMs: number;
}

/** A run that a member's handler took. */
export interface HandledRun {
  readonly member: string;
  readonly topic: SensorTopic;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly lastAppendedAtMs: number;
}

/** A client of kafkajs' own for what the product has no need of. */
export function testClient(kafka: KafkaCluster): Kafka {
  return new Kafka({ clientId: 'spec', brokers: kafka.bootstrapServers.split(','), logLevel: logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 3_000, retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 20 } });
}

export async function withAdmin<T>(kafka: KafkaCluster, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = testClient(kafka).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

export function openLog(kafka: KafkaCluster, { replicationFactor, sessionTimeoutMs }: GroupOptions, onRebalance: () => void = () => undefined): Promise<KafkaMessageLog> {
  return KafkaMessageLog.open({ brokers: kafka.bootstrapServers.split(','), tls: false, sasl: null, clock: systemClock, log: silentLog, replicationFactor, sessionTimeoutMs, onRebalance });
}

/** Deletes the records below an offset, -1 for all. */
export async function deleteRecords(admin: Admin, topic: string, partitions: { partition: number; offset: string }[]): Promise<void> {
  await admin.fetchTopicOffsets(topic); // kafkajs deletes only in topics that it has met before
  await admin.deleteTopicRecords({ topic, partitions });
}

/** Removes all records, so that a test meets its own only. */
export async function emptyTopics(kafka: KafkaCluster): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    for (const topic of SENSOR_TOPICS) await deleteRecords(admin, topic, [0, 1].map((partition) => ({ partition, offset: '-1' })));
  });
}

/** Each member's partitions as Kafka has them, `{"<memberId>": ["ENTRY-0", "OK-0"]}`. */
export async function assignments(kafka: KafkaCluster): Promise<Record<string, string[]>> {
  const { groups } = await withAdmin(kafka, (admin) => admin.describeGroups([CONSUMER_GROUP]));
  const members = (groups[0]?.members ?? []).map(({ memberId, memberAssignment }): [string, string[]] => {
    const decoded = memberAssignment.length > 0 ? AssignerProtocol.MemberAssignment.decode(memberAssignment) : null;
    return [memberId, Object.entries(decoded?.assignment ?? {}).flatMap(([topic, numbers]) => numbers.map((number) => `${topic}-${number}`)).sort()];
  });
  return Object.fromEntries(members);
}

/** The real pipeline on Kafka and one event store, worked on by any number of group members in this process. */
export class GroupBench {
  readonly runs: HandledRun[] = [];
  /** What handlers and releases were refused with. */
  readonly failures: { readonly member: string; readonly error: unknown }[] = [];
  /** Records that Kafka had deleted before they were handled. */
  missing = 0;
  /** How often a partition was found to have begun again. */
  begunAgain = 0;
  private readonly members = new Set<Member>();

  private constructor(
    readonly kafka: KafkaCluster,
    readonly options: GroupOptions,
    /** Takes no part in the group. */
    readonly log: KafkaMessageLog,
    readonly store: LibsqlEventStore,
    private readonly dir: string,
  ) {}

  static async open(kafka: KafkaCluster, options: GroupOptions): Promise<GroupBench> {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-group-'));
    const log = await openLog(kafka, options);
    await emptyTopics(kafka);
    return new GroupBench(kafka, options, log, await LibsqlEventStore.open(dir, { clock: systemClock }), dir);
  }

  /** `before` is awaited before each run is handled. */
  async join(name: string, before: (batches: readonly LogBatch[]) => Promise<void> | void = () => undefined): Promise<Member> {
    const member = await Member.join(this, name, before);
    this.members.add(member);
    return member;
  }

  /** Appends, again and again while Kafka can't take it. */
  async append(topic: SensorTopic, records: readonly OutgoingRecord[]): Promise<void> {
    for (;;) {
      try {
        await this.log.append(topic, records);
        return;
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        await systemClock.sleep(200);
      }
    }
  }

  /** Each partition's `ENTRY-0` with the offset after the last that was handled. */
  handledThrough(topic: SensorTopic, partition: number): number {
    return Math.max(-1, ...this.runs.filter((run) => run.topic === topic && run.partition === partition).map(({ lastOffset }) => lastOffset)) + 1;
  }

  /** Waits until a member has handled a run and its receipt is stored: one of events alone may be kept for a second. */
  async untilReceiptOf(member: string, topic: SensorTopic, limitMs = 20_000): Promise<void> {
    await waitFor(`a receipt of ${member}`, async () => {
      const run = this.runs.find((each) => each.member === member && each.topic === topic);
      if (!run) return false;
      const last = await lastReceipt(this.store, this.log.identity, topic, run.partition);
      return last !== null && last.last >= run.lastOffset;
    }, limitMs);
  }

  async untilAllHandled(limitMs = 30_000): Promise<void> {
    await waitFor('the handling of all records', async () => {
      for (const topic of SENSOR_TOPICS) {
        for (const { partition, startOffset, endOffset } of await this.log.describe(topic)) {
          if (endOffset > startOffset && this.handledThrough(topic, partition) < endOffset) return false;
        }
      }
      return true;
    }, limitMs);
  }

  /** Ends the members, which stores their receipts, and says what became of every record. */
  async reconcile() {
    for (const member of this.members) await member.leave();
    return reconcile(this.log, this.store, new DeadLetters(this.log, this.store, systemClock));
  }

  positionsLost(): string[] {
    return this.failures.filter(({ error }) => error instanceof PositionLost).map(({ member }) => member);
  }

  async close(): Promise<void> {
    for (const member of this.members) await member.leave();
    await this.log.close();
    await this.store.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** One member of the group, with the log, the states and the receipts of a process of its own. */
export class Member {
  rebalances = 0;
  /** The partitions are being given out anew. */
  isBetweenShares = true;
  private readonly stopping = new AbortController();
  private ended: Promise<void> = Promise.resolve();

  private constructor(private readonly log: () => KafkaMessageLog) {}

  static async join(bench: GroupBench, name: string, before: (batches: readonly LogBatch[]) => Promise<void> | void): Promise<Member> {
    const { store } = bench;
    const member: Member = new Member(() => log);
    const log: KafkaMessageLog = await openLog(bench.kafka, bench.options, () => (member.rebalances += 1));
    const sensors = new SensorStates(store);
    const receipts = new ReceiptBook(store, log.identity, systemClock);
    const failed = (error: unknown): never => {
      bench.failures.push({ member: name, error });
      throw error;
    };
    const observer = { processed() {}, stored() {}, conflict() {}, failed() {} };
    const handler = new BatchHandler(log.identity, store, sensors, receipts, new DeadLetters(log, store, systemClock), SOURCE_STRIKE_POLICY, systemClock, observer);
    const flushing = receipts.keepFlushing(member.stopping.signal, () => undefined);
    const consuming = log.consume({
      onAssignment: (numbers) => (member.isBetweenShares = numbers === null),
      resumeAt: async (topic, partition, range) => {
        const { next, missing, hasBegunAgain, remembered } = await receipts.open(topic, partition, range);
        bench.missing += missing;
        if (hasBegunAgain) bench.begunAgain += 1;
        sensors.forgetAll();
        sensors.recall(remembered);
        return next;
      },
      recordedThrough: (topic, partition) => receipts.recordedThrough(topic, partition),
      onRelease: (partition) => receipts.release(partition).catch(failed),
      discard: normalReadings,
      handle: async (batches) => {
        await before(batches);
        await handler.handle(batches).catch(failed);
        for (const { topic, partition, firstOffset, lastOffset, lastAppendedAtMs } of batches) bench.runs.push({ member: name, topic, partition, firstOffset, lastOffset, lastAppendedAtMs });
      },
      signal: member.stopping.signal,
    });
    member.ended = Promise.all([consuming, flushing]).then(() => undefined);
    // Looked at in leave(); until then it must not count as unhandled.
    member.ended.catch(() => undefined);
    return member;
  }

  async leave(): Promise<void> {
    this.stopping.abort();
    await this.ended;
    await this.log().close();
  }
}

/** Readings and OKs of forty sensors, appended one small batch after the other until it is stopped. */
export class Load {
  acknowledged = 0;
  private isStopped = false;
  private readonly running: Promise<unknown>;

  constructor(bench: GroupBench, pauseMs = 20) {
    const writer = async (writerNumber: number): Promise<void> => {
      for (let turn = 0; !this.isStopped; turn += 1) {
        const topic = turn % 5 === 4 ? 'OK' : 'ENTRY';
        const records = Array.from({ length: 10 }, (_, index) => readingOf(topic, 1 + ((turn * 7 + index) % 40), `${writerNumber}/${turn}/${index}`, index === 0));
        await bench.append(topic, records);
        this.acknowledged += records.length;
        await systemClock.sleep(pauseMs);
      }
    };
    this.running = Promise.all([writer(0), writer(1)]);
    this.running.catch(() => undefined);
  }

  async stop(): Promise<number> {
    this.isStopped = true;
    await this.running;
    return this.acknowledged;
  }
}

/** A reading keyed by its sensor, in motion or normal, with a messageId of its own. */
export function readingOf(topic: SensorTopic, sensorId: number, messageId: string, isAbnormal: boolean): OutgoingRecord {
  const movement = topic === 'ENTRY' && isAbnormal;
  return { key: String(sensorId), value: Buffer.from(`{"${sensorId}", "${movement}", "false", "20.5", "30.0"}`), headers: { 'message-id': messageId } };
}

/** Holds whoever passes until it is opened. */
export class Gate {
  /** How many wait. */
  waiting = 0;
  private open: () => void = () => undefined;
  private opened = Promise.resolve();

  close(): void {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }

  release(): void {
    this.open();
  }

  async pass(): Promise<void> {
    this.waiting += 1;
    await this.opened;
    this.waiting -= 1;
  }
}
