import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isoTime, type Clock } from '../clock.js';
import { OutcomeUnknown, StoreUnavailable, WrongExpectedRevision, type EventStore, type EventToAppend, type RecordedEvent } from '../event-store/event-store.js';

export const LEASE_STREAM_PREFIX = 'lease-';

type LeaseEventType = 'LeaseTaken' | 'LeaseRenewed' | 'LeaseReleased';

const REPEAT_MS = 100;

/** What an event of a lease says; only the newest one is kept. */
export interface LeaseData {
  /** The process, at this start of it. */
  readonly owner: string;
  /** Rises by one with each taking. */
  readonly term: number;
  /** How long the others wait after they have seen the event. */
  readonly ttlMs: number;
}

/** The newest event of a lease. */
export interface LeaseState extends LeaseData {
  readonly revision: bigint;
  readonly isReleased: boolean;
}

const leaseData = z.object({ owner: z.string(), term: z.number().int().nonnegative(), ttlMs: z.number().positive() });

/** The stream `lease-<name>`: every append says which event it follows, so of two processes one is refused. */
export class LeaseStream {
  private readonly stream: string;

  constructor(
    name: string,
    private readonly store: EventStore,
    private readonly clock: Clock,
  ) {
    this.stream = `${LEASE_STREAM_PREFIX}${name}`;
  }

  /** Null for a lease that was never taken. `ttlMs` counts for an event that can't be read. Thrown: the store's errors. */
  async read(ttlMs: number): Promise<LeaseState | null> {
    for await (const event of this.store.readStream(this.stream, { direction: 'backwards', limit: 1 })) return stateOf(event, ttlMs);
    return null;
  }

  /** Has the store keep the newest event only. Thrown: the store's errors. */
  async keepNewestOnly(): Promise<void> {
    await this.store.setStreamMetadata(this.stream, { maxCount: 1 });
  }

  /**
   * Appends after `follows`; while the store is away, or the outcome is unknown, the same again as long as `mayRepeat`
   * says. Gives the new revision, null when another event has come after `follows`. Thrown: the store's errors.
   */
  async append(type: LeaseEventType, data: LeaseData, follows: bigint | null, mayRepeat: () => boolean): Promise<bigint | null> {
    const event: EventToAppend = { id: randomUUID(), type, data, metadata: { schemaVersion: 1, recordedAt: isoTime(this.clock.now()) } };
    for (;;) {
      try {
        return (await this.store.append(this.stream, [event], follows ?? 'no-stream')).revision;
      } catch (error) {
        if (error instanceof WrongExpectedRevision) return null;
        const mayHelp = error instanceof OutcomeUnknown || error instanceof StoreUnavailable;
        if (!mayHelp || !mayRepeat()) throw error;
        await this.clock.sleep(REPEAT_MS);
      }
    }
  }
}

/** An event that can't be read is somebody's nonetheless: it is waited for like any other. */
function stateOf({ type, data, revision }: RecordedEvent, ttlMs: number): LeaseState {
  const parsed = leaseData.safeParse(data);
  const isReleased = type === 'LeaseReleased';
  return parsed.success ? { ...parsed.data, revision, isReleased } : { owner: 'unknown', term: 0, ttlMs, revision, isReleased };
}
