import { Readable } from 'node:stream';
import type { EventStoreDBClient } from '@eventstore/db-client';

/** What of the client's inside is used; its types call it protected, or hide it. */
export interface ClientInside {
  /** Asks the server what it knows, once for each connection. */
  readonly capabilities: Promise<unknown>;
  /** Opens every stream of the client. */
  GRPCStreamCreator: () => () => Promise<never>;
  getChannel(): Promise<{ close(): void }>;
}

/** The client is not the version that this was written for. */
export class UnknownEventStoreClient extends Error {
  constructor(what: string) {
    super(`${what}; this needs @eventstore/db-client 6.2.1 exactly`);
    this.name = 'UnknownEventStoreClient';
  }
}

/** Thrown: `UnknownEventStoreClient` for a client whose inside is another. Asks the server nothing. */
export function insideOf(client: EventStoreDBClient): ClientInside {
  const inside = client as unknown as Partial<ClientInside>;
  const missing = (['GRPCStreamCreator', 'getChannel'] as const).filter((name) => typeof inside[name] !== 'function');
  if (missing.length > 0) throw new UnknownEventStoreClient(`the client of EventStoreDB has no ${missing.join(', ')}`);
  if (!hasGetter(client, 'capabilities')) throw new UnknownEventStoreClient('the client of EventStoreDB has no capabilities');
  return inside as ClientInside;
}

/** What the client's reads and subscriptions are, beside what their types say. Thrown: `UnknownEventStoreClient`. */
export function asReadable(stream: object): Readable {
  if (!(stream instanceof Readable)) throw new UnknownEventStoreClient('a read of the client of EventStoreDB is no stream');
  return stream;
}

/** Without calling it. */
function hasGetter(object: object, name: string): boolean {
  for (let owner: object | null = object; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    if (property) return 'get' in property;
  }
  return false;
}
