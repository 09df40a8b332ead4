import { setImmediate as nextTurn } from 'node:timers/promises';
import { estimateTotal } from '../event-store/estimate-total.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import { isStoreBound } from '../event-store/store-bound-streams.js';
import { identify } from '../event-store/store-identity.js';
import type { Progress } from '../ingestion/reconcile.js';
import type { ExportTarget } from './export-file.js';
import { encodeLine } from './export-line.js';

/** The events can't be exported as they are, or not to that file; a retry does not help. */
export class ExportRefused extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ExportRefused';
  }
}

export interface ExportReport {
  /** All that the export has now. */
  readonly events: number;
  /** Those that this run has added. */
  readonly added: number;
}

/** Events looked at together and written at once: as many as a page of the store, at most some MiB. */
const BATCH_EVENTS = 512;
const BATCH_BYTES = 4 * 1024 * 1024;

/** First events of streams that are looked up at the same time. */
const LOOKUPS = 32;

/**
 * Writes all events of the store in the order of all, but for those of `isStoreBound`, and goes on after what
 * `target` has already. Events stored meanwhile may or may not be in it; a later run adds them.
 *
 * A stream must be whole, from revision 0 on. Thrown: `ExportRefused` naming what is not; the store's and the target's errors.
 */
export async function exportEvents(store: EventStore, target: ExportTarget, onProgress: Progress): Promise<ExportReport> {
  const { header, last, nextRevisions } = target.begun;
  const { storeId, origins } = await identify(store);
  if (header !== null && header.storeId !== storeId) throw new ExportRefused(`${target.name} holds an export of another event store (${header.storeId}, this one is ${storeId}); name another file`);
  if (last !== null) await requireEvent(store, last, target.name);
  if (header === null) await target.write(encodeLine({ type: 'header', storeId, origins }));

  const goal = await store.headPosition();
  let { events } = target.begun;
  const write = async (batch: readonly RecordedEvent[]): Promise<void> => {
    await requireWhole(store, batch);
    await target.write(batch.map((event, index) => encodeLine({ type: 'event', number: events + index + 1, event })).join(''));
    events += batch.length;
    onProgress(events, estimateTotal(events, batch.at(-1)?.position ?? null, goal), 'events');
  };
  for await (const batch of batchesOf(exportable(store, last, nextRevisions))) await write(batch);
  await target.write(encodeLine({ type: 'end', events }));
  onProgress(events, events, 'events');
  return { events, added: events - target.begun.events };
}

/** The events after `last` that are to be exported, each the next of its stream. */
async function* exportable(store: EventStore, last: RecordedEvent | null, nextRevisions: Map<string, number>): AsyncGenerator<RecordedEvent> {
  let read = 0;
  for await (const event of store.readAll({ after: last?.position ?? null })) {
    read += 1;
    if (read % BATCH_EVENTS === 0) await nextTurn();
    const { stream, revision } = event;
    if (isStoreBound(stream)) continue;
    const expected = nextRevisions.get(stream) ?? 0;
    if (Number(revision) !== expected) throw truncated(stream, expected, revision);
    nextRevisions.set(stream, expected + 1);
    if (!isJson(event.data) || !isJson(event.metadata)) throw new ExportRefused(`event ${event.type} at revision ${revision} of stream ${stream} is not JSON; it is none of Vigía's`);
    yield event;
  }
}

async function* batchesOf(events: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent[]> {
  let batch: RecordedEvent[] = [];
  let bytes = 0;
  for await (const event of events) {
    batch.push(event);
    bytes += JSON.stringify(event.data).length;
    if (batch.length < BATCH_EVENTS && bytes < BATCH_BYTES) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

/**
 * Looks up the first event of each stream that begins in the batch: EventStoreDB gives events among all that a
 * reader of their stream does not see any more. What is cut off is always the beginning, so the first tells of all.
 */
async function requireWhole(store: EventStore, batch: readonly RecordedEvent[]): Promise<void> {
  const begun = batch.filter(({ revision }) => revision === 0n);
  for (let from = 0; from < begun.length; from += LOOKUPS) {
    await Promise.all(begun.slice(from, from + LOOKUPS).map(async ({ stream }) => {
      let first: RecordedEvent | null = null;
      // To its end: so many reads that are broken off would have the connection cut.
      for await (const event of store.readStream(stream, { limit: 1 })) first = event;
      if (first === null) throw new ExportRefused(`stream ${stream} is deleted, while its events are still among all; it can be exported once they are scavenged`);
      if (first.revision !== 0n) throw truncated(stream, 0, first.revision);
    }));
  }
}

/** What the file ends with must be in the store at that place, or the rest does not follow it. */
async function requireEvent(store: EventStore, last: RecordedEvent, file: string): Promise<void> {
  const { stream, revision, id, position } = last;
  for await (const event of store.readStream(stream, { fromRevision: revision, limit: 1 })) {
    if (event.revision === revision && event.id === id && event.position === position) return;
  }
  throw new ExportRefused(`the last event of ${file}, revision ${revision} of stream ${stream}, is not in the event store at the place where it was; name another file`);
}

function truncated(stream: string, expected: number, found: bigint): ExportRefused {
  return new ExportRefused(`stream ${stream} is truncated: revision ${found} comes where ${expected} belongs, so it can't be the same elsewhere`);
}

function isJson(value: object): boolean {
  return !ArrayBuffer.isView(value);
}
