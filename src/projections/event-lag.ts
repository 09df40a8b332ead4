import type { Clock } from '../clock.js';
import type { EventFilter, EventStore, Position } from '../event-store/event-store.js';
import { LimitedAsking } from '../event-store/limited-asking.js';

/** How far a lag is counted. */
export const COUNTED_LAG = 1000;

/** How far a follower is behind the event store. */
export interface Lag {
  /** Events that it still has to take, counted to `COUNTED_LAG`. */
  readonly lagEvents: number;
  /** Age of the oldest of them, 0 when there is none. */
  readonly lagSeconds: number;
}

/** Health and metrics must be shown when the store gives no answer. */
const LIMIT_MS = 3000;

/** Counts anew what the store has after a position, so that a subscription that stands still shows. */
export class LagMeter {
  private readonly asking: LimitedAsking;
  /** As last known. */
  lag: Lag = { lagEvents: 0, lagSeconds: 0 };

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly filter: EventFilter,
  ) {
    this.asking = new LimitedAsking(clock, LIMIT_MS);
  }

  /** Thrown: the store's errors; `StoreUnavailable` when it gives no answer in time. */
  async measure(position: Position | null): Promise<void> {
    this.lag = await this.asking.ask(() => lagAfter(this.store, this.clock, position, this.filter));
  }
}

async function lagAfter(store: EventStore, clock: Clock, position: Position | null, filter: EventFilter): Promise<Lag> {
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
