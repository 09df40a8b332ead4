import type { Position } from './event-store.js';

/**
 * How many events there are in all, when there were `events` up to `position` and there are more up to `goal`.
 *
 * The stores at hand count their positions up from 0, so that the way gone tells; of other positions nothing is known.
 */
export function estimateTotal(events: number, position: Position | null, goal: Position | null): number {
  const share = Number(position) / Number(goal);
  return share > 0 && share <= 1 ? Math.round(events / share) : events;
}
