import { setMaxListeners } from 'node:events';
import { EventStoreDBClient } from '@eventstore/db-client';
import type { Clock } from '../clock.js';
import { checkStreamName, toAppendRequest, type AppendRequest } from './append-request.js';
import { EsdbAppendLane } from './esdb-append-lane.js';
import { EsdbConnection } from './esdb-connection.js';
import { translateRead, typeOf } from './esdb-errors.js';
import { metadataEvent, toClientEvents } from './esdb-events.js';
import { passes } from './esdb-filter.js';
import { fromPosition, toPosition } from './esdb-position.js';
import { EsdbReads } from './esdb-reads.js';
import { EsdbSubscription, type SubscriptionParts } from './esdb-subscription.js';
import {
  StoreUnavailable,
  WrongExpectedRevision,
  type AppendResult,
  type EventFilter,
  type EventStore,
  type EventToAppend,
  type ExpectedRevision,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamMetadata,
  type SubscribeOptions,
  type SubscriptionMessage,
} from './event-store.js';
import { withOwnConnection } from './eventstoredb-url.js';
import { checkStreamMetadata } from './stream-rules.js';

/** How often metadata are read and written again when others write them too. */
const METADATA_TRIES = 8;

/** So many events are read whole and filtered here before a subscription filters the rest. */
const NEAR_EVENTS = 1000;

export interface EventStoreDbOptions {
  readonly clock: Clock;
  /** How long an append may take before its outcome counts as unknown. Default 10 s. */
  readonly appendMs?: number;
  /** How long a read may wait for its next event, or a new client for its first answer. Default 10 s. */
  readonly waitMs?: number;
  /** After how long without a word a subscription is looked after. Default 10 s. */
  readonly idleMs?: number;
}

const DEFAULT_MS = 10_000;

/**
 * The event store on EventStoreDB, 23.10 or newer: before that a subscription does not say when it has caught up.
 *
 * Two clients to one server: one only appends, so that nothing else that fails can break its one stream, and
 * one does the rest. There must not be a second store of this kind that appends in the same process.
 */
export class EventStoreDbEventStore implements EventStore {
  private readonly reading: EsdbConnection;
  private readonly lane: EsdbAppendLane;
  private readonly reads: EsdbReads;
  private readonly closing = new AbortController();
  private readonly clock: Clock;
  private readonly waitMs: number;
  private readonly idleMs: number;

  private constructor(url: string, options: EventStoreDbOptions) {
    // One for each read under way; Node takes more than ten for a leak.
    setMaxListeners(0, this.closing.signal);
    this.clock = options.clock;
    this.waitMs = options.waitMs ?? DEFAULT_MS;
    this.idleMs = options.idleMs ?? DEFAULT_MS;
    const create = () => EventStoreDBClient.connectionString(withOwnConnection(url));
    const appending = new EsdbConnection(create, { clock: this.clock, connectMs: this.waitMs });
    this.reading = new EsdbConnection(create, { clock: this.clock, connectMs: this.waitMs });
    this.lane = new EsdbAppendLane(appending, this.clock, options.appendMs ?? DEFAULT_MS);
    this.reads = new EsdbReads(this.reading, this.clock, this.waitMs, this.closing.signal);
  }

  /** `url` is a connection string, `esdb://user:password@host:2113?tls=true`. Thrown: `StoreUnavailable` when there is no answer. */
  static async open(url: string, options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    const store = new EventStoreDbEventStore(url, options);
    try {
      await store.headPosition();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<AppendResult> {
    const request = toAppendRequest(stream, events, expected);
    this.refuseWhenClosed();
    if (events.length === 0) return this.appendNothing(stream, expected);
    try {
      const { revision, commit } = await this.lane.append(stream, toClientEvents(events, request), expected, request.bytes);
      return { revision, position: await this.positionOf(commit) };
    } catch (error) {
      const repeated = expected === 'no-stream' && error instanceof WrongExpectedRevision ? await this.findBegunAgain(stream, request) : null;
      if (repeated) return repeated;
      throw error;
    }
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    this.refuseWhenClosed();
    if (options.limit !== undefined && options.limit <= 0) return;
    yield* this.reads.stream(stream, options);
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    const head = this.closing.signal.aborted ? Promise.resolve(null) : this.reads.head();
    // Who never iterates is not to be told.
    head.catch(() => undefined);
    return this.readThrough(head, options);
  }

  async *subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    const after = options.after ?? null;
    yield* new EsdbSubscription(this.subscriptionParts(), after === null ? null : fromPosition(after), options.filter, options.signal).messages();
  }

  /** What is set lays no event open that was gone: `truncateBefore` never falls. */
  async setStreamMetadata(stream: string, metadata: StreamMetadata): Promise<void> {
    checkStreamName(stream);
    checkStreamMetadata(stream, metadata);
    this.refuseWhenClosed();
    for (let tries = 1; ; tries += 1) {
      const current = await this.last(`$$${stream}`);
      const event = metadataEvent(metadata, current);
      try {
        await this.lane.append(`$$${stream}`, [event], current?.revision ?? 'no-stream', 0);
        return;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision) || tries === METADATA_TRIES) throw error;
      }
    }
  }

  async deleteStream(stream: string): Promise<void> {
    checkStreamName(stream);
    const client = await this.reading.use();
    try {
      await client.deleteStream(stream, { deadline: this.waitMs });
    } catch (error) {
      // It never was, or was deleted for good.
      if (typeOf(error) === 'wrong-expected-version' || typeOf(error) === 'stream-deleted') return;
      throw translateRead(`deletion of stream ${stream}`, error);
    }
  }

  async headPosition(): Promise<Position | null> {
    this.refuseWhenClosed();
    const head = await this.reads.head();
    return head === null ? null : toPosition(head);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all([this.lane.close(), this.reading.close()]);
  }

  private async *readThrough(headRead: Promise<bigint | null>, options: ReadAllOptions): AsyncIterable<RecordedEvent> {
    this.refuseWhenClosed();
    const head = await headRead;
    const after = options.after === null || options.after === undefined ? null : fromPosition(options.after);
    if (after !== null && (head === null || after > head)) {
      throw new RangeError(`position ${options.after} lies after the newest event of EventStoreDB; it is of another or of an older store`);
    }
    let left = options.limit ?? Infinity;
    if (head === null || after === head || left <= 0) return;
    for await (const event of this.upTo(head, after, options.filter)) {
      yield event;
      left -= 1;
      if (left <= 0) return;
    }
  }

  /**
   * The client reads without a filter only. What is far goes through a subscription, which has one, so that the
   * server sends no more than is wanted; but that has to be broken off in the end, as reads are not.
   */
  private async *upTo(head: bigint, after: bigint | null, filter: EventFilter | undefined): AsyncIterable<RecordedEvent> {
    let reached = after;
    let looked = 0;
    for await (const { event, commit } of this.reads.all(after)) {
      if (commit > head) return;
      if (commit !== after && passes(filter, event)) yield event;
      if (commit === head) return;
      reached = commit;
      looked += 1;
      if (filter && looked === NEAR_EVENTS) break;
    }
    if (filter && looked === NEAR_EVENTS) yield* new EsdbSubscription(this.subscriptionParts(), reached, filter, new AbortController().signal).through(head);
  }

  private subscriptionParts(): SubscriptionParts {
    return { connection: this.reading, reads: this.reads, clock: this.clock, idleMs: this.idleMs, closing: this.closing.signal };
  }

  /** The server would write a record for it. */
  private async appendNothing(stream: string, expected: ExpectedRevision): Promise<AppendResult> {
    const last = await this.last(stream);
    const isExpected = expected === 'any' || (expected === 'no-stream' ? last === null : last?.revision === expected);
    if (!isExpected) throw new WrongExpectedRevision(stream, expected, last?.revision ?? null);
    return { revision: last?.revision ?? -1n, position: last?.position ?? (await this.positionOf(null)) };
  }

  /**
   * The server knows a repeat of `no-stream` only at revision 0. A stream that was deleted and begun again
   * begins later: there its first events tell.
   */
  private async findBegunAgain(stream: string, request: AppendRequest): Promise<AppendResult | null> {
    let found = 0;
    for await (const event of this.reads.stream(stream, { limit: request.rows.length })) {
      if (event.id !== request.rows[found]?.id) return null;
      found += 1;
      if (found === request.rows.length) return { revision: event.revision, position: event.position };
    }
    return null;
  }

  private async last(stream: string): Promise<RecordedEvent | null> {
    let last: RecordedEvent | null = null;
    for await (const event of this.reads.stream(stream, { direction: 'backwards', limit: 1 })) last = event;
    return last;
  }

  /** For an event whose position the server does not give any more, the store's head, which lies behind it. */
  private async positionOf(commit: bigint | null): Promise<Position> {
    return toPosition(commit ?? (await this.reads.head()) ?? 0n);
  }

  private refuseWhenClosed(): void {
    if (this.closing.signal.aborted) throw new StoreUnavailable('the event store is closed');
  }
}
