import { stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import {
  EventTooLarge, InvalidAppend, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision,
  type EventStore, type RecordedEvent,
} from '../event-store/event-store.js';
import { isStoreBound } from '../event-store/store-bound-streams.js';
import { noteOrigin, type Origin } from '../event-store/store-identity.js';
import type { Progress } from '../ingestion/reconcile.js';
import type { ExportLine } from './export-line.js';
import { BadExportFile, readExportFile, using } from './read-export-file.js';

/** The store can't take the events: it holds others, or somebody else writes to it. */
export class ImportRefused extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ImportRefused';
  }
}

export interface ImportReport {
  /** All that the file has; the store has them now, and no others. */
  readonly events: number;
  /** Those that were not there yet. */
  readonly stored: number;
}

export interface ImportOptions {
  readonly clock: Clock;
  /**
   * How many appends may be on their way at a time: more than one only to a store that takes them in the order
   * in which they are made, since the order of all events is to be the same.
   */
  readonly appendsAtATime: number;
  readonly onProgress: Progress;
}

/** An event of the file: its number among all, its line, and how long that is. */
interface FileEvent {
  readonly number: number;
  readonly lineNumber: number;
  readonly event: RecordedEvent;
  readonly bytes: number;
}

/** Events of one stream that follow each other in the file, stored by one append. */
interface Append {
  readonly lineNumber: number;
  readonly stream: string;
  readonly first: bigint;
  readonly events: RecordedEvent[];
  bytes: number;
}

const MOST_APPEND_EVENTS = 100;
const MOST_APPEND_BYTES = 256 * 1024;

/** Of appends on their way at the same time. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

/** For so long, with a pause between, an append is repeated while the store is away or does not say what became of it. */
const REPEATS = 60;
const PAUSE_MS = 1000;

/** Events or lines between two words of progress. */
const TOLD_EVERY = 1000;

/** An export that was read to its end. */
export interface CheckedExport {
  readonly file: string;
  readonly events: number;
  /** The store that it is of, and the origins of that one. */
  readonly origins: readonly Origin[];
}

/** Reads the file to its end, before any store is opened for it. Thrown: `BadExportFile` for one that is not sound or not complete, `ExportFileUnusable`. */
export async function checkExport(file: string, onProgress: Progress): Promise<CheckedExport> {
  const { size } = await using(file, () => stat(file));
  let header: Extract<ExportLine, { type: 'header' }> | null = null;
  let last: RecordedEvent | null = null;
  let end: Extract<ExportLine, { type: 'end' }> | null = null;
  let nextLine = 1;
  for await (const { lineNumber, to, line } of readExportFile(file)) {
    if (line.type === 'cut') throw new BadExportFile(file, lineNumber, 'was cut: the export has not come to its end; run it again, which goes on from there');
    if (line.type === 'header') header = line;
    if (line.type === 'event') last = line.event;
    if (line.type === 'end') end = line;
    nextLine = lineNumber + 1;
    if (lineNumber % TOLD_EVERY === 0) onProgress(to, size, 'bytes read');
  }
  if (header === null || end === null) throw new BadExportFile(file, nextLine, 'is missing: the export has not come to its end; run it again, which goes on from there');
  const { storeId, origins } = header;
  return { file, events: end.events, origins: last === null ? origins : [...origins, { storeId, through: last.position }] };
}

/**
 * Stores the events of an export in the order of the file, and then compares the two.
 *
 * The store must have no others; what an interrupted import has stored already is recognised.
 * Thrown: `ImportRefused`, the errors of the file and the store.
 */
export async function importEvents({ file, events, origins }: CheckedExport, store: EventStore, options: ImportOptions): Promise<ImportReport> {
  const isThere = await compare(file, store, events, 'events compared', options.onProgress);
  await appendAfter(file, store, isThere, events, options);
  const isThereNow = await compare(file, store, events, 'events checked', options.onProgress);
  if (isThereNow !== events) throw new ImportRefused(`${file}: after the import the event store has ${isThereNow} of ${events} events`);
  for (const origin of origins) await noteOrigin(store, origin);
  return { events, stored: events - isThere };
}

/** How many events the store has, each the same as that of the file at its place. Thrown: `ImportRefused` for any other event. */
async function compare(file: string, store: EventStore, events: number, what: string, onProgress: Progress): Promise<number> {
  const stored = movedEventsOf(store);
  let equal = 0;
  try {
    for await (const { lineNumber, event } of eventsOf(file)) {
      const next = await stored.next();
      if (next.done) return equal;
      if (contentOf(next.value) !== contentOf(event)) {
        throw new ImportRefused(`the event store holds other events: ${nameOf(next.value)} stands where ${file}:${lineNumber} has ${nameOf(event)}; import into an empty one`);
      }
      equal += 1;
      if (equal % TOLD_EVERY === 0) onProgress(equal, events, what);
    }
    const more = await stored.next();
    if (!more.done) throw new ImportRefused(`the event store holds other events: ${nameOf(more.value)} is not in ${file}; import into an empty one`);
    return equal;
  } finally {
    await stored.return(undefined);
  }
}

async function appendAfter(file: string, store: EventStore, isThere: number, events: number, options: ImportOptions): Promise<void> {
  let done = isThere;
  let group: Append[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    done += await storeAll(file, store, group, options.clock);
    options.onProgress(done, events, 'events stored');
    [group, bytes] = [[], 0];
  };
  for await (const append of appendsOf(file, isThere)) {
    group.push(append);
    bytes += append.bytes;
    if (group.length >= options.appendsAtATime || bytes >= MOST_WAITING_BYTES) await flush();
  }
  if (group.length > 0) await flush();
}

async function* appendsOf(file: string, after: number): AsyncGenerator<Append> {
  let append: Append | null = null;
  for await (const { number, lineNumber, event, bytes } of eventsOf(file)) {
    if (number <= after) continue;
    const fits = append?.stream === event.stream && append.events.length < MOST_APPEND_EVENTS && append.bytes + bytes <= MOST_APPEND_BYTES;
    if (append !== null && fits) {
      append.events.push(event);
      append.bytes += bytes;
      continue;
    }
    if (append !== null) yield append;
    append = { lineNumber, stream: event.stream, first: event.revision, events: [event], bytes };
  }
  if (append !== null) yield append;
}

/** Stores the appends, all made in one turn, and gives the number of their events. What has failed is repeated in its order. */
async function storeAll(file: string, store: EventStore, group: readonly Append[], clock: Clock): Promise<number> {
  const results = await Promise.allSettled(group.map((append) => storeOne(store, append)));
  for (const [index, result] of results.entries()) {
    const append = group[index] as Append;
    if (result.status === 'rejected') await storePatiently(file, store, append, clock, result.reason);
  }
  return group.reduce((sum, { events }) => sum + events.length, 0);
}

async function storePatiently(file: string, store: EventStore, append: Append, clock: Clock, firstError: unknown): Promise<void> {
  let error = firstError;
  for (let repeats = 0; ; repeats += 1) {
    if (error instanceof WrongExpectedRevision || error instanceof InvalidAppend || error instanceof EventTooLarge) throw new ImportRefused(`${file}:${append.lineNumber}: ${error.message}`);
    const mayPass = error instanceof OutcomeUnknown || error instanceof StoreUnavailable;
    if (!mayPass || repeats === REPEATS) throw error;
    await clock.sleep(PAUSE_MS);
    try {
      return await storeOne(store, append);
    } catch (next) {
      error = next;
    }
  }
}

async function storeOne(store: EventStore, { stream, first, events }: Append): Promise<void> {
  await store.append(stream, events, first === 0n ? 'no-stream' : first - 1n);
}

async function* eventsOf(file: string): AsyncGenerator<FileEvent> {
  for await (const { lineNumber, from, to, line } of readExportFile(file)) {
    if (line.type === 'event') yield { number: line.number, lineNumber, event: line.event, bytes: to - from };
  }
}

async function* movedEventsOf(store: EventStore): AsyncGenerator<RecordedEvent> {
  let read = 0;
  for await (const event of store.readAll()) {
    if (!isStoreBound(event.stream)) yield event;
    read += 1;
    if (read % TOLD_EVERY === 0) await nextTurn();
  }
}

/** All of an event that is the same in every store. */
function contentOf({ stream, revision, id, type, data, metadata }: RecordedEvent): string {
  return JSON.stringify([stream, String(revision), id, type, data, metadata]);
}

function nameOf({ stream, revision, type, id }: RecordedEvent): string {
  return `${type} ${id} at revision ${revision} of stream ${stream}`;
}
