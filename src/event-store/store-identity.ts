import { randomUUID } from 'node:crypto';
import { OutcomeUnknown, WrongExpectedRevision, type EventStore, type RecordedEvent } from './event-store.js';

/**
 * The stream by which a store is told from others: its first event has the store's own id, later ones the ids
 * of stores whose events were brought here. It is no part of what is moved from one store to another.
 */
export const IDENTITY_STREAM = 'store-identity';

const NAMED = 'StoreNamed';
const EVENTS_BROUGHT = 'EventsBroughtFrom';

const MOST_ATTEMPTS = 5;

/** Positions, and so checkpoints, mean something in the store of this id only. */
export interface StoreIdentity {
  readonly storeId: string;
  /** The stores whose events were brought into this one. */
  readonly origins: readonly string[];
}

/** The store's identity, which the first to ask gives it. Thrown: the store's errors. */
export async function identify(store: EventStore): Promise<StoreIdentity> {
  for (let attempt = 1; ; attempt += 1) {
    const [first, ...brought] = await read(store);
    if (first) return { storeId: first, origins: brought };
    try {
      await store.append(IDENTITY_STREAM, [identityEvent(NAMED, randomUUID())], 'no-stream');
    } catch (error) {
      // It may be there now, from here or from another process.
      const isToBeReadAgain = error instanceof WrongExpectedRevision || error instanceof OutcomeUnknown;
      if (!isToBeReadAgain || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** Notes that all events of the store `from` are in `store`; to be called when they are. Thrown: the store's errors. */
export async function noteOrigin(store: EventStore, from: string): Promise<void> {
  const { storeId, origins } = await identify(store);
  if (from === storeId || origins.includes(from)) return;
  await store.append(IDENTITY_STREAM, [identityEvent(EVENTS_BROUGHT, from)], 'any');
}

async function read(store: EventStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const event of store.readStream(IDENTITY_STREAM)) ids.push(storeIdOf(event));
  return ids;
}

function storeIdOf({ data, type }: RecordedEvent): string {
  if (!('storeId' in data) || typeof data.storeId !== 'string') throw new Error(`event ${type} of stream ${IDENTITY_STREAM} has no storeId`);
  return data.storeId;
}

function identityEvent(type: string, storeId: string) {
  return { id: randomUUID(), type, data: { storeId }, metadata: { schemaVersion: 1 } };
}
