import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { OutcomeUnknown, WrongExpectedRevision, type EventStore, type Position, type RecordedEvent } from './event-store.js';

/**
 * The stream by which a store is told from others: its first event has the store's own id, later ones the ids
 * of stores whose events were brought here, and how far. It is no part of what is moved from one store to another.
 */
export const IDENTITY_STREAM = 'store-identity';

const NAMED = 'StoreNamed';
const EVENTS_BROUGHT = 'EventsBroughtFrom';

const MOST_ATTEMPTS = 5;

/** Positions, and so checkpoints, mean something in the store of this id only. */
export interface StoreIdentity {
  readonly storeId: string;
  /** The stores whose events were brought into this one. */
  readonly origins: readonly Origin[];
}

export interface Origin {
  readonly storeId: string;
  /** The position, in that store, of the last of its events that were brought; null when all there will ever be were. */
  readonly through: Position | null;
}

const stored = z.object({ storeId: z.string().min(1), through: z.string().nullable().default(null) });

/** The store's identity, which the first to ask gives it. Thrown: the store's errors. */
export async function identify(store: EventStore): Promise<StoreIdentity> {
  for (let attempt = 1; ; attempt += 1) {
    const [first, ...brought] = await read(store);
    if (first) return { storeId: first.storeId, origins: brought };
    try {
      await store.append(IDENTITY_STREAM, [identityEvent(NAMED, { storeId: randomUUID() })], 'no-stream');
    } catch (error) {
      // It may be there now, from here or from another process.
      const isToBeReadAgain = error instanceof WrongExpectedRevision || error instanceof OutcomeUnknown;
      if (!isToBeReadAgain || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** Notes that the events of the store `from` are in `store`, up to `through`; to be called when they are. Thrown: the store's errors. */
export async function noteOrigin(store: EventStore, from: Origin): Promise<void> {
  const { storeId, origins } = await identify(store);
  if (from.storeId === storeId || origins.some((known) => known.storeId === from.storeId && known.through === from.through)) return;
  await store.append(IDENTITY_STREAM, [identityEvent(EVENTS_BROUGHT, from)], 'any');
}

async function read(store: EventStore): Promise<Origin[]> {
  const known = new Map<string, Origin>();
  for await (const event of store.readStream(IDENTITY_STREAM)) {
    const origin = originOf(event);
    known.set(origin.storeId, origin);
  }
  return [...known.values()];
}

function originOf({ data, type }: RecordedEvent): Origin {
  const parsed = stored.safeParse(data);
  if (!parsed.success) throw new Error(`event ${type} of stream ${IDENTITY_STREAM} has no storeId`);
  return parsed.data;
}

function identityEvent(type: string, data: object) {
  return { id: randomUUID(), type, data, metadata: { schemaVersion: 1 } };
}
