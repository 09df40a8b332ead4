/**
 * The event store's port: two adapters, libsql (embedded) and EventStoreDB.
 *
 * Positions are opaque strings that belong to one store; they sort as strings in the order of all events.
 * `after` is exclusive everywhere. Revisions count from 0n within a stream.
 */
export interface EventStore {
  /**
   * Stores all events or none, durably, and resolves after that.
   *
   * Repeating an append whose events (by id) are already there at the expected place succeeds without
   * storing anything, so after `OutcomeUnknown` the same call is simply made again.
   * Thrown: `WrongExpectedRevision`, `EventTooLarge`, `InvalidAppend` (of which `AppendTooLarge` is one), `StoreUnavailable`, `OutcomeUnknown`.
   */
  append(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<AppendResult>;

  /** The events of one stream; none when it does not exist or was deleted. */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;

  /** The events of all streams in the store's order, up to the end at the time of the call. */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /** Events as in `readAll`, then those still to come, until `signal` is aborted. A cut is repaired inside. */
  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionMessage>;

  setStreamMetadata(stream: string, metadata: StreamMetadata): Promise<void>;

  /** After this the stream reads as empty, and appends to it with `no-stream` begin it again at the next revision. */
  deleteStream(stream: string): Promise<void>;

  /** The position of the newest event of all, null for an empty store. */
  headPosition(): Promise<Position | null>;

  close(): Promise<void>;
}

export type Position = string;

/** The revision of the stream's last event, or that it must not exist, or anything. */
export type ExpectedRevision = bigint | 'no-stream' | 'any';

export interface EventToAppend {
  /** A UUID; the same event always has the same one. */
  readonly id: string;
  readonly type: string;
  /** Plain JSON. */
  readonly data: object;
  readonly metadata: object;
}

export interface RecordedEvent extends EventToAppend {
  readonly stream: string;
  readonly revision: bigint;
  readonly position: Position;
}

export interface AppendResult {
  /** The revision of the last event of the append. */
  readonly revision: bigint;
  readonly position: Position;
}

export interface ReadStreamOptions {
  /** Default `forwards`. */
  readonly direction?: 'forwards' | 'backwards';
  /** Inclusive; default the first event forwards, the last one backwards. */
  readonly fromRevision?: bigint;
  readonly limit?: number;
}

/** Which events to give: those whose type is named, or whose stream begins with one of the prefixes. */
export type EventFilter = { readonly types: readonly string[] } | { readonly streamPrefixes: readonly string[] };

export interface ReadAllOptions {
  readonly after?: Position | null;
  readonly filter?: EventFilter;
  readonly limit?: number;
}

export interface SubscribeOptions {
  readonly after?: Position | null;
  readonly filter?: EventFilter;
  readonly signal: AbortSignal;
}

export type SubscriptionMessage =
  | { readonly type: 'event'; readonly event: RecordedEvent }
  /** All events so far were given; comes again each time that there were newer ones and none is left. `position` is the store's head at that time: a checkpoint even when the filter let nothing through. */
  | { readonly type: 'caught-up'; readonly position: Position | null };

export interface StreamMetadata {
  /** Only the newest so many events are kept. */
  readonly maxCount?: number;
  /** Events below this revision are gone. */
  readonly truncateBefore?: bigint;
}

/**
 * The largest append: data and metadata of all its events in bytes of JSON, and two for each character of their
 * types. That is EventStoreDB's own limit and its way to count, kept by both stores so that events can move.
 */
export const MAX_EVENT_BYTES = 1024 * 1024;

export class WrongExpectedRevision extends Error {
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    /** Null when the stream does not exist. */
    readonly actual: bigint | null,
  ) {
    super(`stream ${stream} is at revision ${actual ?? 'none'}, expected ${expected}; read it again before a retry`);
    this.name = 'WrongExpectedRevision';
  }
}

export class EventTooLarge extends Error {
  constructor(stream: string, type: string, bytes: number) {
    super(`event ${type} for stream ${stream} has ${bytes} bytes, the limit is ${MAX_EVENT_BYTES}; a retry does not help`);
    this.name = 'EventTooLarge';
  }
}

/** The append itself is wrong: a bad stream name, an event id that is no UUID, data that is no JSON. */
export class InvalidAppend extends Error {
  constructor(stream: string, problem: string, options?: ErrorOptions) {
    super(`append to stream ${JSON.stringify(stream)}: ${problem}; a retry does not help`, options);
    this.name = 'InvalidAppend';
  }
}

/** The events of an append are more than one may have together; nothing was stored, fewer events may be taken. */
export class AppendTooLarge extends InvalidAppend {
  constructor(stream: string, events: number, bytes: number) {
    super(stream, `its ${events} events have ${bytes} bytes together, the limit is ${MAX_EVENT_BYTES}`);
    this.name = 'AppendTooLarge';
  }
}

/** The store can't be reached or refuses work; nothing was stored, a retry later may succeed. */
export class StoreUnavailable extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}; nothing was stored, try again later`, options);
    this.name = 'StoreUnavailable';
  }
}

/** The store may or may not have stored the append: repeat the same call. */
export class OutcomeUnknown extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}; it is not known whether it was stored, repeat the same append`, options);
    this.name = 'OutcomeUnknown';
  }
}
