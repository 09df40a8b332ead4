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

/** How a page is asked for: behind `last`, which null means from where the read begins. */
type OpenPage = (client: EventStoreDBClient, last: ReadEvent | null, maxCount: number) => StreamingRead<Resolved>;

/** A reader that says no limit gets pages that double, so that what comes for nothing when it leaves is no more than it has taken. */
const FIRST_PAGE = 16;
const LARGEST_PAGE = 4096;

/**
 * Reads through one client, each wait with a limit. A reader that does not take holds back the server.
 *
 * No call is broken off: a server takes thousands of those on one connection for an attack, and cuts it. So a
 * read is made of pages with a count, and one that is left early comes to its end unseen.
 */
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
    const begin = options.fromRevision ?? (isForwards ? START : END);
    if (typeof begin === 'bigint' && begin < 0n) return;
    const read = this.paged(`read of stream ${stream}`, options.limit, 0, (client, last, maxCount) => {
      const fromRevision = last === null ? begin : last.event.revision + (isForwards ? 1n : -1n);
      return client.readStream(stream, { direction: isForwards ? FORWARDS : BACKWARDS, fromRevision, maxCount });
    });
    try {
      for await (const { event } of read) {
        yield event;
        if (!isForwards && event.revision === 0n) return;
      }
    } catch (error) {
      if (error instanceof StoreUnavailable && ['stream-not-found', 'stream-deleted'].includes(String(typeOf(error.cause)))) return;
      throw error;
    }
  }

  /** All events from a commit position on, inclusive; those of the system too. */
  all(from: bigint | null, limit?: number): AsyncIterable<ReadEvent> {
    return this.paged('read of all events', limit, 1, (client, last, maxCount) => {
      const commit = last === null ? from : last.commit;
      return client.readAll({ direction: FORWARDS, fromPosition: commit === null ? START : { commit, prepare: commit }, maxCount });
    });
  }

  /** The commit position of the newest event, of the system or not; null for an empty store. */
  async head(): Promise<bigint | null> {
    const last = this.page('read of the newest event', (client) => client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
    let head: bigint | null = null;
    for await (const { commit } of last) head = commit;
    return head;
  }

  /** `overlap` is 1 where a page begins with the last event of the one before, if that was not scavenged since. */
  private async *paged(what: string, limit: number | undefined, overlap: 0 | 1, open: OpenPage): AsyncIterable<ReadEvent> {
    let left = limit ?? Infinity;
    let last: ReadEvent | null = null;
    for (let size = left === Infinity ? FIRST_PAGE : LARGEST_PAGE; left > 0; size = Math.min(size * 2, LARGEST_PAGE)) {
      const before: ReadEvent | null = last;
      const asked = Math.min(size, left) + (before === null ? 0 : overlap);
      let came = 0;
      const page: AsyncIterable<ReadEvent> = this.page(what, (client) => open(client, before, asked));
      for await (const read of page) {
        came += 1;
        if (left === 0 || (overlap === 1 && before !== null && read.commit <= before.commit)) continue;
        left -= 1;
        last = read;
        yield read;
      }
      if (came < asked) return;
    }
  }

  private async *page(what: string, open: (client: EventStoreDBClient) => StreamingRead<Resolved>): AsyncIterable<ReadEvent> {
    const client = await this.connection.use();
    const stream = open(client);
    const pulled = new PulledStream<Resolved>(asReadable(stream), { clock: this.clock, idleMs: this.waitMs, signal: this.closing });
    let isOver = false;
    try {
      for (;;) {
        const got = await pulled.next().catch((error: unknown) => {
          isOver = true;
          throw error;
        });
        if (got.type === 'aborted') throw new StoreUnavailable('the event store is closed');
        if (got.type === 'idle') {
          isOver = true;
          breakOff(stream);
          this.connection.missedDeadline(client);
          throw new DeadlinePassed(what, this.waitMs);
        }
        this.connection.hadAnswer();
        if (got.type === 'end') {
          isOver = true;
          return;
        }
        if (got.type === 'item' && got.item.event) yield toReadEvent(got.item.event);
      }
    } catch (error) {
      throw translateRead(what, error);
    } finally {
      if (!isOver) await bringToEnd(stream, pulled);
      pulled.leave();
    }
  }
}

/** Takes the rest of a page that nobody wants. Breaks it off only when nothing more comes. */
async function bringToEnd(stream: StreamingRead<Resolved>, pulled: PulledStream<Resolved>): Promise<void> {
  for (;;) {
    const type = await pulled.next().then((got) => got.type, () => 'end' as const);
    if (type === 'end') return;
    if (type === 'idle' || type === 'aborted') return breakOff(stream);
  }
}

function breakOff(stream: StreamingRead<Resolved>): void {
  void stream.cancel().catch(() => undefined);
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
