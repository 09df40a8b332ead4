import type { Position } from './event-store.js';

/** As many digits as an unsigned number of 64 bits can have, so that positions sort as strings. */
const DIGITS = 20;

/**
 * `1207n` → `"00000000000000001207"`: an event's commit position.
 *
 * That is where its record begins in the server's log, and enough to find it again: only transactions of the
 * removed TCP protocol have events that share one.
 */
export function toPosition(commit: bigint): Position {
  return String(commit).padStart(DIGITS, '0');
}

/** Thrown: a RangeError for a position of another store. */
export function fromPosition(position: Position): bigint {
  if (!/^\d{20}$/.test(position)) {
    throw new RangeError(`position ${JSON.stringify(position)} is not of EventStoreDB, which has ${DIGITS} digits`);
  }
  return BigInt(position);
}
