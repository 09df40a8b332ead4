import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRODUCT_COMMAND } from '../test/support/product-command.js';
import { spread, type BenchCase } from './bench-case.js';
import { RunningProduct } from './product.js';

/** From the start of the process to every part being up. */
export const startUp: BenchCase = async ({ isQuick, progress }) => {
  const first: number[] = [];
  const next: number[] = [];
  const runs = isQuick ? 1 : 3;
  for (let run = 0; run < runs; run += 1) {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
    first.push(await timed(dir));
    next.push(await timed(dir));
    progress(`run ${run + 1} of ${runs}: first ${first.at(-1)?.toFixed(2)} s, later ${next.at(-1)?.toFixed(2)} s`);
    rmSync(dir, { recursive: true });
  }
  return {
    title: 'Start-up',
    about: `From the start of \`${PRODUCT_COMMAND}\` to \`GET /api/health\` saying that every part is up, in seconds.`,
    columns: ['start', 'seconds'],
    rows: [
      ['first, sets up 50,000 customers', spread(first, 2)],
      ['later, 50,000 customers', spread(next, 2)],
    ],
  };
};

async function timed(dir: string): Promise<number> {
  const start = performance.now();
  const product = await RunningProduct.start(dir, 50_000);
  const seconds = (performance.now() - start) / 1000;
  await product.stop();
  return seconds;
}
