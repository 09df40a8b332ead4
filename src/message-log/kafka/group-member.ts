import type { Consumer, Kafka } from 'kafkajs';
import { within, type Clock } from '../../clock.js';
import { outliveCoordinators } from './lasting-coordinator.js';
import { pairAssigner } from './pair-assigner.js';

export interface GroupSettings {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** A member not heard of for so long loses its partitions. */
  readonly sessionTimeoutMs: number;
}

export interface GroupListener {
  /** The partition numbers that are this member's from now on. */
  onAssigned(numbers: readonly number[], memberId: string): void;
  /** No further work may be begun; resolves when none is going on any more. */
  onRevoked(): Promise<void>;
  /** Membership is lost for good; a new member must be made. */
  onCrash(error: Error): void;
}

/** How often kafkajs' own loop looks whether a heartbeat is due. */
const LOOP_MS = 200;

/**
 * This process's part in Kafka's consumer group, by a consumer of kafkajs that never fetches: all its topics
 * are paused, which leaves joining, heartbeats and commits. Work on records thus can't hold up a heartbeat,
 * and a handler can't end the consumer (kafkajs' issues 1271, 1299, 1396, 1443).
 */
export class GroupMember {
  private readonly consumer: Consumer;
  private readonly stopping = new AbortController();

  /** Once `leaving` is aborted the group is not joined again; `stop` leaves it. */
  constructor(
    kafka: Kafka,
    clock: Clock,
    leaving: AbortSignal,
    private readonly settings: GroupSettings,
    private readonly listener: GroupListener,
  ) {
    const ending = AbortSignal.any([leaving, this.stopping.signal]);
    const { groupId, sessionTimeoutMs } = settings;
    this.consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(1000, sessionTimeoutMs / 5),
      maxWaitTimeInMs: LOOP_MS,
      partitionAssigners: [
        (config) => {
          // The others wait for whoever has not joined, up to the rebalance timeout: so long a handler may take to
          // its end, and the next member does not meet it. Half of it, since no heartbeat goes out meanwhile.
          const beforeJoin = (): Promise<void> => within(clock, sessionTimeoutMs / 2, listener.onRevoked());
          outliveCoordinators(config.cluster, clock, sessionTimeoutMs, ending, beforeJoin);
          return pairAssigner(config);
        },
      ],
      allowAutoTopicCreation: false,
      // A crash is told once and mended in one place: by a new member.
      retry: { restartOnFailure: () => Promise.resolve(false) },
    });
  }

  /** Joins the group; resolves once it has, or has failed, which the listener is told. */
  async start(): Promise<void> {
    const { consumer, listener, settings } = this;
    const { GROUP_JOIN, REBALANCING, CRASH } = consumer.events;
    consumer.on(REBALANCING, () => void listener.onRevoked());
    consumer.on(CRASH, ({ payload }) => {
      void listener.onRevoked();
      listener.onCrash(payload.error);
    });
    consumer.on(GROUP_JOIN, ({ payload }) => {
      // Before kafkajs' first fetch, as this is called in the same turn.
      consumer.pause(settings.topics.map((topic) => ({ topic })));
      void listener.onRevoked();
      const numbers = Object.values(payload.memberAssignment).flat();
      listener.onAssigned([...new Set(numbers)].sort((a, b) => a - b), payload.memberId);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...settings.topics], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: () => Promise.reject(new Error('a paused consumer got a batch')) });
  }

  /** Tells Kafka how far the work is, for its tools and the other members, and with it the mark: what counts is the receipts. */
  async commit(offsets: readonly { topic: string; partition: number; offset: number }[], mark: string | null): Promise<void> {
    if (offsets.length > 0) await this.consumer.commitOffsets(offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset), metadata: mark })));
  }

  /** Leaves the group, so that others need not wait for the session to time out. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.consumer.disconnect();
  }
}
