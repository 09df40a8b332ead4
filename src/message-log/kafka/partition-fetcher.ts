import { DoublingPause, type Clock } from '../../clock.js';
import { Wakeup } from '../wakeup.js';
import { fetchRequest, type FetchedPartition } from './fetch-request.js';
import type { KafkaCluster, KafkaLogSink } from './kafka-cluster.js';
import { KAFKA_ERROR, KafkaFailure } from './kafka-errors.js';
import type { PairSide } from './partition-pair.js';
import { SharedResponse } from './response-memory.js';

/** What one response brings of a partition at most, unless one record batch is larger. */
const MAX_PARTITION_BYTES = 4 * 1024 * 1024;

/**
 * A partition of which more than so much waits is not fetched: one response is taken apart, one waits and one is
 * on its way, so that neither the broker nor this process waits for the other.
 */
const ENOUGH_BYTES = MAX_PARTITION_BYTES + 1;

/** How long a broker holds a request while there is no record; an OK may have to wait so long for a look at ENTRY's end. */
const LONG_POLL_MS = 200;
/** The same while some partition has no room: it will have soon. */
const SHORT_POLL_MS = 5;

/** Requests to one broker begin so far apart while answers are small: a stream of single records shares some of them. */
const REQUEST_EVERY_MS = 5;
const SMALL_BYTES = 65_536;

const LOOK_EVERY_MS = 1_000;
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1_000;

/** Errors of one partition that another look at the cluster's leaders may mend. */
const LEADER_ERRORS: ReadonlySet<number> = new Set([
  KAFKA_ERROR.unknownTopicOrPartition, KAFKA_ERROR.leaderNotAvailable, KAFKA_ERROR.notLeaderOrFollower,
  KAFKA_ERROR.kafkaStorageError, KAFKA_ERROR.fencedLeaderEpoch, KAFKA_ERROR.unknownLeaderEpoch, KAFKA_ERROR.offsetNotAvailable,
]);

/** Fetches partitions from their leaders: one request at a time to each broker, for all of its partitions that have room. */
export class PartitionFetcher {
  /** In the order in which they are asked for. */
  private readonly sides = new Set<PairSide>();
  private readonly failures = new Map<PairSide, Error>();
  private readonly loops = new Map<number, Promise<void>>();
  private readonly changes = new Wakeup();
  private readonly room = new Wakeup();
  private refreshing: Promise<void> | null = null;

  constructor(
    private readonly cluster: KafkaCluster,
    private readonly clock: Clock,
    private readonly log: KafkaLogSink,
    private readonly onNews: () => void,
    private readonly signal: AbortSignal,
  ) {}

  add(side: PairSide): void {
    this.sides.add(side);
    this.changes.ring();
    this.room.ring();
  }

  remove(side: PairSide): void {
    this.sides.delete(side);
    this.failures.delete(side);
    this.room.ring();
  }

  /** A side's records were taken. */
  roomMade(): void {
    this.room.ring();
  }

  /** The error with which fetching a side has ended, null while it goes on. */
  failureOf(side: PairSide): Error | null {
    return this.failures.get(side) ?? null;
  }

  /** Until the signal is aborted and no request is on its way. */
  async run(): Promise<void> {
    const looking = this.changes.ringEvery(this.clock, LOOK_EVERY_MS, this.signal);
    while (!this.signal.aborted) {
      const seen = this.changes.count;
      const leaders = new Set([...this.sides].map((side) => this.leaderOf(side)));
      if (leaders.delete(null)) await this.refresh();
      for (const node of leaders) {
        if (node === null || this.loops.has(node)) continue;
        this.loops.set(node, this.fetchFrom(node).finally(() => this.loops.delete(node)));
      }
      await this.changes.after(seen, this.signal);
    }
    await Promise.all([looking, ...this.loops.values()]);
  }

  private leaderOf({ topic, partition }: PairSide): number | null {
    return this.cluster.leaderOf(topic, partition);
  }

  /** As long as the node leads any of the partitions. */
  private async fetchFrom(node: number): Promise<void> {
    const pause = new DoublingPause(this.clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    while (!this.signal.aborted) {
      const seen = this.room.count;
      const led = [...this.sides].filter((side) => this.leaderOf(side) === node && !this.failures.has(side));
      if (led.length === 0) return;
      const wanted = led.filter(({ queuedBytes }) => queuedBytes < ENOUGH_BYTES);
      if (wanted.length === 0) {
        await this.room.after(seen, this.signal);
        continue;
      }
      try {
        const askedAt = performance.now();
        const bytes = await this.fetchOnce(node, wanted, wanted.length === led.length ? LONG_POLL_MS : SHORT_POLL_MS);
        pause.reset();
        const waitMs = askedAt + REQUEST_EVERY_MS - performance.now();
        if (bytes < SMALL_BYTES && waitMs > 0) await this.clock.sleep(waitMs, this.signal);
      } catch (error) {
        if (this.signal.aborted) return;
        this.log.debug({ err: error, node }, 'a fetch failed and is made again');
        await pause.wait(this.signal);
        await this.refresh();
      }
    }
  }

  /** How many bytes of records came. */
  private async fetchOnce(node: number, wanted: readonly PairSide[], maxWaitMs: number): Promise<number> {
    const asked = wanted.map((side) => ({ side, topic: side.topic, partition: side.partition, offset: side.fetchOffset }));
    const askedAt = performance.now();
    const request = fetchRequest(asked, { maxWaitMs, maxPartitionBytes: MAX_PARTITION_BYTES });
    const fetched = await this.cluster.send(node, request);
    const cameAt = performance.now();
    const bytes = fetched.reduce((sum, { records }) => sum + records.length, 0);
    let isStale = false;
    const response = SharedResponse.of(fetched);
    for (const each of fetched) {
      const found = asked.find(({ topic, partition }) => topic === each.topic && partition === each.partition);
      // A side that was closed meanwhile, or opened again from elsewhere, has no use for it.
      if (!found || !this.sides.has(found.side) || found.side.fetchOffset !== found.offset) continue;
      isStale = this.take(each, found.side, response, wanted, askedAt, cameAt) || isStale;
    }
    response.release();
    this.onNews();
    if (isStale) {
      await this.clock.sleep(FIRST_PAUSE_MS, this.signal);
      await this.refresh();
    }
    return bytes;
  }

  /** Tells whether the cluster's leaders are no longer those that we know. */
  private take(fetched: FetchedPartition, side: PairSide, response: SharedResponse, wanted: readonly PairSide[], askedAt: number, cameAt: number): boolean {
    const { errorCode } = fetched;
    if (errorCode === KAFKA_ERROR.none) {
      // The broker reads partitions in the order of the request: what it says of a later one is as new.
      const isAfterOk = side.topic === 'ENTRY' && wanted.some(({ topic, partition }) => topic === 'OK' && partition === side.partition);
      try {
        side.add(fetched, isAfterOk ? cameAt : askedAt, cameAt, response);
      } catch (error) {
        this.failures.set(side, error as Error);
      }
      return false;
    }
    if (LEADER_ERRORS.has(errorCode)) return true;
    this.failures.set(side, new KafkaFailure(`${side.topic}-${side.partition} at offset ${side.fetchOffset}`, errorCode));
    return false;
  }

  private async refresh(): Promise<void> {
    this.refreshing ??= this.cluster
      .refresh()
      .catch((error: unknown) => this.log.debug({ err: error }, 'the cluster can not be asked for its leaders'))
      .finally(() => {
        this.refreshing = null;
        this.changes.ring();
      });
    await this.refreshing;
  }
}
