import type { Clock } from '../../clock.js';
import { LogUnavailable, type AppendedRecord, type OutgoingRecord } from '../message-log.js';
import { partitionFor } from '../murmur2.js';
import { Wakeup } from '../wakeup.js';
import { recordSizeBound } from '../record-batch.js';
import type { KafkaCluster, KafkaLogSink } from './kafka-cluster.js';
import { kafkaErrorName } from './kafka-errors.js';
import { produceRequest } from './produce-request.js';
import { ProducerLane, type LanePart } from './producer-lane.js';

/** What a waiting record costs in memory beyond its bytes. */
const RECORD_OVERHEAD_BYTES = 100;

/** How long a broker waits for its replicas before it says so. */
const REPLICAS_TIMEOUT_MS = 2_000;

/** A broker that takes longer than that hangs; early enough for a second try, at a new leader, within the delivery limit. */
const PATIENCE_MS = 1_500;

/**
 * Requests to one broker begin so far apart, unless that many bytes wait: each request costs both brokers and the
 * consumers a turn, and single readings, thousands a second, share some of them.
 */
const REQUEST_EVERY_MS = 5;
const ENOUGH_BYTES = 65_536;

const RETRY_PAUSE_MS = 100;
const LOOK_EVERY_MS = 250;
const PROBE_EVERY_MS = 500;

/** Failing for so long, new appends are refused at once rather than after the delivery limit. */
const REFUSE_AFTER_MS = 3_000;

export interface KafkaAppenderOptions {
  readonly cluster: KafkaCluster;
  readonly clock: Clock;
  readonly log: KafkaLogSink;
  readonly partitions: number;
  /** Records that wait, with what they cost in memory. */
  readonly maxWaitingBytes: number;
  /** An append that is not acknowledged by then is refused, its outcome unknown. */
  readonly deliveryLimitMs: number;
}

/**
 * The write path to Kafka: an idempotent producer that waits for all replicas.
 *
 * Appends made while a request is on its way share the next one. A partition has at most one batch on its
 * way, which is sent again as it is, with the same sequence number, until it is acknowledged or given up.
 */
export class KafkaAppender {
  private readonly lanes = new Map<string, ProducerLane>();
  private readonly senders = new Map<number, Promise<void>>();
  /** By node, when its next request may begin; on the clock of `performance.now()`. */
  private readonly nextRequestAt = new Map<number, number>();
  private readonly work = new Wakeup();
  private readonly closing = new AbortController();
  private readonly running: Promise<unknown>;
  private waitingBytes = 0;
  private keyless = 0;
  private isClosed = false;
  private failure: { readonly sinceMs: number; readonly why: string } | null = null;

  constructor(private readonly options: KafkaAppenderOptions) {
    this.running = Promise.all([this.keepSending(), this.keepLooking()]);
  }

  async append(topic: string, records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]> {
    const { maxWaitingBytes, partitions } = this.options;
    const bytes = records.reduce((sum, record) => sum + recordSizeBound(record) + RECORD_OVERHEAD_BYTES, 0);
    if (bytes > maxWaitingBytes) throw new RangeError(`one append of ${bytes} bytes is above the bound of ${maxWaitingBytes}: split it`);
    const why = this.unavailable(bytes);
    if (why !== null) throw new LogUnavailable(why);
    const results = new Array<AppendedRecord>(records.length);
    const parts = new Map<number, { records: OutgoingRecord[]; places: number[] }>();
    records.forEach((record, place) => {
      const partition = record.key === null ? this.keyless++ % partitions : partitionFor(record.key, partitions);
      let part = parts.get(partition);
      if (!part) parts.set(partition, (part = { records: [], places: [] }));
      part.records.push(record);
      part.places.push(place);
    });
    this.waitingBytes += bytes;
    try {
      const ends = await Promise.allSettled([...parts].map(([partition, part]) => this.enqueue(topic, partition, part.records, part.places, results)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      return results;
    } finally {
      this.waitingBytes -= bytes;
    }
  }

  private enqueue(topic: string, partition: number, records: readonly OutgoingRecord[], places: readonly number[], results: AppendedRecord[]): Promise<void> {
    const name = `${topic}/${partition}`;
    let lane = this.lanes.get(name);
    if (!lane) this.lanes.set(name, (lane = new ProducerLane(topic, partition)));
    const expiresAtMs = performance.now() + this.options.deliveryLimitMs;
    return new Promise((resolve, reject) => {
      const onStored = (baseOffset: number, from: number, count: number): void => {
        for (let index = from; index < from + count; index += 1) results[places[index]!] = { partition, offset: baseOffset + index - from };
      };
      const part: LanePart = { records, expiresAtMs, onStored, resolve, reject };
      lane.add(part);
      this.work.ring();
    });
  }

  unavailable(moreBytes = 1): string | null {
    if (this.isClosed) return 'the message log is closed';
    const { failure } = this;
    if (failure !== null && performance.now() - failure.sinceMs > REFUSE_AFTER_MS) return `Kafka can't be written: ${failure.why}`;
    const { maxWaitingBytes } = this.options;
    if (this.waitingBytes + moreBytes <= maxWaitingBytes) return null;
    return `${this.waitingBytes} bytes of appends wait for Kafka, the bound is ${maxWaitingBytes}`;
  }

  /** Sends what waits, within the delivery limit, then refuses. */
  async close(): Promise<void> {
    this.isClosed = true;
    while ([...this.lanes.values()].some((lane) => lane.hasWork)) await this.options.clock.sleep(5);
    this.closing.abort();
    await this.running;
  }

  /** Starts a sender for each broker that leads a partition with work and has none. */
  private async keepSending(): Promise<void> {
    const { cluster, clock } = this.options;
    const { signal } = this.closing;
    while (!signal.aborted) {
      const seen = this.work.count;
      let isLeaderless = false;
      for (const lane of this.lanes.values()) {
        if (!lane.hasWork || lane.isTaken) continue;
        const node = cluster.leaderOf(lane.topic, lane.partition);
        if (node === null) isLeaderless = true;
        else if (!this.senders.has(node)) this.senders.set(node, this.sendTo(node));
      }
      if (isLeaderless) {
        this.fail('a partition has no leader');
        await clock.sleep(RETRY_PAUSE_MS, signal);
        await this.refresh();
      } else await this.work.after(seen, signal);
    }
    await Promise.all(this.senders.values());
  }

  /** One request at a time, for all lanes that the node leads and that have work. */
  private async sendTo(node: number): Promise<void> {
    const { cluster, clock, log } = this.options;
    for (;;) {
      const waitMs = (this.nextRequestAt.get(node) ?? 0) - performance.now();
      if (waitMs > 0 && this.waitingBytes < ENOUGH_BYTES) await clock.sleep(waitMs, this.closing.signal);
      const lanes = [...this.lanes.values()].filter((lane) => lane.hasWork && !lane.isTaken && cluster.leaderOf(lane.topic, lane.partition) === node);
      if (lanes.length === 0) break;
      this.nextRequestAt.set(node, performance.now() + REQUEST_EVERY_MS);
      let isDone = false;
      for (const lane of lanes) lane.isTaken = true;
      try {
        isDone = await this.sendBatches(node, lanes);
      } catch (error) {
        this.fail(error instanceof Error ? error.message : String(error));
        log.debug({ err: error, node }, 'a produce request failed and is made again');
      }
      for (const lane of lanes) lane.isTaken = false;
      if (isDone) continue;
      await clock.sleep(RETRY_PAUSE_MS, this.closing.signal);
      await this.refresh();
    }
    this.senders.delete(node);
    this.work.ring(); // another node may lead by now
  }

  /** Whether the node has taken everything. */
  private async sendBatches(node: number, lanes: readonly ProducerLane[]): Promise<boolean> {
    const { cluster, clock } = this.options;
    for (const lane of lanes) if (lane.needsProducerId) lane.useProducerId(await cluster.newProducerId(node, PATIENCE_MS));
    const sent = new Map<string, { readonly lane: ProducerLane; readonly batch: Buffer }>();
    for (const lane of lanes) {
      const batch = lane.nextBatch(clock.now());
      if (batch !== null) sent.set(`${lane.topic}/${lane.partition}`, { lane, batch });
    }
    if (sent.size === 0) return true; // given up while the producer ids were asked for
    const request = [...sent.values()].map(({ lane: { topic, partition }, batch }) => ({ topic, partition, batch }));
    const produced = await cluster.send(node, produceRequest(request, REPLICAS_TIMEOUT_MS, PATIENCE_MS));
    let isDone = produced.length === sent.size;
    for (const { topic, partition, errorCode, baseOffset } of produced) {
      const { lane, batch } = sent.get(`${topic}/${partition}`)!;
      const outcome = lane.settle(batch, errorCode, baseOffset);
      if (outcome === 'stored') this.failure = null;
      if (outcome !== 'again') continue;
      isDone = false;
      this.fail(`${topic}-${partition}: ${kafkaErrorName(errorCode)}`);
    }
    return isDone;
  }

  /** Gives up what has waited too long, and looks for Kafka's return when nobody sends. */
  private async keepLooking(): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.closing;
    let probedAt = -Infinity;
    let isProbing = false;
    while (!signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      const now = performance.now();
      let hasWork = false;
      for (const lane of this.lanes.values()) {
        lane.expire(now, this.failure?.why ?? 'no answer in time');
        hasWork ||= lane.hasWork;
      }
      if (this.failure === null || hasWork || isProbing || now - probedAt < PROBE_EVERY_MS) continue;
      probedAt = now;
      isProbing = true;
      // Not awaited here, where others expire: it takes as long as a broker that hangs lets it.
      void this.refresh().then((isBack) => {
        isProbing = false;
        if (isBack) this.failure = null;
      });
    }
  }

  private fail(why: string): void {
    this.failure = { sinceMs: this.failure?.sinceMs ?? performance.now(), why };
  }

  private refresh(): Promise<boolean> {
    return this.options.cluster.refresh().then(
      () => true,
      () => false,
    );
  }
}
