import { TOMBSTONE_REVISION, type StoredEvent } from './stored-event.js';

/** What a stream's metadata says about which of its events are to be seen. */
export interface StreamLimits {
  readonly maxCount: number | null;
  readonly maxAgeSeconds: number | null;
  readonly truncateBefore: number | null;
}

const NO_LIMITS: StreamLimits = { maxCount: null, maxAgeSeconds: null, truncateBefore: null };

/** The limits in the newest event of a metadata stream. */
export function limitsIn(metadata: StoredEvent | undefined): StreamLimits {
  if (!metadata) return NO_LIMITS;
  const json = parseObject(metadata.data);
  return { maxCount: numberIn(json['$maxCount']), maxAgeSeconds: numberIn(json['$maxAge']), truncateBefore: numberIn(json['$tb']) };
}

/** A soft deletion is a `$tb` of 2^63-1. */
export function isSoftDeleted(limits: StreamLimits): boolean {
  return limits.truncateBefore === TOMBSTONE_REVISION;
}

/** The same metadata with another `$tb`, as the server writes it when a soft-deleted stream is begun again. */
export function withTruncateBefore(metadata: Buffer, revision: number): Buffer {
  return Buffer.from(JSON.stringify({ ...parseObject(metadata), $tb: revision }));
}

/** The metadata that a soft deletion writes. */
export const SOFT_DELETION = Buffer.from(`{"$tb":${2n ** 63n - 1n}}`);

/** The first revision to be seen, of events that are numbered from 0 without a gap. */
export function firstVisible(events: readonly StoredEvent[], limits: StreamLimits, now: number): number {
  const byCount = limits.maxCount === null ? 0 : events.length - limits.maxCount;
  let first = Math.max(0, limits.truncateBefore ?? 0, byCount);
  if (limits.maxAgeSeconds !== null) {
    const oldest = now - limits.maxAgeSeconds * 1000;
    while (first < events.length && (events[first]?.created ?? 0) < oldest) first += 1;
  }
  return Math.min(first, events.length);
}

function parseObject(data: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(data.toString());
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function numberIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
