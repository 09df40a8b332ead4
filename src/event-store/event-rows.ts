import type { EmbeddedDatabase } from '../storage/embedded-database.js';
import type { EventFilter, Position, RecordedEvent } from './event-store.js';

/**
 * The tables of the embedded event store, and how pages of events are read from them.
 *
 * `position` never comes again, also when the newest event was trimmed: hence AUTOINCREMENT. `category` is
 * the stream's name through its first `-`: most stream prefixes that are asked for are one.
 */
export const EVENT_STORE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS streams (
    name TEXT PRIMARY KEY,
    last_revision INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL,
    max_count INTEGER,
    truncate_before INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    category TEXT NOT NULL GENERATED ALWAYS AS (substr(stream, 1, instr(stream, '-'))) VIRTUAL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_stream ON events (stream, revision);
  CREATE INDEX IF NOT EXISTS events_by_type ON events (type, position);
  CREATE INDEX IF NOT EXISTS events_by_category ON events (category, position);
`;

/** A page holds the event loop for 2 to 4 ms at 5 to 8 µs a row. */
export const PAGE_ROWS = 512;

/** A page ends with the event that reaches this, so it has at most 2 MiB of JSON whatever the events are. */
const PAGE_BYTES = 1024 * 1024;

/** With more types or categories than this a filter is applied to all events after reading. */
const MAX_INDEXED_NAMES = 32;

/** More digits than 2^53 has, so that positions sort as strings. */
const POSITION_DIGITS = 16;

/** `1207` → `"0000000000001207"`. */
export function toPosition(sequence: number): Position {
  return String(sequence).padStart(POSITION_DIGITS, '0');
}

/** Thrown: a RangeError for a position of another store. */
export function fromPosition(position: Position): number {
  if (!/^\d{16}$/.test(position)) {
    throw new RangeError(`position ${JSON.stringify(position)} is not of the embedded event store, which has ${POSITION_DIGITS} digits`);
  }
  return Number(position);
}

interface Row {
  position: number;
  stream: string;
  revision: number;
  id: string;
  type: string;
  data: string;
  metadata: string;
}

/** One page of a stream, from `from` (inclusive) to `to` (inclusive), which lies below it when reading backwards. */
export function readStreamPage(db: EmbeddedDatabase, stream: string, from: number, to: number, limit: number): RecordedEvent[] {
  const sql = from <= to ? STREAM_FORWARDS : STREAM_BACKWARDS;
  return db.all<Row>(sql, stream, Math.min(from, to), Math.max(from, to), Math.min(limit, PAGE_ROWS)).map(toRecordedEvent);
}

export interface Page {
  readonly events: readonly RecordedEvent[];
  /** Every event to here was looked at. */
  readonly through: number;
}

/** One page of all events that pass the filter, after `after` (exclusive) and up to `through` (inclusive). */
export function readAllPage(db: EmbeddedDatabase, after: number, through: number, filter: EventFilter | undefined, limit: number): Page {
  const narrowed = narrow(filter);
  const size = Math.min(limit, PAGE_ROWS);
  let rows: Row[];
  if (narrowed === null) rows = db.all<Row>(ALL_EVENTS, after, through, size);
  else if (narrowed.names.length === 0) rows = [];
  else rows = db.all<Row>(eventsNamed(narrowed.column, narrowed.names.length), after, through, size, ...narrowed.names);
  const last = rows.at(-1);
  if (!last) return { events: [], through };
  const passing = filter ? rows.filter((row) => passes(filter, row)) : rows;
  return { events: passing.map(toRecordedEvent), through: last.position };
}

/** Which index leads to all events of a filter, and perhaps others; null when none does. */
function narrow(filter: EventFilter | undefined): { column: 'type' | 'category'; names: readonly string[] } | null {
  if (!filter) return null;
  if ('types' in filter) return indexed('type', filter.types);
  if (!filter.streamPrefixes.every((prefix) => prefix.includes('-'))) return null;
  return indexed('category', filter.streamPrefixes.map((prefix) => prefix.slice(0, prefix.indexOf('-') + 1)));
}

function indexed(column: 'type' | 'category', names: readonly string[]) {
  const distinct = [...new Set(names)];
  return distinct.length > MAX_INDEXED_NAMES ? null : { column, names: distinct };
}

function passes(filter: EventFilter, row: Row): boolean {
  if ('types' in filter) return filter.types.includes(row.type);
  return filter.streamPrefixes.some((prefix) => row.stream.startsWith(prefix));
}

function toRecordedEvent(row: Row): RecordedEvent {
  return {
    id: row.id,
    type: row.type,
    data: JSON.parse(row.data) as object,
    metadata: JSON.parse(row.metadata) as object,
    stream: row.stream,
    revision: BigInt(row.revision),
    position: toPosition(row.position),
  };
}

/** `octet_length` reads no text, so a page of large events is cut before it is loaded. */
const CANDIDATE = 'SELECT position, octet_length(data) + octet_length(metadata) AS bytes FROM events';

const STREAM_FORWARDS = pageOf(`${CANDIDATE} WHERE stream = ? AND revision BETWEEN ? AND ? ORDER BY revision LIMIT ?`, 'ASC');
const STREAM_BACKWARDS = pageOf(`${CANDIDATE} WHERE stream = ? AND revision BETWEEN ? AND ? ORDER BY revision DESC LIMIT ?`, 'DESC');
const ALL_EVENTS = pageOf(`${CANDIDATE} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`, 'ASC');

/** One index range per name, merged by position; `IN` would sort all that is left of the log for every page. */
function eventsNamed(column: 'type' | 'category', count: number): string {
  const ranges = Array.from({ length: count }, (_, index) => `${CANDIDATE} WHERE ${column} = ?${index + 4} AND position > ?1 AND position <= ?2`);
  return pageOf(`${ranges.join(' UNION ALL ')} ORDER BY position LIMIT ?3`, 'ASC');
}

function pageOf(candidates: string, order: 'ASC' | 'DESC'): string {
  return `
    SELECT position, stream, revision, id, type, data, metadata FROM events WHERE position IN (
      SELECT position FROM (
        SELECT position, sum(bytes) OVER (ORDER BY position ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
        FROM (${candidates})
      ) WHERE bytes_before IS NULL OR bytes_before < ${PAGE_BYTES}
    ) ORDER BY position ${order}`;
}
