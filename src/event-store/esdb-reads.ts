import { BACKWARDS, END, FORWARDS, START, type EventStoreDBClient, type RecordedEvent as ClientEvent, type StreamingRead } from '@eventstore/db-client';
import type { Clock } from '../clock.js';
import { asReadable } from './esdb-client-inside.js';
import type { EsdbConnection } from './esdb-connection.js';
import { DeadlinePassed, translateRead, typeOf } from './esdb-errors.js';
import { toPosition } from './esdb-position.js';
import { StoreUnavailable, type ReadStreamOptions, type RecordedEvent } from './event-store.js';
import { PulledStream } from './pulled-stream.js';

/** An event as the server gives it. */
export interface ReadEvent {
  readonly event: RecordedEvent;
  readonly commit: bigint;
}

/** Both kinds of the client's reads give this. */
interface Resolved {
  readonly event?: ClientEvent;
  readonly commitPosition?: bigint;
}

/** Reads through one client, each wait with a limit. A reader that does not take holds back the server. */
export class EsdbReads {
  constructor(
    private readonly connection: EsdbConnection,
    private readonly clock: Clock,
    private readonly waitMs: number,
    private readonly closing: AbortSignal,
  ) {}

  /** None for a stream that does not exist or was deleted, softly or for good. */
  async *stream(stream: string, options: ReadStreamOptions): AsyncIterable<RecordedEvent> {
    const isForwards = options.direction !== 'backwards';
    const read = this.pull(`read of stream ${stream}`, (client) =>
      client.readStream(stream, {
        direction: isForwards ? FORWARDS : BACKWARDS,
        fromRevision: options.fromRevision ?? (isForwards ? START : END),
        ...maxCount(options.limit),
      }),
    );
    try {
      for await (const { event } of read) yield event;
    } catch (error) {
      if (error instanceof StoreUnavailable && ['stream-not-found', 'stream-deleted'].includes(String(typeOf(error.cause)))) return;
      throw error;
    }
  }

  /** All events from a commit position on, inclusive; those of the system too. */
  all(from: bigint | null, limit?: number): AsyncIterable<ReadEvent> {
    return this.pull('read of all events', (client) =>
      client.readAll({ direction: FORWARDS, fromPosition: from === null ? START : { commit: from, prepare: from }, ...maxCount(limit) }),
    );
  }

  /** The commit position of the newest event, of the system or not; null for an empty store. */
  async head(): Promise<bigint | null> {
    const last = this.pull('read of the newest event', (client) => client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
    for await (const { commit } of last) return commit;
    return null;
  }

  private async *pull(what: string, open: (client: EventStoreDBClient) => StreamingRead<Resolved>): AsyncIterable<ReadEvent> {
    const client = await this.connection.use();
    const stream = open(client);
    const pulled = new PulledStream<Resolved>(asReadable(stream), { clock: this.clock, idleMs: this.waitMs, signal: this.closing });
    let hasEnded = false;
    try {
      for (;;) {
        const got = await pulled.next();
        if (got.type === 'aborted') throw new StoreUnavailable('the event store is closed');
        if (got.type === 'idle') {
          this.connection.missedDeadline(client);
          throw new DeadlinePassed(what, this.waitMs);
        }
        this.connection.hadAnswer();
        if (got.type === 'end') {
          hasEnded = true;
          return;
        }
        if (got.type === 'item' && got.item.event) yield toReadEvent(got.item.event);
      }
    } catch (error) {
      throw translateRead(what, error);
    } finally {
      pulled.leave();
      if (!hasEnded) void stream.cancel().catch(() => undefined);
    }
  }
}

export function toReadEvent(event: ClientEvent): ReadEvent {
  const commit = event.position?.commit;
  if (commit === undefined) throw new StoreUnavailable(`event ${event.revision} of stream ${event.streamId} came without its position`);
  const { id, type, data, metadata, streamId, revision } = event;
  return {
    commit,
    event: { id, type, data: data as object, metadata: (metadata ?? {}) as object, stream: streamId, revision, position: toPosition(commit) },
  };
}

function maxCount(limit: number | undefined): { maxCount?: number } {
  return limit === undefined || limit === Infinity ? {} : { maxCount: limit };
}
