import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { CommitOutcomeUnknown, EmbeddedDatabase } from '../storage/embedded-database.js';
import { checkStreamName, toAppendRequest } from './append-request.js';
import { EVENT_STORE_SCHEMA, fromPosition, readAllPage, readStreamPage, toPosition } from './event-rows.js';
import {
  OutcomeUnknown,
  StoreUnavailable,
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
import { checkStreamMetadata, exists, firstKept } from './stream-rules.js';
import { readStreamRow, StreamWriter } from './stream-writer.js';

/** Appends that wait for a commit; at 40 µs each they are stored in about 0.2 s, so more means that the disk stands still. */
const MAX_WAITING_APPENDS = 4096;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Pause before a subscription reads again after the database failed. */
const REPAIR_MS = 500;

/**
 * The embedded event store: one file, `<dir>/event-store.db`, owned by one process.
 *
 * Appends made at the same time share a commit (see `EmbeddedDatabase`). Reads take pages, and let other work
 * run between two of them; a reader that does not pull holds one page and no transaction.
 */
export class LibsqlEventStore implements EventStore {
  private readonly appended = new EventEmitter<{ appended: [] }>().setMaxListeners(0);
  private waitingAppends = 0;
  private waitingBytes = 0;
  private isClosed = false;

  private constructor(
    private readonly db: EmbeddedDatabase,
    private readonly writer: StreamWriter,
    private readonly clock: Clock,
    /** The newest committed position, 0 for an empty store. */
    private head: number,
  ) {}

  static async open(dir: string, options: { readonly clock: Clock }): Promise<LibsqlEventStore> {
    return LibsqlEventStore.on(await EmbeddedDatabase.open(join(dir, 'event-store.db'), EVENT_STORE_SCHEMA), options);
  }

  /** As `open`, on a database that has the tables of `EVENT_STORE_SCHEMA`. */
  static async on(db: EmbeddedDatabase, options: { readonly clock: Clock }): Promise<LibsqlEventStore> {
    const head = db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'events'")?.seq ?? 0;
    return new LibsqlEventStore(db, await StreamWriter.on(db, head), options.clock, head);
  }

  async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<AppendResult> {
    const request = toAppendRequest(stream, events, expected);
    this.refuseWhenFull();
    this.waitingAppends += 1;
    this.waitingBytes += request.bytes;
    try {
      const stored = await this.write(`append to stream ${stream}`, () => {
        const appended = this.writer.append(stream, request.rows, expected);
        crashPoint('events-committing');
        return appended;
      });
      this.advance(stored.position);
      return { revision: BigInt(stored.revision), position: toPosition(stored.position) };
    } finally {
      this.waitingAppends -= 1;
      this.waitingBytes -= request.bytes;
    }
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    const row = this.read(() => readStreamRow(this.db, stream));
    if (!exists(row)) return;
    const [first, last] = [firstKept(row), row.lastRevision];
    const isForwards = options.direction !== 'backwards';
    const wanted = Number(options.fromRevision ?? (isForwards ? first : last));
    let from = isForwards ? Math.max(wanted, first) : Math.min(wanted, last);
    let left = options.limit ?? Infinity;
    while (from >= first && from <= last && left > 0) {
      const events = this.read(() => readStreamPage(this.db, stream, from, isForwards ? last : first, left));
      for (const event of events) yield event;
      const end = events.at(-1);
      // None when they were trimmed since the row was read.
      if (!end) return;
      left -= events.length;
      from = Number(end.revision) + (isForwards ? 1 : -1);
      if (from >= first && from <= last) await nextTurn();
    }
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    return this.readThrough(this.head, options);
  }

  private async *readThrough(head: number, options: ReadAllOptions): AsyncIterable<RecordedEvent> {
    this.refuseWhenClosed();
    let after = this.startOf(options.after);
    let left = options.limit ?? Infinity;
    while (after < head && left > 0) {
      const page = this.readPage(after, head, options.filter, left);
      for (const event of page.events) yield event;
      left -= page.events.length;
      after = page.through;
      if (after < head && left > 0) await nextTurn();
    }
  }

  async *subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    const { filter, signal } = options;
    let after = this.startOf(options.after);
    let caughtUpAt = -1;
    while (!signal.aborted) {
      this.refuseWhenClosed();
      const { head } = this;
      while (after < head && !signal.aborted) {
        const page = await this.readPageOrRepair(after, head, filter, signal);
        if (!page) continue;
        for (const event of page.events) {
          if (signal.aborted) return;
          yield { type: 'event', event };
        }
        after = page.through;
        if (after < head) await nextTurn();
      }
      if (signal.aborted) return;
      if (this.head === head && head > caughtUpAt) {
        caughtUpAt = head;
        yield { type: 'caught-up', position: head === 0 ? null : toPosition(head) };
      }
      if (this.head === head) await this.nextAppend(signal);
    }
  }

  async setStreamMetadata(stream: string, metadata: StreamMetadata): Promise<void> {
    checkStreamName(stream);
    const { maxCount, truncateBefore } = metadata;
    checkStreamMetadata(stream, metadata);
    const limits = { maxCount: maxCount ?? null, truncateBefore: truncateBefore === undefined ? null : Number(truncateBefore) };
    await this.write(`metadata of stream ${stream}`, () => this.writer.setLimits(stream, limits));
    await this.trim(stream);
  }

  async deleteStream(stream: string): Promise<void> {
    checkStreamName(stream);
    await this.write(`deletion of stream ${stream}`, () => this.writer.delete(stream));
    await this.trim(stream);
  }

  async headPosition(): Promise<Position | null> {
    this.refuseWhenClosed();
    return this.head === 0 ? null : toPosition(this.head);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.db.close();
    this.appended.emit('appended');
  }

  /** In several transactions, so that a long stream does not keep appends waiting. */
  private async trim(stream: string): Promise<void> {
    while ((await this.write(`trimming of stream ${stream}`, () => this.writer.trim(stream))) === 'more');
  }

  private advance(position: number): void {
    if (position <= this.head) return;
    this.head = position;
    this.appended.emit('appended');
  }

  /** Resolves with the next append or close, or when `signal` is aborted. */
  private async nextAppend(signal: AbortSignal): Promise<void> {
    if (this.isClosed) return;
    await once(this.appended, 'appended', { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  private readPage(after: number, head: number, filter: EventFilter | undefined, limit = Infinity) {
    return this.read(() => readAllPage(this.db, after, head, filter, limit));
  }

  /** Null after a failure that may pass, once it is time to try again. */
  private async readPageOrRepair(after: number, head: number, filter: EventFilter | undefined, signal: AbortSignal) {
    try {
      return this.readPage(after, head, filter);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || this.isClosed) throw error;
      await this.clock.sleep(REPAIR_MS, signal);
      return null;
    }
  }

  private read<T>(read: () => T): T {
    this.refuseWhenClosed();
    try {
      return read();
    } catch (error) {
      throw translate('read', error);
    }
  }

  private async write<T>(what: string, work: () => T): Promise<T> {
    this.refuseWhenClosed();
    try {
      return await this.db.write(work);
    } catch (error) {
      throw translate(what, error);
    }
  }

  private startOf(after: Position | null | undefined): number {
    if (after === null || after === undefined) return 0;
    const sequence = fromPosition(after);
    if (sequence <= this.head) return sequence;
    throw new RangeError(`position ${after} lies after the newest event of ${this.db.file}; it is of another or of an older store`);
  }

  private refuseWhenFull(): void {
    if (this.waitingAppends < MAX_WAITING_APPENDS && this.waitingBytes < MAX_WAITING_BYTES) return;
    throw new StoreUnavailable(`${this.waitingAppends} appends of ${this.waitingBytes} bytes wait for the disk already`);
  }

  private refuseWhenClosed(): void {
    if (this.isClosed) throw new StoreUnavailable('the event store is closed');
  }
}

/** An error of the database as the port's; what is no error of the database stays as it is. */
function translate(what: string, error: unknown): unknown {
  if (error instanceof CommitOutcomeUnknown) return new OutcomeUnknown(`${what}: ${error.message}`, { cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isDatabase = code.startsWith('SQLITE_') && !code.startsWith('SQLITE_CONSTRAINT');
  return isDatabase ? new StoreUnavailable(`${what} failed with ${code}: ${String(error)}`, { cause: error }) : error;
}
