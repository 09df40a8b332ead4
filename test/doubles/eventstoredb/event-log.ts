import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { LogFile } from './log-file.js';
import { METADATA, metastreamOf, recordLength, STREAM_DELETED, TOMBSTONE_REVISION, type ProposedEvent, type StoredEvent } from './stored-event.js';
import { firstVisible, isSoftDeleted, limitsIn, SOFT_DELETION, withTruncateBefore } from './stream-metadata.js';

export type Expected = number | 'any' | 'no-stream' | 'stream-exists';

export type AppendOutcome =
  /** `position` is null when the last event of a repeated append is no longer to be seen. */
  | { readonly type: 'stored' | 'repeated'; readonly lastRevision: number; readonly position: number | null }
  /** `current` is -1 for a stream without events. */
  | { readonly type: 'wrong-expected-version'; readonly current: number }
  | { readonly type: 'stream-deleted' };

export type StreamView =
  | { readonly type: 'found'; readonly events: readonly StoredEvent[]; readonly first: number }
  | { readonly type: 'not-found' }
  | { readonly type: 'deleted' };

/** How many of the newest event ids are known to the check for repeats of `any`; the server keeps 8 MiB of them. */
const REMEMBERED_IDS = 100_000;

/**
 * What the double stores, and the rules by which the server takes appends.
 *
 * Source of the rules: EventStoreDB's documentation ("Optimistic concurrency and idempotence") and the
 * decisions of its index writer: a repeat is known by event ids, at the expected place for an exact revision,
 * anywhere among remembered ones for `any`.
 */
export class EventLog {
  /** Emits `appended` after each write. */
  readonly changes = new EventEmitter<{ appended: [] }>().setMaxListeners(0);
  /** All records in the order of their positions. A scavenge makes another list, so that one that is being read stays as it is. */
  private records: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly tombstones = new Set<string>();
  private remembered = new Map<string, StoredEvent>();
  /** Where the next record goes. */
  private end = 0;

  constructor(
    private readonly file: LogFile | null = null,
    private readonly now: () => number = Date.now,
  ) {
    for (const event of file?.load() ?? []) this.place(event);
    this.forgetIds();
  }

  /** As a restart of the server does: repeats of `any` are known only among what was appended since. */
  forgetIds(): void {
    this.remembered = new Map();
  }

  append(stream: string, events: readonly ProposedEvent[], expected: Expected): AppendOutcome {
    if (this.tombstones.has(stream)) return { type: 'stream-deleted' };
    const existing = this.eventsOf(stream);
    const current = existing.length - 1;
    const wasDeleted = isSoftDeleted(this.limitsOf(stream));
    if (expected === 'stream-exists') {
      if (wasDeleted) return { type: 'stream-deleted' };
      if (current < 0 && this.eventsOf(metastreamOf(stream)).length === 0) return { type: 'wrong-expected-version', current };
    }
    const check = this.check(stream, existing, events, expected, wasDeleted);
    if (check !== 'store') return check;
    if (events.length === 0) return { type: 'stored', lastRevision: current, position: this.end };
    const written = this.write(stream, events, current + 1);
    if (wasDeleted) this.beginAgain(stream, current + 1);
    this.changes.emit('appended');
    return { type: 'stored', lastRevision: current + events.length, position: written };
  }

  /** A soft deletion hides the stream until it is begun again; a tombstone ends it for good. */
  delete(stream: string, expected: Expected, kind: 'soft' | 'tombstone'): AppendOutcome {
    if (this.tombstones.has(stream)) return { type: 'stream-deleted' };
    const current = this.eventsOf(stream).length - 1;
    const isExpected = typeof expected === 'number' ? expected === current : expected !== 'no-stream' || current < 0;
    const hasMetadata = this.eventsOf(metastreamOf(stream)).length > 0;
    if (!isExpected || (kind === 'soft' && current < 0 && !hasMetadata)) return { type: 'wrong-expected-version', current };
    const position =
      kind === 'soft'
        ? this.write(metastreamOf(stream), [metadataEvent(SOFT_DELETION)], this.eventsOf(metastreamOf(stream)).length)
        : this.write(stream, [{ id: randomUUID(), type: STREAM_DELETED, isJson: false, data: Buffer.alloc(0), metadata: Buffer.alloc(0) }], TOMBSTONE_REVISION);
    this.changes.emit('appended');
    return { type: 'stored', lastRevision: current, position };
  }

  /** What a reader of the stream may see. */
  view(stream: string): StreamView {
    if (this.tombstones.has(stream)) return { type: 'deleted' };
    const events = this.eventsOf(stream);
    const limits = this.limitsOf(stream);
    if (events.length === 0 || isSoftDeleted(limits)) return { type: 'not-found' };
    return { type: 'found', events, first: firstVisible(events, limits, this.now()) };
  }

  /** All records; what was truncated or deleted stays among them until `scavenge`. */
  get all(): readonly StoredEvent[] {
    return this.records;
  }

  /** The index of the first record at or after a position. */
  indexAt(position: number): number {
    let [low, high] = [0, this.records.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.records[middle]?.position ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes the records that no reader of their stream may see out of $all. */
  scavenge(): void {
    this.records = this.records.filter((record) => {
      const view = this.view(record.stream);
      return record.type === STREAM_DELETED || (view.type === 'found' && record.revision >= view.first);
    });
  }

  private check(stream: string, existing: readonly StoredEvent[], events: readonly ProposedEvent[], expected: Expected, wasDeleted: boolean): AppendOutcome | 'store' {
    const current = existing.length - 1;
    const wrong: AppendOutcome = { type: 'wrong-expected-version', current };
    if (expected === 'any' || expected === 'stream-exists') {
      const known = events.map((event) => this.remembered.get(event.id)).map((one) => (one?.stream === stream ? one : undefined));
      if (!known[0]) return 'store';
      return known.includes(undefined) ? wrong : this.repeated(stream, known.at(-1)?.revision ?? current);
    }
    const before = expected === 'no-stream' ? -1 : expected;
    if (before === current) return 'store';
    if (before > current || events.length === 0) return wrong;
    for (const [index, event] of events.entries()) {
      if (existing[before + 1 + index]?.id === event.id) continue;
      return index === 0 && expected === 'no-stream' && wasDeleted ? 'store' : wrong;
    }
    return this.repeated(stream, before + events.length);
  }

  private repeated(stream: string, lastRevision: number): AppendOutcome {
    const view = this.view(stream);
    const isVisible = view.type === 'found' && lastRevision >= view.first;
    return { type: 'repeated', lastRevision, position: isVisible ? (view.events[lastRevision]?.position ?? null) : null };
  }

  private beginAgain(stream: string, at: number): void {
    const metastream = metastreamOf(stream);
    const before = this.eventsOf(metastream);
    const metadata = before.at(-1)?.data ?? Buffer.from('{}');
    this.write(metastream, [metadataEvent(withTruncateBefore(metadata, at))], before.length);
  }

  /** The position of the last record written. */
  private write(stream: string, events: readonly ProposedEvent[], firstRevision: number): number {
    const transaction = this.end;
    let position = transaction;
    const created = this.now();
    const written = events.map((event, index): StoredEvent => {
      const stored = { ...event, stream, revision: firstRevision + index, position, transaction, created };
      position += recordLength(stream, event);
      return stored;
    });
    this.file?.write(written);
    for (const event of written) this.place(event);
    return written.at(-1)?.position ?? transaction;
  }

  private place(event: StoredEvent): void {
    this.records.push(event);
    this.end = event.position + recordLength(event.stream, event);
    if (event.type === STREAM_DELETED) {
      this.tombstones.add(event.stream);
      return;
    }
    const stream = this.streams.get(event.stream);
    if (stream) stream.push(event);
    else this.streams.set(event.stream, [event]);
    this.remembered.set(event.id, event);
    if (this.remembered.size > REMEMBERED_IDS) this.remembered.delete(this.remembered.keys().next().value as string);
  }

  private eventsOf(stream: string): readonly StoredEvent[] {
    return this.streams.get(stream) ?? [];
  }

  private limitsOf(stream: string) {
    return limitsIn(this.eventsOf(metastreamOf(stream)).at(-1));
  }
}

function metadataEvent(data: Buffer): ProposedEvent {
  return { id: randomUUID(), type: METADATA, isJson: true, data, metadata: Buffer.alloc(0) };
}
