import { checkStreamName, toAppendRequest, type EventRow } from '../../../src/event-store/append-request.js';
import { fromPosition, toPosition } from '../../../src/event-store/event-rows.js';
import {
  OutcomeUnknown, StoreUnavailable, WrongExpectedRevision,
  type AppendResult, type EventFilter, type EventStore, type EventToAppend, type ExpectedRevision, type Position, type ReadAllOptions,
  type ReadStreamOptions, type RecordedEvent, type StreamMetadata, type SubscribeOptions, type SubscriptionMessage,
} from '../../../src/event-store/event-store.js';
import { checkStreamMetadata, decideAppend, exists, firstKept, NEW_STREAM, type StreamRow } from '../../../src/event-store/stream-rules.js';
import { Wakeup } from '../../../src/message-log/wakeup.js';
import type { CallErrors, SimNetwork } from './sim-network.js';
import type { SimProcess } from './sim-process.js';

/** How many of a stream's newest events are searched for a repeat of an append that expects `any`. */
const REMEMBERED_EVENTS = 64;

/** Pause before a subscription reads again after the server failed. */
const REPAIR_MS = 500;

/** An event as the server has it. `storedAtMs`: simulated time. */
export interface StoredEvent extends EventRow {
  readonly stream: string;
  readonly revision: number;
  readonly sequence: number;
  readonly storedAtMs: number;
}

/** The event store's server: what it has stored outlives every process. */
export class SimEventStoreServer {
  /** All that was ever stored, in order; also what a stream's limits have hidden since. */
  readonly events: StoredEvent[] = [];
  readonly stored = new Wakeup();
  private readonly streams = new Map<string, { row: StreamRow; readonly events: StoredEvent[] }>();

  constructor(private readonly now: () => number) {}

  append(stream: string, rows: readonly EventRow[], expected: ExpectedRevision): AppendResult {
    const { row: before, events } = this.stream(stream);
    const decision = decideAppend(before, expected);
    const at = decision.type === 'repeats' ? decision.at : expected === 'any' ? this.findRepeat(stream, rows) : null;
    if (at !== null) {
      const last = this.repeated(stream, rows, at);
      if (last === null) throw new WrongExpectedRevision(stream, expected, exists(before) ? BigInt(before.lastRevision) : null);
      return { revision: BigInt(last.revision), position: toPosition(last.sequence) };
    }
    for (const row of rows) {
      const event = { ...row, stream, revision: before.lastRevision + 1 + rows.indexOf(row), sequence: this.events.length + 1, storedAtMs: this.now() };
      this.events.push(event);
      events.push(event);
    }
    if (rows.length > 0) this.setRow(stream, { ...before, isDeleted: false, lastRevision: before.lastRevision + rows.length });
    this.stored.ring();
    return { revision: BigInt(before.lastRevision + rows.length), position: toPosition(this.events.length) };
  }

  readStream(stream: string, { direction = 'forwards', fromRevision, limit = Infinity }: ReadStreamOptions): RecordedEvent[] {
    const { row, events } = this.stream(stream);
    if (!exists(row)) return [];
    const first = firstKept(row);
    if (direction === 'forwards') {
      const begin = Math.max(first, Number(fromRevision ?? 0));
      return events.slice(begin, begin + limit).map(toRecorded);
    }
    const end = Math.min(row.lastRevision, Number(fromRevision ?? row.lastRevision)) + 1;
    return events.slice(Math.max(first, end - limit), Math.max(first, end)).reverse().map(toRecorded);
  }

  readAll({ after = null, filter, limit = Infinity }: ReadAllOptions): RecordedEvent[] {
    const read: RecordedEvent[] = [];
    for (let at = this.sequenceOf(after); at < this.events.length && read.length < limit; at += 1) {
      const event = this.events[at] as StoredEvent;
      if (passes(event, filter) && this.isKept(event)) read.push(toRecorded(event));
    }
    return read;
  }

  setLimits(stream: string, { maxCount, truncateBefore }: StreamMetadata): void {
    const { row } = this.stream(stream);
    const goneBefore = firstKept(row);
    const limits = { maxCount: maxCount ?? null, truncateBefore: Math.max(goneBefore, Number(truncateBefore ?? 0)) };
    this.setRow(stream, { ...row, ...limits });
  }

  delete(stream: string): void {
    const { row } = this.stream(stream);
    if (exists(row)) this.setRow(stream, { ...row, isDeleted: true, origin: row.lastRevision + 1 });
  }

  get head(): Position | null {
    return this.events.length === 0 ? null : toPosition(this.events.length);
  }

  /** Thrown: RangeError for a position after the newest event. */
  sequenceOf(after: Position | null): number {
    const sequence = after === null ? 0 : fromPosition(after);
    if (sequence > this.events.length) throw new RangeError(`position ${after} lies after the newest event; it is of another or of an older store`);
    return sequence;
  }

  private isKept({ stream, revision }: StoredEvent): boolean {
    const { row } = this.stream(stream);
    return exists(row) && revision >= firstKept(row);
  }

  private findRepeat(stream: string, rows: readonly EventRow[]): number | null {
    const { row, events } = this.stream(stream);
    if (!exists(row) || rows.length === 0) return null;
    const from = Math.max(row.lastRevision + 1 - REMEMBERED_EVENTS - rows.length, row.origin);
    for (let revision = row.lastRevision; revision >= from; revision -= 1) {
      const id = events[revision]?.id;
      if (id === rows.at(-1)?.id) return revision - rows.length + 1;
      if (id === rows[0]?.id) return revision;
    }
    return null;
  }

  /** The last event of an earlier append of the same events, null unless all of them are there from revision `at` on. */
  private repeated(stream: string, rows: readonly EventRow[], at: number): StoredEvent | null {
    const { row, events } = this.stream(stream);
    for (const [index, { id }] of rows.entries()) {
      const isLast = index === rows.length - 1;
      if (at + index < firstKept(row) && !isLast) continue;
      if (events[at + index]?.id !== id) return null;
    }
    return events[at + rows.length - 1] ?? null;
  }

  private stream(name: string) {
    let stream = this.streams.get(name);
    if (!stream) this.streams.set(name, (stream = { row: NEW_STREAM, events: [] }));
    return stream;
  }

  private setRow(name: string, row: StreamRow): void {
    this.stream(name).row = row;
  }
}

/** The event store as one process reaches it. */
export class SimEventStore implements EventStore {
  private readonly closing = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly server: SimEventStoreServer,
    private readonly network: SimNetwork,
    private readonly process: SimProcess,
  ) {}

  async append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<AppendResult> {
    const { rows } = toAppendRequest(stream, events, expected);
    const what = `append to stream ${stream}`;
    const appending = this.call({ refused: () => new StoreUnavailable(what), unknown: () => new OutcomeUnknown(what) }, () => this.server.append(stream, rows, expected));
    this.underWay.add(appending);
    return appending.finally(() => this.underWay.delete(appending));
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    yield* await this.read(() => this.server.readStream(stream, options));
  }

  async *readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    yield* await this.read(() => this.server.readAll(options));
  }

  async *subscribe({ after = null, filter, signal }: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    const { clock } = this.process;
    const ended = AbortSignal.any([signal, this.closing.signal]);
    let from = after;
    let caughtUpAt: Position | null | undefined;
    while (!signal.aborted) {
      this.refuseWhenClosed();
      const seen = this.server.stored.count;
      const page = await this.read(() => ({ events: this.server.readAll({ after: from, ...(filter ? { filter } : {}) }), head: this.server.head })).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable) || this.closing.signal.aborted) throw error;
        return null;
      });
      if (page === null) {
        await clock.sleep(REPAIR_MS, ended);
        continue;
      }
      for (const event of page.events) {
        if (signal.aborted) return;
        yield { type: 'event', event };
      }
      from = page.head;
      if (signal.aborted) return;
      if (page.head !== caughtUpAt) {
        caughtUpAt = page.head;
        yield { type: 'caught-up', position: page.head };
      }
      await this.nextStored(seen, ended);
    }
  }

  async setStreamMetadata(stream: string, metadata: StreamMetadata): Promise<void> {
    checkStreamName(stream);
    checkStreamMetadata(stream, metadata);
    await this.read(() => this.server.setLimits(stream, metadata));
  }

  async deleteStream(stream: string): Promise<void> {
    checkStreamName(stream);
    await this.read(() => this.server.delete(stream));
  }

  async headPosition(): Promise<Position | null> {
    return this.read(() => this.server.head);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.underWay);
  }

  /** Also for what is the same when it is done twice. */
  private async read<T>(work: () => T): Promise<T> {
    const unavailable = () => new StoreUnavailable('no answer');
    return this.call({ refused: unavailable, unknown: unavailable }, work);
  }

  private async call<T>(errors: CallErrors, work: () => T): Promise<T> {
    this.refuseWhenClosed();
    return this.network.call(this.process, errors, work);
  }

  /** The server's word that there is more; it takes a moment, as any other. */
  private async nextStored(seen: number, signal: AbortSignal): Promise<void> {
    const { process, server } = this;
    await new Promise<void>((resolve) => {
      const tell = (): void => process.scheduler.after(1, () => process.deliver(resolve));
      void server.stored.after(seen, signal).then(tell);
    });
  }

  private refuseWhenClosed(): void {
    if (this.closing.signal.aborted) throw new StoreUnavailable('the event store is closed');
  }
}

function passes({ type, stream }: StoredEvent, filter: EventFilter | undefined): boolean {
  if (!filter) return true;
  return 'types' in filter ? filter.types.includes(type) : filter.streamPrefixes.some((prefix) => stream.startsWith(prefix));
}

const recordedOf = new WeakMap<StoredEvent, RecordedEvent>();

/** Read as often as it is asked for, and parsed once: readers do not change what they are given. */
function toRecorded(event: StoredEvent): RecordedEvent {
  const known = recordedOf.get(event);
  if (known) return known;
  const { stream, revision, sequence, id, type, data, metadata } = event;
  const recorded = { stream, revision: BigInt(revision), position: toPosition(sequence), id, type, data: JSON.parse(data) as object, metadata: JSON.parse(metadata) as object };
  recordedOf.set(event, recorded);
  return recorded;
}
