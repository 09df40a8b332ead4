import type { ReadBatch } from './read-batch.js';

/** Records, and offsets without one, of batches that are handled together: with that many more, a receipt stays below the largest event. */
const MOST_OF_A_GROUP = 5_000;

/**
 * Neighbours that are handled together: as many as their receipts have room for. A reading is not in a group with an earlier OK
 * of its sensor: that OK's receipt is stored before, so that it never meets an alarm from behind it. A batch that is out of order is alone.
 */
export function groupsOf(batches: readonly ReadBatch[]): ReadBatch[][] {
  const groups: ReadBatch[][] = [];
  let last: ReadBatch['batch'] | null = null;
  let room = 0;
  let recovering = new Set<number>();
  for (const read of batches) {
    const { batch, messages } = read;
    const size = batch.records.length + batch.skipped.length;
    const hasEarlierOk = batch.topic === 'ENTRY' && messages.some(({ sensorId }) => recovering.has(sensorId));
    const isJoined = last !== null && !last.isOutOfOrder && !batch.isOutOfOrder && !hasEarlierOk && size <= room;
    if (isJoined) groups.at(-1)!.push(read);
    else {
      groups.push([read]);
      room = MOST_OF_A_GROUP;
      recovering = new Set();
    }
    room -= size;
    if (batch.topic === 'OK') for (const { sensorId } of messages) recovering.add(sensorId);
    last = batch;
  }
  return groups;
}
