import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { EventStore, Position } from '../event-store/event-store.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { untilAvailable } from '../event-store/open-event-store.js';
import { isStoreBound } from '../event-store/store-bound-streams.js';
import { identify, type Origin } from '../event-store/store-identity.js';
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
 * when its events were brought into this one. Thrown: `OtherEventStore` when they were not; the store's errors when it stays away.
 */
export async function openReadModels(config: Pick<Config, 'dataDir' | 'eventStoreUrl'>, store: EventStore, clock: Clock, logger: Logger): Promise<LibsqlProjectionSink> {
  const { dataDir, eventStoreUrl } = config;
  const { storeId, origins } = await untilAvailable(() => identify(store), clock, logger);
  const known = new Set([storeId, ...origins.map((origin) => origin.storeId)]);
  await refuseUnmoved(config, origins, clock);
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

/** Thrown: `OtherEventStore` when the folder has an embedded event store with events that were not brought into the one that is configured. */
export async function refuseUnmoved({ dataDir, eventStoreUrl }: Pick<Config, 'dataDir' | 'eventStoreUrl'>, origins: readonly Origin[], clock: Clock): Promise<void> {
  if (eventStoreUrl === null) return;
  if (!existsSync(join(dataDir, 'event-store.db'))) return;
  const embedded = await LibsqlEventStore.open(dataDir, { clock });
  try {
    if (!(await hasUnmoved(embedded, origins))) return;
  } finally {
    await embedded.close();
  }
  const remedy = 'Either unset EVENTSTORE_URL; or bring them over (vigia events export and import); or name another VIGIA_DATA_DIR; or, to go on without those events, move event-store.db and read-models.db away.';
  throw new OtherEventStore(dataDir, 'has an embedded event store', remedy);
}

/** Whether the store has events that were not brought to where these origins are noted. One without events has no identity yet, and is not given one. */
async function hasUnmoved(store: EventStore, origins: readonly Origin[]): Promise<boolean> {
  if (!(await hasEvents(store, null))) return false;
  const { storeId } = await identify(store);
  const origin = origins.find((known) => known.storeId === storeId);
  return origin === undefined || (origin.through !== null && (await hasEvents(store, origin.through)));
}

async function hasEvents(store: EventStore, after: Position | null): Promise<boolean> {
  for await (const { stream } of store.readAll({ after })) if (!isStoreBound(stream)) return true;
  return false;
}
