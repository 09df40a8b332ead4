import { jsonEvent, type EventData } from '@eventstore/db-client';
import type { AppendRequest } from './append-request.js';
import type { EventToAppend, RecordedEvent, StreamMetadata } from './event-store.js';

/** The events as the client takes them, with the ids that were checked. */
export function toClientEvents(events: readonly EventToAppend[], request: AppendRequest): EventData[] {
  return events.map(({ id, type, data, metadata }, index) =>
    jsonEvent({ id: request.rows[index]?.id ?? id, type, data: data as Record<string, unknown>, metadata: metadata as Record<string, unknown> }),
  );
}

/** The event that sets a stream's metadata, after the one that is in force. */
export function metadataEvent(metadata: StreamMetadata, current: RecordedEvent | null): EventData {
  const before = (current?.data ?? {}) as Record<string, unknown>;
  const truncated = before['$tb'];
  // A deletion is a $tb that no stream reaches; the server replaces it by itself.
  const kept = typeof truncated === 'number' && Number.isSafeInteger(truncated) ? truncated : 0;
  const truncateBefore = Math.max(kept, Number(metadata.truncateBefore ?? 0n));
  const data = {
    ...(metadata.maxCount === undefined ? {} : { $maxCount: metadata.maxCount }),
    ...(truncateBefore === 0 ? {} : { $tb: truncateBefore }),
  };
  return jsonEvent({ type: '$metadata', data });
}
