import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { identify, IDENTITY_STREAM } from '../event-store/store-identity.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';

/** The data folder was worked on with another event store, whose events are not in this one. */
export class OtherEventStore extends Error {
  constructor(folder: string, found: string, remedy: string) {
    super(`${folder} ${found}, whose events are not in the event store that is configured now; readings that the log still has would be handled anew, with alarms and e-mails of their own.\n  ${remedy}`);
    this.name = 'OtherEventStore';
  }
}

/**
 * Opens the read models of the data folder. Those of another event store are built anew, without an e-mail,
 * when its events were brought into this one. Thrown: `OtherEventStore` when they were not.
 */
export async function openReadModels({ dataDir, eventStoreUrl }: Pick<Config, 'dataDir' | 'eventStoreUrl'>, store: EventStore, clock: Clock, logger: Logger): Promise<LibsqlProjectionSink> {
  const { storeId, origins } = await identify(store);
  const known = new Set([storeId, ...origins]);
  if (eventStoreUrl !== null) await refuseUnmoved(dataDir, known, clock);
  const sink = await LibsqlProjectionSink.open(dataDir, storeId);
  // An unnamed one is of before stores had names, when there was but the embedded one.
  const others = [...sink.madeFrom].filter((from) => from !== storeId && from !== '');
  if (others.length > 0 && !sink.madeFrom.has(storeId) && !others.some((from) => known.has(from))) {
    await sink.close();
    const set = eventStoreUrl === null ? 'set EVENTSTORE_URL, if it was set before' : 'set EVENTSTORE_URL as before';
    throw new OtherEventStore(dataDir, `has read models of another event store (${others.join(', ')})`, `Either ${set}; or name another VIGIA_DATA_DIR; or, to go on without those events, remove read-models.db.`);
  }
  if (others.length > 0) logger.warn({ from: others, to: storeId }, 'the read models are of another event store and are built anew');
  return sink;
}

/** Thrown: `OtherEventStore` when the folder has an embedded event store with events that were not brought into this one. */
async function refuseUnmoved(dataDir: string, known: ReadonlySet<string>, clock: Clock): Promise<void> {
  if (!existsSync(join(dataDir, 'event-store.db'))) return;
  const embedded = await LibsqlEventStore.open(dataDir, { clock });
  try {
    if (!(await hasEvents(embedded)) || known.has((await identify(embedded)).storeId)) return;
  } finally {
    await embedded.close();
  }
  throw new OtherEventStore(dataDir, 'has an embedded event store', 'Either unset EVENTSTORE_URL; or name another VIGIA_DATA_DIR; or, to go on without those events, move event-store.db and read-models.db away.');
}

async function hasEvents(store: EventStore): Promise<boolean> {
  for await (const { stream } of store.readAll({ limit: 2 })) if (stream !== IDENTITY_STREAM) return true;
  return false;
}
