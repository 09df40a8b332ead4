import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread, type BenchCase } from './bench-case.js';
import { RunningProduct } from './product.js';

/** Readings accepted per second over HTTP, while they are processed as well. */
export const ingest: BenchCase = async ({ isQuick }) => {
  const seconds = isQuick ? 2 : 10;
  const runs = isQuick ? 1 : 3;
  const cases = [
    { name: 'single posts, 64 connections', connections: 64, readings: 1 },
    { name: 'NDJSON batches of 100, 8 connections', connections: 8, readings: 100 },
    { name: 'NDJSON batches of 1,000, 4 connections', connections: 4, readings: 1000 },
  ];
  const rates = cases.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [index, { connections, readings }] of cases.entries()) {
      const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
      const product = await RunningProduct.start(dir, 1000);
      (rates[index] as number[]).push(await load(product.ingestPort, connections, readings, seconds));
      await product.stop();
      rmSync(dir, { recursive: true });
    }
  }
  return {
    title: 'Ingest, embedded log',
    about: `Readings answered with 200 per second, over HTTP on loopback, each durable before its answer; ${seconds} s a run, all of them normal readings in the literal form.`,
    columns: ['posts', 'readings/s'],
    rows: cases.map(({ name }, index) => [name, spread(rates[index] as number[])]),
  };
};

async function load(port: number, connections: number, readings: number, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const endMs = performance.now() + seconds * 1000;
  let accepted = 0;
  let next = 0;
  const post = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const lines = Array.from({ length: readings }, () => `{"${(next++ * 7919) % 50_000}", "false", "false", "21.5", "30.0"}`);
      const headers = { 'content-type': readings === 1 ? 'text/plain' : 'application/x-ndjson' };
      const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/topics/ENTRY/messages', agent, headers }, (answer) => {
        answer.resume().on('end', () => {
          if (answer.statusCode !== 200) return reject(new Error(`answered ${answer.statusCode}`));
          accepted += readings;
          resolve();
        });
      });
      sent.on('error', reject);
      sent.end(lines.join('\n'));
    });
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() < endMs) await post();
  }));
  const rate = accepted / ((performance.now() - start) / 1000);
  agent.destroy();
  return rate;
}
