import type { LogBatch } from '../message-log/message-log.js';

/** Records, and offsets without one, of batches that are handled together: with that many more, a receipt stays below the largest event. */
const MOST_OF_A_GROUP = 5_000;

/**
 * Neighbours that are handled together: as many as their receipts have room for. An OK ends its group: its receipt is stored before
 * what follows is handled, so that it never meets an alarm from behind it. A batch that is out of order is alone.
 */
export function groupsOf(batches: readonly LogBatch[]): LogBatch[][] {
  const groups: LogBatch[][] = [];
  let last: LogBatch | null = null;
  let room = 0;
  for (const batch of batches) {
    const size = batch.records.length + batch.skipped.length;
    const isJoined = last !== null && !last.isOutOfOrder && !batch.isOutOfOrder && (last.topic === 'ENTRY' || batch.topic === 'OK') && size <= room;
    if (isJoined) groups.at(-1)!.push(batch);
    else groups.push([batch]);
    room = (isJoined ? room : MOST_OF_A_GROUP) - size;
    last = batch;
  }
  return groups;
}
