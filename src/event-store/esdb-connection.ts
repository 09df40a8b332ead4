import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { within, type Clock } from '../clock.js';
import { insideOf, type ClientInside } from './esdb-client-inside.js';
import { StoreUnavailable } from './event-store.js';

/** After so many waits in a row that ended without an answer the client is built anew. */
const DEADLINES_BEFORE_REBUILD = 3;

/** How long a retired client may take to end its calls. */
const DISPOSAL_MS = 1000;

export interface ConnectionOptions {
  readonly clock: Clock;
  /** How long a new client may take for its first answer. */
  readonly connectMs: number;
}

/**
 * One client at a time, built when it is needed and again after `retire`.
 *
 * A client whose calls get no answers may never mend by itself: its channel waits for a connection that is dead.
 */
export class EsdbConnection {
  private client: Promise<EventStoreDBClient> | null = null;
  private current: EventStoreDBClient | null = null;
  private retiring: Promise<void> = Promise.resolve();
  private deadlines = 0;
  private readonly closing = new AbortController();
  /** How many clients were retired. */
  rebuilds = 0;

  constructor(
    private readonly create: () => EventStoreDBClient,
    private readonly options: ConnectionOptions,
  ) {}

  /** A client that has had an answer from the server. Thrown: `StoreUnavailable`, `UnknownEventStoreClient`. */
  async use(): Promise<EventStoreDBClient> {
    if (this.closing.signal.aborted) throw new StoreUnavailable('the event store is closed');
    this.client ??= this.open();
    return this.client;
  }

  hadAnswer(): void {
    this.deadlines = 0;
  }

  /** True when the client was retired for it. */
  missedDeadline(client: EventStoreDBClient): boolean {
    if (this.current !== client) return false;
    this.deadlines += 1;
    if (this.deadlines < DEADLINES_BEFORE_REBUILD) return false;
    this.retire(client);
    return true;
  }

  /** Ends the client's calls; the next `use` waits for that and builds another. Does nothing for one that was retired before. */
  retire(client: EventStoreDBClient): void {
    if (this.current !== client) return;
    this.current = null;
    this.client = null;
    this.deadlines = 0;
    this.rebuilds += 1;
    this.retiring = dispose(client, this.options.clock);
  }

  /** A client that has had no answer yet is not waited for. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.client?.catch(() => undefined);
    if (this.current) this.retire(this.current);
    await this.retiring;
  }

  private async open(): Promise<EventStoreDBClient> {
    await this.retiring;
    let client: EventStoreDBClient | null = null;
    try {
      const created = this.create();
      const inside = insideOf(created);
      client = created;
      await this.firstAnswer(inside);
    } catch (error) {
      this.client = null;
      if (client) this.retiring = dispose(client, this.options.clock);
      throw error;
    }
    this.current = client;
    return client;
  }

  /**
   * The client asks the server what it knows before its first append, without a time limit, and keeps the answer.
   * Asked here, an append is either sent at once or not at all.
   */
  private async firstAnswer(inside: ClientInside): Promise<void> {
    const { connectMs, clock } = this.options;
    const asked = inside.capabilities.then(
      () => null,
      (error: unknown) => new StoreUnavailable(`EventStoreDB can't be reached: ${String(error)}`, { cause: error }),
    );
    const done = new AbortController();
    const late = clock.sleep(connectMs, AbortSignal.any([done.signal, this.closing.signal]));
    const answer = await Promise.race([asked, late.then(() => new StoreUnavailable(this.closing.signal.aborted ? 'the event store is closed' : `EventStoreDB gave no answer within ${connectMs} ms`))]);
    done.abort();
    if (answer !== null) throw answer;
  }
}

/**
 * Ends all calls and the connection. Afterwards the client opens no more streams: its pending appends stand in a
 * map of the whole process, which the end of any such stream clears, and an answer to a cleared one throws where
 * nobody can catch it.
 */
async function dispose(client: EventStoreDBClient, clock: Clock): Promise<void> {
  const inside = insideOf(client);
  inside.GRPCStreamCreator = () => async () => {
    throw new StoreUnavailable('this client of EventStoreDB was retired');
  };
  // A stream that is being opened is known to the client after this.
  await nextTurn();
  await within(clock, DISPOSAL_MS, client.dispose());
  void inside
    .getChannel()
    .then((channel) => channel.close())
    .catch(() => undefined);
}
