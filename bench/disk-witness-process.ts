import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import type { WitnessedSync } from './disk-witness.js';

/** `argv[2]`: a file of its own; writes 4 KiB to the same place of it with fsync, 20 times a second, and tells its parent how long each took. */

const EVERY_MS = 50;
const BLOCK = Buffer.alloc(4096, 'x');

const file = process.argv[2]!;
const descriptor = openSync(file, 'w');
setInterval(() => {
  const start = process.hrtime.bigint();
  writeSync(descriptor, BLOCK, 0, BLOCK.length, 0);
  fsyncSync(descriptor);
  process.send?.({ tookMs: Number(process.hrtime.bigint() - start) / 1e6 } satisfies WitnessedSync);
}, EVERY_MS);
process.on('disconnect', () => {
  closeSync(descriptor);
  rmSync(file);
  process.exit();
});
