import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { untilAvailable as untilServerAvailable } from '../connecting/until-available.js';
import { isDenied } from './esdb-errors.js';
import { OutcomeUnknown, StoreUnavailable, type EventStore } from './event-store.js';
import { EventStoreDbEventStore } from './eventstoredb-event-store.js';
import { parseEventStoreUrl } from './eventstoredb-url.js';
import { LibsqlEventStore } from './libsql-event-store.js';

/**
 * EventStoreDB when its URL is configured, which is waited for, else the store in the data folder.
 * Thrown: `BadEventStoreUrl`; `StoreUnavailable` naming the servers when they do not answer in time, or refuse the credentials.
 */
export async function openEventStore(config: Pick<Config, 'eventStoreUrl' | 'dataDir'>, clock: Clock, logger: Logger, limitMs?: number): Promise<EventStore> {
  if (config.eventStoreUrl === null) return LibsqlEventStore.open(config.dataDir, { clock });
  const { connectionString, servers } = parseEventStoreUrl(config.eventStoreUrl);
  try {
    return await untilAvailable(() => EventStoreDbEventStore.open(connectionString, { clock }), clock, logger, limitMs);
  } catch (error) {
    if (isDenied(error)) throw new StoreUnavailable(`EventStoreDB at ${servers} refuses user or password, or the reading of all events`, { cause: error });
    if (error instanceof StoreUnavailable) throw new StoreUnavailable(`EventStoreDB at ${servers} can't be reached`, { cause: error });
    throw error;
  }
}

/** Asks the store again while it is away, for so long at most, as a start does: it may also go away in the middle of one. Thrown: what the last attempt threw. */
export async function untilAvailable<T>(ask: () => Promise<T>, clock: Clock, logger: Pick<Logger, 'warn'>, limitMs?: number): Promise<T> {
  return untilServerAvailable(ask, {
    clock,
    onWait: (error) => logger.warn({ err: error }, 'waiting for the event store'),
    mayComeBack: (error) => (error instanceof StoreUnavailable || error instanceof OutcomeUnknown) && !isDenied(error),
    ...(limitMs === undefined ? {} : { limitMs }),
  });
}
