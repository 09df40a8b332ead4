import type { Clock } from '../clock.js';
import type { EventFilter, EventStore, Position } from '../event-store/event-store.js';

/** How far a lag is counted. */
export const COUNTED_LAG = 1000;

/** How far a follower is behind the event store. */
export interface Lag {
  /** Events that it still has to take, counted to `COUNTED_LAG`. */
  readonly lagEvents: number;
  /** Age of the oldest of them, 0 when there is none. */
  readonly lagSeconds: number;
}

/** What the store has after the position, counted anew, so that a subscription that stands still shows. Thrown: the store's errors. */
export async function lagAfter(store: EventStore, clock: Clock, position: Position | null, filter: EventFilter): Promise<Lag> {
  const head = await store.headPosition();
  if (head === null || (position !== null && position >= head)) return { lagEvents: 0, lagSeconds: 0 };
  let lagEvents = 0;
  let oldest: unknown;
  for await (const { metadata } of store.readAll({ after: position, filter, limit: COUNTED_LAG })) {
    if (lagEvents === 0) oldest = (metadata as { recordedAt?: unknown }).recordedAt;
    lagEvents += 1;
  }
  const sinceMs = typeof oldest === 'string' ? Date.parse(oldest) : NaN;
  return { lagEvents, lagSeconds: Number.isNaN(sinceMs) ? 0 : Math.max(0, (clock.now() - sinceMs) / 1000) };
}
