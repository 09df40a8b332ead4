import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { systemClock } from '../../src/clock.js';
import type { EventStore, EventToAppend, RecordedEvent } from '../../src/event-store/event-store.js';
import { EventStoreDbEventStore } from '../../src/event-store/eventstoredb-event-store.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { EventStoreDbDouble } from '../doubles/eventstoredb/eventstoredb-double.js';
import { newDir } from './projection-events.js';

/** An event store of one kind, and how many appends an import may have on their way to it. */
export interface MovingStore {
  readonly store: EventStore;
  readonly appendsAtATime: number;
  /** Null for an embedded one. */
  readonly double: EventStoreDbDouble | null;
  close(): Promise<void>;
}

export type Kind = 'embedded' | 'EventStoreDB';

export async function openStore(kind: Kind): Promise<MovingStore> {
  if (kind === 'embedded') {
    const dir = newDir();
    const store = await LibsqlEventStore.open(dir, { clock: systemClock });
    const close = async () => {
      await store.close();
      await rm(dir, { recursive: true });
    };
    return { store, appendsAtATime: 256, double: null, close };
  }
  const double = await EventStoreDbDouble.start();
  const store = await EventStoreDbEventStore.open(double.url, { clock: systemClock });
  const close = async () => {
    await store.close();
    await double.stop();
  };
  return { store, appendsAtATime: 1, double, close };
}

export function event(data: object = { a: 1 }, metadata: object = { schemaVersion: 1 }, type = 'Something'): EventToAppend {
  return { id: randomUUID(), type, data, metadata };
}

/** What must be the same in both stores, in the order of all. */
export async function contents(store: EventStore): Promise<object[]> {
  const events: object[] = [];
  for await (const { position: _own, ...content } of store.readAll()) events.push(content);
  return events;
}

/** Without what belongs to one store. */
export async function movedContents(store: EventStore): Promise<object[]> {
  return (await contents(store)).filter((content) => !/^(checkpoint-|lease-|store-identity)/.test((content as RecordedEvent).stream));
}
