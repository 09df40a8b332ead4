import type { Writable } from 'node:stream';
import type { Clock } from '../clock.js';
import type { Progress } from '../ingestion/reconcile.js';
import { toProblem } from './problem.js';

export const PROGRESS_MEDIA_TYPE = 'application/x-ndjson';

const BETWEEN_LINES_MS = 250;

/**
 * Runs a long operation and tells how far it is, a line of JSON each: `{"progress":{"done":512,"of":9000,
 * "what":"records"}}`, at the end `{"result":{…}}` or `{"problem":{…}}`.
 *
 * `open` begins the answer, with the first line. At most four lines a second are written and none to a reader
 * that does not take them, so nothing queues. The operation goes on when the reader has gone: half a rebuild
 * helps nobody. Thrown: what the operation threw before its first line.
 */
export async function tellProgress(
  open: () => Writable,
  clock: Clock,
  instance: string,
  run: (onProgress: Progress) => Promise<object>,
  logFailure: (error: unknown) => void,
): Promise<void> {
  let out: Writable | null = null;
  let lastAtMs = -Infinity;
  const write = (line: object) => {
    if (out === null) {
      out = open();
      // A reader that goes away is no failure of the operation.
      out.on('error', () => undefined);
    }
    if (!out.destroyed) out.write(`${JSON.stringify(line)}\n`);
    return out;
  };
  try {
    const result = await run((done, of, what) => {
      const nowMs = clock.now();
      if (nowMs - lastAtMs < BETWEEN_LINES_MS || out?.writableNeedDrain === true) return;
      lastAtMs = nowMs;
      write({ progress: { done, of, what } });
    });
    write({ result }).end();
  } catch (error) {
    if (out === null) throw error;
    const problem = toProblem(error, instance);
    if (problem.status === 500) logFailure(error);
    write({ problem }).end();
  }
}
