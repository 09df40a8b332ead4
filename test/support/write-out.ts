import { writeSync } from 'node:fs';

const never = new Int32Array(new SharedArrayBuffer(4));

/** Writes to stdout before it returns, so that a kill can't take back what was said; waits while the reader is slow. */
export function writeOut(text: string): void {
  let left: Uint8Array = Buffer.from(text);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      // A pipe that is full: Node's are non-blocking.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(never, 0, 0, 1);
    }
  }
}
