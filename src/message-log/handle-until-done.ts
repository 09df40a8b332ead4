import { DoublingPause, type Clock } from '../clock.js';
import { PositionLost, type ConsumeOptions, type LogBatch } from './message-log.js';

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

/** Gives the batches to the handler until it takes them or `signal` is aborted; tells whether it took them. Thrown: `PositionLost`. */
export async function handleUntilDone(clock: Clock, batches: readonly LogBatch[], handle: ConsumeOptions['handle'], signal: AbortSignal): Promise<boolean> {
  const pause = new DoublingPause(clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
  while (!signal.aborted) {
    try {
      await handle(batches);
      return true;
    } catch (error) {
      if (error instanceof PositionLost) throw error;
      // The handler knows why it refused, and says so where it does; here it only gets the same again.
      await pause.wait(signal);
    }
  }
  return false;
}
