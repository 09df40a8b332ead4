import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { PRODUCT_COMMAND } from '../test/support/product-command.js';
import type { BenchCase } from './bench-case.js';
import { GrowthTable } from './growth-table.js';
import { RunningProduct } from './product.js';
import { quantile } from './quantile.js';

const QUERIES = 50;
const PER_POST = 1_000;
/** One sensor in so many has an open alarm. */
const ACTIVE_EVERY = 100;
const CELL_SENSORS = 100;

interface Cell {
  readonly geohash: string;
  readonly sensors: number;
  readonly active: number;
}

/** The whole product, embedded, with more and more sensors that all report: start-up, memory, the map. */
export const growthSensors: BenchCase = async ({ isQuick, progress }) => {
  const sizes = isQuick ? [1_000, 5_000] : [1_000, 50_000, 1_000_000];
  const runs = isQuick ? 1 : 3;
  const table = new GrowthTable(sizes);
  for (const size of sizes) {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
    try {
      await measure(dir, size);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
  return {
    title: 'Growth: sensors',
    about: [
      `The product in one process, embedded, with so many customers (a sensor each). Every sensor reports once and then again, ${PER_POST.toLocaleString('en-US')} readings a post; one in ${ACTIVE_EVERY} has an open alarm.`,
      `Start: from \`${PRODUCT_COMMAND}\` to every part being up; the first one sets the customers up. Map: ${QUERIES} questions over HTTP one after another, from the asking to the last byte; least / median / most of the runs where there are several.`,
    ].join('\n'),
    ...table.result('sensors'),
  };

  async function measure(dir: string, size: number): Promise<void> {
    const started = async (name: string): Promise<RunningProduct> => {
      const begunMs = performance.now();
      const product = await RunningProduct.start(dir, size);
      table.note(name, size, (performance.now() - begunMs) / 1000);
      return product;
    };
    await (await started('first start, sets up the customers, s')).stop();
    let product = await started('later start, s');
    for (let run = 1; run < runs; run += 1) {
      await product.stop();
      product = await started('later start, s');
    }
    try {
      table.note('resident after a start, MB', size, product.residentMb());
      progress(`${size.toLocaleString('en-US')} sensors: they report`);
      const begunMs = performance.now();
      for (let round = 0; round < 2; round += 1) await report(product, size);
      await caughtUp(product, Math.floor(size / ACTIVE_EVERY));
      table.note('readings a second, sent, processed and their alarms mailed', size, (2 * size) / ((performance.now() - begunMs) / 1000));
      table.note('resident once every sensor was heard of, MB', size, product.residentMb());
      await time('map of the world', ['/api/map?prefixLength=2']);
      await time('map of cells of 3 characters', ['/api/map?prefixLength=3']);
      const { cells } = await product.ask<{ cells: Cell[] }>('/api/map?prefixLength=3');
      const fullest = [...cells].sort((a, b) => b.sensors - a.sensors).slice(0, 10);
      table.note('sensors in the fullest cell of 3 characters', size, fullest[0]?.sensors ?? 0);
      await time(`${CELL_SENSORS} sensors of the fullest cells`, fullest.map(({ geohash }) => `/api/map/sensors?cell=${geohash}&limit=${CELL_SENSORS}`));
      await time('a page of open alarms', ['/api/alarms?status=open&limit=100']);
      table.note('resident after the questions, MB', size, product.residentMb());
    } finally {
      await product.stop();
    }

    async function time(what: string, paths: readonly string[]): Promise<void> {
      for (let run = 0; run < runs; run += 1) {
        const tookMs = [...(await product.timed(Array.from({ length: QUERIES }, (_, index) => paths[index % paths.length]!)))].sort((a, b) => a - b);
        table.note(`${what}, p50, ms`, size, quantile(tookMs, 0.5));
        table.note(`${what}, slowest of ${QUERIES}, ms`, size, quantile(tookMs, 1));
        progress(`${size.toLocaleString('en-US')} sensors, ${what}: p50 ${quantile(tookMs, 0.5).toFixed(1)} ms, slowest ${quantile(tookMs, 1).toFixed(1)} ms`);
      }
    }
  }
};

/** A reading of each sensor, the motion of some. */
async function report(product: RunningProduct, sensors: number): Promise<void> {
  for (let from = 0; from < sensors; from += PER_POST) {
    const readings = Array.from({ length: Math.min(PER_POST, sensors - from) }, (_, index) => `{"${from + index}", "${(from + index) % ACTIVE_EVERY === 0}", "false", "21.5", "30.0"}`);
    const answer = await fetch(`http://127.0.0.1:${product.ingestPort}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: readings.join('\n') });
    if (!answer.ok) throw new Error(`readings from sensor ${from} on: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}

async function caughtUp(product: RunningProduct, alarms: number): Promise<void> {
  for (;;) {
    const { total } = await product.ask<{ total: number }>('/api/alarms?limit=1');
    if (total >= alarms && (await product.lagEvents()) === 0) return;
    await systemClock.sleep(100);
  }
}
