import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { perSecond, spread, type BenchCase } from './bench-case.js';
import { acceptedPerSecond } from './ingest-load.js';
import { RunningProduct } from './product.js';

/** Readings accepted per second over HTTP, while they are processed as well. */
export const ingest: BenchCase = async ({ isQuick, progress }) => {
  const seconds = isQuick ? 2 : 10;
  const runs = isQuick ? 1 : 3;
  const cases = [
    { name: 'single posts, 64 connections', connections: 64, readings: 1 },
    { name: 'NDJSON batches of 100, 8 connections', connections: 8, readings: 100 },
    { name: 'NDJSON batches of 1,000, 4 connections', connections: 4, readings: 1000 },
  ];
  const rates = cases.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [index, load] of cases.entries()) {
      const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
      const product = await RunningProduct.start(dir, 1000);
      const rate = await acceptedPerSecond({ ...load, url: `http://127.0.0.1:${product.ingestPort}/topics/ENTRY/messages`, seconds });
      (rates[index] as number[]).push(rate);
      progress(`run ${run + 1} of ${runs}, ${load.name}: ${perSecond(rate)}`);
      await product.stop();
      rmSync(dir, { recursive: true });
    }
  }
  return {
    title: 'Ingest, embedded log',
    about: `Readings answered with 200 per second, over HTTP on loopback (autocannon), each durable before its answer; ${seconds} s a run, all of them normal readings in the literal form.`,
    columns: ['posts', 'readings/s'],
    rows: cases.map(({ name }, index) => [name, spread(rates[index] as number[])]),
  };
};
