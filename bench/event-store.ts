import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANY, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { systemClock } from '../src/clock.js';
import type { EventStore, EventToAppend } from '../src/event-store/event-store.js';
import { EventStoreDbEventStore } from '../src/event-store/eventstoredb-event-store.js';
import { LibsqlEventStore } from '../src/event-store/libsql-event-store.js';
import { median, perSecond, spread, type BenchCase } from './bench-case.js';
import { startEventStoreDb } from './eventstoredb-process.js';

/** A place for events, with its appends ready to be made. */
interface Contender {
  /** Makes an append ready, outside of what is measured. */
  prepare(stream: string, events: readonly EventToAppend[]): () => Promise<unknown>;
  readStream(stream: string): AsyncIterable<unknown>;
  readAll(limit: number): AsyncIterable<unknown>;
  close(): Promise<void>;
}

interface Measure {
  readonly name: string;
  readonly appends: number;
  readonly events: number;
  readonly atATime: number;
}

const EMBEDDED = 'embedded';
const ADAPTER = 'EventStoreDB';
const CLIENT = 'its bare client';

const EVENT = JSON.parse(readFileSync(new URL('../test/golden/StrikeRecorded.v1.json', import.meta.url), 'utf8')) as EventToAppend;

/** Appends and reads of both event stores, beside the client of one of them without our adapter. */
export const eventStore: BenchCase = async ({ isQuick, progress }) => {
  const scale = isQuick ? 0.05 : 1;
  const runs = isQuick ? 1 : 3;
  const readEvents = 100_000 * scale;
  const measures: readonly Measure[] = [
    { name: 'append, one at a time', appends: 4000 * scale, events: 1, atATime: 1 },
    { name: 'append, 64 at a time', appends: 20_000 * scale, events: 1, atATime: 64 },
    { name: 'append of 100 events, one at a time', appends: 400 * scale, events: 100, atATime: 1 },
    { name: 'append of 100 events, 64 at a time', appends: 1000 * scale, events: 100, atATime: 64 },
  ];
  const rates = new Map<string, Map<string, number[]>>();
  for (let run = 0; run < runs; run += 1) {
    const names = [EMBEDDED, ADAPTER, CLIENT];
    for (const name of [...names.slice(run % 3), ...names.slice(0, run % 3)]) {
      const note = (measure: string, rate: number): void => {
        const ofMeasure = rates.get(measure) ?? new Map<string, number[]>();
        rates.set(measure, ofMeasure.set(name, [...(ofMeasure.get(name) ?? []), rate]));
        progress(`run ${run + 1} of ${runs}, ${name}, ${measure}: ${perSecond(rate)}`);
      };
      await withContender(name, async (contender) => {
        await append(contender, { name: 'warm-up', appends: 4000 * scale, events: 1, atATime: 16 });
        for (const measure of measures) note(measure.name, await append(contender, measure));
        for (let from = 0; from < readEvents; from += 100) await contender.prepare('long', events(100))();
        note(`read ${readEvents.toLocaleString('en-US')} of one stream`, await read(contender.readStream('long'), readEvents));
        note(`read ${readEvents.toLocaleString('en-US')} of all streams`, await read(contender.readAll(readEvents), readEvents));
      });
    }
  }
  return {
    title: 'Event stores: appends and reads',
    about: [
      `Events per second through the port of the event store; an event is a \`StrikeRecorded\` of ${Buffer.byteLength(JSON.stringify(EVENT.data) + JSON.stringify(EVENT.metadata))} bytes, each append goes to a stream of its own.`,
      'Embedded: libsql, each append on the disk before it is answered, appends that wait together in one commit.',
      'EventStoreDB: our adapter through @eventstore/db-client 6.2.1 against the double in `test/doubles/eventstoredb`, a Node process on the same two cores that holds its log in memory.',
      'Its bare client: the same calls, to the same kind of double, without our adapter, which is the ceiling of it. **No server was measured**: the double’s own time is in both, so only their ratio tells of us.',
    ].join('\n'),
    columns: ['', EMBEDDED, ADAPTER, CLIENT, 'adapter / bare client'],
    rows: [...rates].map(([measure, values]) => {
      const of = (name: string): readonly number[] => values.get(name) ?? [NaN];
      return [measure, spread(of(EMBEDDED)), spread(of(ADAPTER)), spread(of(CLIENT)), `${Math.round((median(of(ADAPTER)) / median(of(CLIENT))) * 100)} %`];
    }),
  };
};

/** A new and empty store each time; one at a time, since the client's appends share a map of the whole process. */
async function withContender(name: string, work: (contender: Contender) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const double = name === EMBEDDED ? null : await startEventStoreDb();
  try {
    const contender = name === EMBEDDED ? throughPort(await LibsqlEventStore.open(dir, { clock: systemClock }))
      : name === ADAPTER ? throughPort(await EventStoreDbEventStore.open(double?.url ?? '', { clock: systemClock }))
      : bareClient(double?.url ?? '');
    await work(contender);
    await contender.close();
  } finally {
    await double?.stop();
    rmSync(dir, { recursive: true });
  }
}

function throughPort(store: EventStore): Contender {
  return {
    prepare: (stream, events) => () => store.append(stream, events, 'any'),
    readStream: (stream) => store.readStream(stream),
    readAll: (limit) => store.readAll({ limit }),
    close: () => store.close(),
  };
}

function bareClient(url: string): Contender {
  const client = EventStoreDBClient.connectionString(url);
  return {
    prepare: (stream, events) => {
      const data = events.map(({ id, type, data, metadata }) => jsonEvent({ id, type, data: data as Record<string, unknown>, metadata: metadata as Record<string, unknown> }));
      return () => client.appendToStream(stream, data, { expectedRevision: ANY });
    },
    readStream: (stream) => client.readStream(stream),
    readAll: (maxCount) => client.readAll({ maxCount }),
    close: () => client.dispose(),
  };
}

/** Events per second. */
async function append(contender: Contender, { name, appends, events: each, atATime }: Measure): Promise<number> {
  const ready = Array.from({ length: appends }, (_, index) => contender.prepare(`${name} ${index}`, events(each)));
  let next = 0;
  const writer = async (): Promise<void> => {
    for (let make = ready[next++]; make; make = ready[next++]) await make();
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: atATime }, writer));
  return (appends * each) / ((performance.now() - startMs) / 1000);
}

async function read(items: AsyncIterable<unknown>, wanted: number): Promise<number> {
  const startMs = performance.now();
  let count = 0;
  for await (const _item of items) count += 1;
  const seconds = (performance.now() - startMs) / 1000;
  if (count !== wanted) throw new Error(`read ${count} events, expected ${wanted}`);
  return count / seconds;
}

function events(count: number): EventToAppend[] {
  return Array.from({ length: count }, () => ({ ...EVENT, id: randomUUID() }));
}
