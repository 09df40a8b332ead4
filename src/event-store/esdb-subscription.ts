import { setImmediate as nextTurn } from 'node:timers/promises';
import { START, type AllStreamSubscription, type RecordedEvent as ClientEvent } from '@eventstore/db-client';
import type { Clock } from '../clock.js';
import { asReadable } from './esdb-client-inside.js';
import type { EsdbConnection } from './esdb-connection.js';
import { isFinal, translateRead } from './esdb-errors.js';
import { passes, toServerFilter } from './esdb-filter.js';
import { toPosition } from './esdb-position.js';
import { toReadEvent, type EsdbReads } from './esdb-reads.js';
import { StoreUnavailable, type EventFilter, type RecordedEvent, type SubscriptionMessage } from './event-store.js';
import { PulledStream, type Pulled } from './pulled-stream.js';

/** Pause before a subscription that broke is made again. */
const REPAIR_MS = 500;

/** How many events that do not pass are looked at before "caught up" is said of the last of them. */
const MAX_LOOKED_AT = 64;

export interface SubscriptionParts {
  readonly connection: EsdbConnection;
  readonly reads: EsdbReads;
  readonly clock: Clock;
  /** After so long without a word the store's head says whether the subscription stands still. */
  readonly idleMs: number;
  readonly closing: AbortSignal;
}

type Mark = { readonly type: 'caught-up' } | { readonly type: 'checkpoint'; readonly commit: bigint };
type Resolved = { readonly event?: ClientEvent };

/**
 * A subscription to all events after a position that outlives the client's: those are not restored when the
 * connection breaks, and may stand still for good while it holds.
 */
export class EsdbSubscription {
  /** Every event to here was given or did not pass. */
  private reached: bigint | null;
  /** Where "caught up" was said last. */
  private announced: bigint | null | undefined = undefined;

  constructor(
    private readonly parts: SubscriptionParts,
    after: bigint | null,
    private readonly filter: EventFilter | undefined,
    private readonly signal: AbortSignal,
  ) {
    this.reached = after;
  }

  /** Thrown: a RangeError when the store ends before the position; `StoreUnavailable` only when the store is closed. */
  async *messages(): AsyncIterable<SubscriptionMessage> {
    const { clock, closing } = this.parts;
    const ending = AbortSignal.any([this.signal, closing]);
    while (!this.signal.aborted) {
      if (closing.aborted) throw new StoreUnavailable('the event store is closed');
      try {
        for await (const message of this.once(ending)) {
          yield message;
          if (this.signal.aborted) return;
        }
      } catch (error) {
        if (isFinal(error)) throw error;
        await clock.sleep(REPAIR_MS, ending);
      }
    }
  }

  /** The events to a commit position that was the store's head. Thrown: as by `messages`, and `StoreUnavailable` for a subscription that breaks or stands still. */
  async *through(head: bigint): AsyncIterable<RecordedEvent> {
    const ending = AbortSignal.any([this.signal, this.parts.closing]);
    try {
      for await (const message of this.once(ending)) {
        if (message.type === 'caught-up' || message.event.position > toPosition(head)) return;
        yield message.event;
      }
    } catch (error) {
      throw translateRead('read of all events by a filter', error);
    }
    throw new StoreUnavailable('read of all events by a filter came to a standstill');
  }

  /** One subscription of the client, until it ends or stands still. Thrown: what it fails with. */
  private async *once(ending: AbortSignal): AsyncIterable<SubscriptionMessage> {
    const { connection, reads, clock, idleMs } = this.parts;
    // Read before subscribing: once the server says that it has caught up, everything to here was given.
    const head = await reads.head();
    yield* this.begin(head);
    const client = await connection.use();
    let pulled: PulledStream<Resolved, Mark> | null = null;
    const filter = toServerFilter(this.filter, (commit) => pulled?.mark({ type: 'checkpoint', commit }));
    const subscription = client.subscribeToAll({ fromPosition: this.reached === null ? START : { commit: this.reached, prepare: this.reached }, filter });
    const stream = new PulledStream<Resolved, Mark>(asReadable(subscription), { clock, idleMs, signal: ending });
    pulled = stream;
    // Also when nobody asks for the next message any more.
    const onEnding = () => leave(subscription);
    ending.addEventListener('abort', onEnding, { once: true });
    subscription.on('caughtUp', () => stream.mark({ type: 'caught-up' }));
    let isLive = false;
    /** An event is known to be on its way. */
    let isExpecting = false;
    try {
      while (!ending.aborted) {
        const got = await this.next(stream, isLive && !isExpecting);
        if (got === 'nothing more') {
          isExpecting = !(await this.lacksNothing());
          if (!isExpecting) yield this.caughtUp();
          continue;
        }
        isExpecting = false;
        if (got.type === 'idle') {
          if (isLive && !(await this.isBehind())) continue;
          if (!isLive) connection.missedDeadline(client);
          return;
        }
        if (got.type === 'aborted') return;
        if (got.type === 'end') throw new StoreUnavailable('EventStoreDB ended the subscription');
        connection.hadAnswer();
        if (got.type === 'item') {
          if (got.item.event) yield* this.take(got.item.event);
        } else if (got.mark.type === 'checkpoint') {
          this.advance(got.mark.commit);
        } else {
          isLive = true;
          this.advance(head);
          if (this.announced === undefined || this.isUnannounced()) yield this.caughtUp();
        }
      }
    } finally {
      ending.removeEventListener('abort', onEnding);
      stream.leave();
      leave(subscription);
    }
  }

  /**
   * The server goes on behind the event that it finds at a position, even when the one that stood there was
   * scavenged and this is the next: then it is given here.
   */
  private async *begin(head: bigint | null): AsyncIterable<SubscriptionMessage> {
    const { reached } = this;
    if (reached === null) return;
    if (head === null || head < reached) {
      throw new RangeError(`position ${toPosition(reached)} lies after the newest event of EventStoreDB; it is of another or of an older store`);
    }
    for await (const { event, commit } of this.parts.reads.all(reached, 1)) {
      if (commit <= reached) continue;
      this.advance(commit);
      if (passes(this.filter, event)) yield { type: 'event', event };
    }
  }

  private async next(stream: PulledStream<Resolved, Mark>, mayAnnounce: boolean): Promise<Pulled<Resolved, Mark> | 'nothing more'> {
    if (!mayAnnounce || !this.isUnannounced()) return stream.next();
    const there = stream.take();
    if (there) return there;
    // What has come over the network already gets to the stream in this turn.
    await nextTurn();
    return stream.take() ?? 'nothing more';
  }

  /** False when an event that passes has not come yet. The server says only once that a subscription has caught up, so the store is asked. */
  private async lacksNothing(): Promise<boolean> {
    let last = this.reached;
    for await (const { event, commit } of this.parts.reads.all(this.reached, MAX_LOOKED_AT)) {
      if (last !== null && commit <= last) continue;
      if (passes(this.filter, event)) return false;
      last = commit;
    }
    this.advance(last);
    return true;
  }

  private *take(event: ClientEvent): Iterable<SubscriptionMessage> {
    const read = toReadEvent(event);
    if (this.reached !== null && read.commit <= this.reached) return;
    this.advance(read.commit);
    if (passes(this.filter, read.event)) yield { type: 'event', event: read.event };
  }

  private caughtUp(): SubscriptionMessage {
    this.announced = this.reached;
    return { type: 'caught-up', position: this.reached === null ? null : toPosition(this.reached) };
  }

  private isUnannounced(): boolean {
    return this.announced === undefined || (this.reached !== null && (this.announced === null || this.reached > this.announced));
  }

  /** True when there are events that this subscription said nothing about: others than pass its filter, or it stands still. To begin again from the checkpoint is right for both. */
  private async isBehind(): Promise<boolean> {
    const head = await this.parts.reads.head();
    return head !== null && (this.reached === null || head > this.reached);
  }

  private advance(commit: bigint | null): void {
    if (commit !== null && (this.reached === null || commit > this.reached)) this.reached = commit;
  }
}

function leave(subscription: AllStreamSubscription): void {
  void subscription.unsubscribe().catch(() => undefined);
}
