import { AppendTooLarge, EventTooLarge, InvalidAppend, MAX_EVENT_BYTES, type EventToAppend, type ExpectedRevision } from './event-store.js';

/** An event as it is stored: data and metadata as JSON text, the id in lower case. */
export interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

export interface AppendRequest {
  readonly rows: readonly EventRow[];
  /** Of all events together, as the limit counts them. */
  readonly bytes: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// A lone surrogate or NUL would come back from the database as another name.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** Checks an append as far as that needs no store, and renders its events. Thrown: `InvalidAppend`, `AppendTooLarge`, `EventTooLarge`. */
export function toAppendRequest(stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): AppendRequest {
  checkStreamName(stream);
  if (typeof expected === 'bigint' && expected < 0n) {
    throw new InvalidAppend(stream, `expected revision ${expected} is below 0; for a new stream say 'no-stream'`);
  }
  let bytes = 0;
  const rows = events.map((event, index) => {
    const row = toRow(stream, event, index);
    const size = Buffer.byteLength(row.data) + Buffer.byteLength(row.metadata) + row.type.length * 2;
    if (size > MAX_EVENT_BYTES) throw new EventTooLarge(stream, event.type, size);
    bytes += size;
    return row;
  });
  if (bytes > MAX_EVENT_BYTES) throw new AppendTooLarge(stream, rows.length, bytes);
  return { rows, bytes };
}

/** Thrown: `InvalidAppend`. */
export function checkStreamName(stream: string): void {
  if (stream === '' || stream.startsWith('$') || UNPRINTABLE.test(stream)) {
    throw new InvalidAppend(stream, 'a stream name is not empty, does not begin with $, and has no control characters');
  }
}

function toRow(stream: string, event: EventToAppend, index: number): EventRow {
  const which = `event ${index} (${event.type})`;
  const id = event.id.toLowerCase();
  if (!UUID.test(id)) throw new InvalidAppend(stream, `${which} has the id ${JSON.stringify(event.id)}, expected a UUID`);
  if (event.type === '' || UNPRINTABLE.test(event.type)) {
    throw new InvalidAppend(stream, `event ${index} has the type ${JSON.stringify(event.type)}, expected a name without control characters`);
  }
  return {
    id,
    type: event.type,
    data: toJson(stream, `data of ${which}`, event.data),
    metadata: toJson(stream, `metadata of ${which}`, event.metadata),
  };
}

function toJson(stream: string, what: string, value: object): string {
  // The library's type leaves out that a function, or a toJSON, may render as nothing.
  const render: (value: object) => string | undefined = JSON.stringify;
  let json: string | undefined;
  try {
    json = render(value);
  } catch (error) {
    throw new InvalidAppend(stream, `${what} can't be written as JSON: ${String(error)}`, { cause: error });
  }
  if (json === undefined || !(json.startsWith('{') || json.startsWith('['))) {
    throw new InvalidAppend(stream, `${what} is ${json ?? 'nothing'} as JSON, expected an object`);
  }
  return json;
}
