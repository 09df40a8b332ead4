import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { isDenied } from './esdb-errors.js';
import { StoreUnavailable, type EventStore } from './event-store.js';
import { EventStoreDbEventStore } from './eventstoredb-event-store.js';
import { parseEventStoreUrl } from './eventstoredb-url.js';
import { LibsqlEventStore } from './libsql-event-store.js';

/** As long as for Kafka. */
const OPEN_LIMIT_MS = 60_000;
const OPEN_PAUSE_MS = 1_000;

/**
 * EventStoreDB when its URL is configured, which is waited for, else the store in the data folder.
 * Thrown: `BadEventStoreUrl`; `StoreUnavailable` naming the servers when they do not answer in time, or refuse the credentials.
 */
export async function openEventStore(config: Pick<Config, 'eventStoreUrl' | 'dataDir'>, clock: Clock, logger: Logger, limitMs = OPEN_LIMIT_MS): Promise<EventStore> {
  if (config.eventStoreUrl === null) return LibsqlEventStore.open(config.dataDir, { clock });
  const { connectionString, servers } = parseEventStoreUrl(config.eventStoreUrl);
  const deadlineMs = clock.now() + limitMs;
  for (;;) {
    try {
      return await EventStoreDbEventStore.open(connectionString, { clock });
    } catch (error) {
      if (isDenied(error)) throw new StoreUnavailable(`EventStoreDB at ${servers} refuses user or password, or the reading of all events`, { cause: error });
      if (!(error instanceof StoreUnavailable)) throw error;
      if (clock.now() > deadlineMs) throw new StoreUnavailable(`EventStoreDB at ${servers} can't be reached`, { cause: error });
      logger.warn({ err: error, servers }, 'waiting for EventStoreDB');
      await clock.sleep(OPEN_PAUSE_MS);
    }
  }
}
