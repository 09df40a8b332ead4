import type { Kafka } from 'kafkajs';
import { DoublingPause, type Clock } from '../../clock.js';
import { SENSOR_TOPICS, type ConsumeOptions } from '../message-log.js';
import { ConsumerSession } from './consumer-session.js';
import { FOREIGN_KEYS_MARK, ForeignKeys } from './foreign-keys.js';
import { GroupMember } from './group-member.js';
import { KafkaCluster, type KafkaLogSink } from './kafka-cluster.js';

const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 5_000;

/** All processes of one installation share the work as one group. */
export const CONSUMER_GROUP = 'vigia';

export interface ConsumerContext {
  readonly kafka: Kafka;
  readonly clock: Clock;
  readonly partitions: number;
  readonly sessionTimeoutMs: number;
  readonly log: KafkaLogSink;
  readonly onRebalance: () => void;
  readonly rememberMember: (memberId: string) => void;
}

/** Consumes ENTRY and OK as a member of the group until the signal of the options is aborted; see `MessageLog.consume`. */
export async function consumeAsMember(context: ConsumerContext, options: ConsumeOptions): Promise<void> {
  const { clock, log } = context;
  const { signal } = options;
  const pause = new DoublingPause(clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
  const foreignKeys = new ForeignKeys();
  while (!signal.aborted) {
    const begunAt = performance.now();
    try {
      await beMember(context, options, foreignKeys);
    } catch (error) {
      if (signal.aborted) return;
      if (performance.now() - begunAt > 2 * LAST_PAUSE_MS) pause.reset();
      log.warn({ err: error }, 'the membership of the group ended and is begun again');
      await pause.wait(signal);
    }
  }
}

/** One membership, from its start to the abort; rejects when it is lost. */
async function beMember({ kafka, clock, partitions, sessionTimeoutMs, log, onRebalance, rememberMember }: ConsumerContext, options: ConsumeOptions, foreignKeys: ForeignKeys): Promise<void> {
  const { signal } = options;
  const cluster = KafkaCluster.of(kafka);
  const admin = kafka.admin();
  let session: ConsumerSession | null = null;
  // Sessions never overlap: the work of the one before must have come to rest.
  let ended: Promise<void> = Promise.resolve();
  let lose: (error: Error) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  lost.catch(() => undefined);

  const committedEntry = async (): Promise<(number | null)[]> => {
    const [entry] = await admin.fetchOffsets({ groupId: CONSUMER_GROUP, topics: ['ENTRY'] });
    if (entry?.partitions.some(({ metadata }) => metadata === FOREIGN_KEYS_MARK)) foreignKeys.meet();
    const offsets = new Map(entry?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return Array.from({ length: partitions }, (_, number) => offsets.get(number) ?? null);
  };
  const member = new GroupMember(
    kafka,
    clock,
    signal,
    { groupId: CONSUMER_GROUP, topics: SENSOR_TOPICS, sessionTimeoutMs },
    {
      onAssigned: (numbers, memberId) => {
        onRebalance();
        rememberMember(memberId);
        options.onAssignment?.(numbers);
        const next = new ConsumerSession(numbers, { cluster, clock, options, partitions, log, foreignKeys, commit: (offsets) => member.commit(offsets, foreignKeys.areMet ? FOREIGN_KEYS_MARK : null), committedEntry });
        session = next;
        ended = ended.then(() => next.run()).catch((error: unknown) => lose(error as Error));
      },
      onRevoked: () => {
        session?.end();
        options.onAssignment?.(null);
        return ended;
      },
      onCrash: lose,
    },
  );
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.all([cluster.connect(SENSOR_TOPICS), admin.connect()]);
    await Promise.race([member.start(), aborted]);
    await Promise.race([lost, aborted]);
  } finally {
    (session as ConsumerSession | null)?.end();
    await ended;
    await Promise.allSettled([member.stop(), cluster.close(), admin.disconnect()]);
  }
}
