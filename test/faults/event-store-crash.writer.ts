import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/clock.js';
import type { EventStore, EventToAppend } from '../../src/event-store/event-store.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { writeOut } from '../support/write-out.js';

/** One acknowledged append; one line of this program's output. */
export interface AcknowledgedAppend {
  readonly stream: string;
  /** Of its first event. */
  readonly revision: number;
  readonly ids: readonly string[];
  readonly position: string;
}

/** Streams `crash-0`… have a writer each, with exact expected revisions; `crash-shared` is written by all, with `any`; `crash-trimmed` keeps its newest ten. */
export const WRITERS = 6;
export const SHARED_STREAM = 'crash-shared';
export const TRIMMED_STREAM = 'crash-trimmed';
export const TRIMMED_COUNT = 10;

/** Appends of 1, 2, 3, 4, 5, 1… events. Each event says how many its append has, and which of them it is. */
function nextAppend(counter: number): EventToAppend[] {
  const of = (counter % 5) + 1;
  const append = randomUUID();
  return Array.from({ length: of }, (_, index) => ({
    id: randomUUID(),
    type: 'CrashTested',
    data: { append, index, of, filler: 'x'.repeat((counter * 37) % 3000) },
    metadata: { schemaVersion: 1 },
  }));
}

async function writeForEver(store: EventStore, stream: string): Promise<never> {
  let last: bigint | null = null;
  for await (const event of store.readStream(stream, { direction: 'backwards', limit: 1 })) last = event.revision;
  for (let counter = 0; ; counter += 1) {
    const own = nextAppend(counter);
    last = await appendAndTell(store, stream, own, last ?? 'no-stream');
    if (counter % 3 === 0) await appendAndTell(store, SHARED_STREAM, nextAppend(counter), 'any');
    if (counter % 4 === 0) await appendAndTell(store, TRIMMED_STREAM, nextAppend(counter), 'any');
  }
}

async function appendAndTell(store: EventStore, stream: string, events: readonly EventToAppend[], expected: bigint | 'no-stream' | 'any'): Promise<bigint> {
  const { revision, position } = await store.append(stream, events, expected);
  const line: AcknowledgedAppend = { stream, revision: Number(revision) - events.length + 1, ids: events.map((event) => event.id), position };
  // Straight to the pipe: what is told was stored before.
  writeOut(`${JSON.stringify(line)}\n`);
  return revision;
}

async function main(dir: string): Promise<void> {
  const store = await LibsqlEventStore.open(dir, { clock: systemClock });
  await store.setStreamMetadata(TRIMMED_STREAM, { maxCount: TRIMMED_COUNT });
  await Promise.all(Array.from({ length: WRITERS }, (_, index) => writeForEver(store, `crash-${index}`)));
}

const dir = process.argv[2];
if (process.argv[1]?.endsWith('event-store-crash.writer.ts') && dir) await main(dir);
