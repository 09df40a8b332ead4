import type { ExpectedRevision, StreamMetadata } from './event-store.js';

/** What the store keeps of a stream apart from its events. Revisions here are plain numbers: they stay far below 2^53. */
export interface StreamRow {
  /** -1 before the first event; goes on after a deletion. */
  readonly lastRevision: number;
  /** The first revision since the stream was begun, or begun again after a deletion. */
  readonly origin: number;
  readonly isDeleted: boolean;
  readonly maxCount: number | null;
  readonly truncateBefore: number | null;
}

export const NEW_STREAM: StreamRow = { lastRevision: -1, origin: 0, isDeleted: false, maxCount: null, truncateBefore: null };

/** What an append comes to, by its expected revision alone: it is stored as the next events, or it is right only if it `repeats` the events from revision `at` on. */
export type AppendDecision = { readonly type: 'store' } | { readonly type: 'repeats'; readonly at: number };

/**
 * The rules of EventStoreDB: a deleted stream takes `no-stream`, and also the revision of its last event.
 * For `any` the caller looks for a repeat itself.
 */
export function decideAppend(stream: StreamRow, expected: ExpectedRevision): AppendDecision {
  if (expected === 'any') return { type: 'store' };
  if (expected === 'no-stream') return exists(stream) ? { type: 'repeats', at: stream.origin } : { type: 'store' };
  return expected === BigInt(stream.lastRevision) ? { type: 'store' } : { type: 'repeats', at: Number(expected) + 1 };
}

/** False for a stream that never had an event or is deleted. */
export function exists(stream: StreamRow): boolean {
  return stream.lastRevision >= 0 && !stream.isDeleted;
}

/** The lowest revision that a reader may see; what lies below is gone or about to be removed. */
export function firstKept(stream: StreamRow): number {
  const byCount = stream.maxCount === null ? 0 : stream.lastRevision + 1 - stream.maxCount;
  return Math.max(stream.origin, stream.truncateBefore ?? 0, byCount);
}

/** Thrown: a RangeError for limits that no stream can have. */
export function checkStreamMetadata(stream: string, { maxCount, truncateBefore }: StreamMetadata): void {
  if (maxCount !== undefined && !(Number.isSafeInteger(maxCount) && maxCount > 0)) {
    throw new RangeError(`maxCount of stream ${stream} is ${maxCount}, expected a whole number above 0`);
  }
  if (truncateBefore !== undefined && (truncateBefore < 0n || truncateBefore > BigInt(Number.MAX_SAFE_INTEGER))) {
    throw new RangeError(`truncateBefore of stream ${stream} is ${truncateBefore}, expected a revision`);
  }
}
