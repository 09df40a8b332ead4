import type { Clock } from '../clock.js';

export interface Waiting {
  readonly clock: Clock;
  /** Told of each failure that is waited out. */
  readonly onWait: (error: unknown) => void;
  /** Whether an error is of a server that may come back; any other ends the waiting. */
  readonly mayComeBack: (error: unknown) => boolean;
  readonly limitMs?: number;
}

/** How long a start waits for a server that is away. */
const LIMIT_MS = 60_000;
const PAUSE_MS = 1_000;

/** Asks a server again while it is away, for so long at most. Thrown: what the last attempt threw. */
export async function untilAvailable<T>(ask: () => Promise<T>, { clock, onWait, mayComeBack, limitMs = LIMIT_MS }: Waiting): Promise<T> {
  const deadlineMs = clock.now() + limitMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!mayComeBack(error) || clock.now() > deadlineMs) throw error;
      onWait(error);
      await clock.sleep(PAUSE_MS);
    }
  }
}
