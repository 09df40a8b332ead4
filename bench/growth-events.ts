import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sensorStream } from '../src/alarm-domain/sensor.js';
import { isoTime, systemClock } from '../src/clock.js';
import type { EventToAppend } from '../src/event-store/event-store.js';
import { LibsqlEventStore } from '../src/event-store/libsql-event-store.js';
import { ALL_PROJECTIONS } from '../src/projections/all-projections.js';
import type { RebuildAllReport } from '../src/projections/projection-runner.js';
import { PRODUCT_COMMAND } from '../test/support/product-command.js';
import { AlarmHistory, EVENTS_PER_ALARM } from './alarm-history.js';
import { perSecond, spread, type BenchCase } from './bench-case.js';
import { GrowthTable } from './growth-table.js';
import { RunningProduct } from './product.js';
import { quantile } from './quantile.js';

const SENSORS = 50_000;
const QUERIES = 50;
const EVENT = JSON.parse(readFileSync(new URL('../test/golden/StrikeRecorded.v1.json', import.meta.url), 'utf8')) as EventToAppend;

/** The embedded event store as it grows: appends, start-up, memory, rebuilds, an auditor's questions. */
export const growthEvents: BenchCase = async ({ isQuick, progress }) => {
  const sizes = isQuick ? [1_000, 5_000, 20_000] : [10_000, 1_000_000, 10_000_000];
  const [runs, appends] = isQuick ? [1, 200] : [3, 3_000];
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const stores = sizes.map((size) => ({ size, dir: join(dir, String(size)) }));
  const table = new GrowthTable(sizes);
  const history = new AlarmHistory(SENSORS);
  try {
    const first = await grow(history, stores, table, progress);
    for (const { size, dir: dataDir } of stores) await measureProduct(dataDir, size, first.get(size) ?? [0, 0]);
    // Last, as they add to the stores.
    for (let run = 0; run < runs; run += 1) {
      for (const store of [...stores.slice(run % stores.length), ...stores.slice(0, run % stores.length)]) {
        const tookMs = await appendEach(store.dir, appends);
        table.note('append of one event to its sensor’s stream, p50, ms', store.size, quantile(tookMs, 0.5));
        table.note('the same, p99, ms', store.size, quantile(tookMs, 0.99));
        progress(`appends, run ${run + 1} of ${runs}, ${store.size.toLocaleString('en-US')} events: p99 ${quantile(tookMs, 0.99).toFixed(2)} ms`);
      }
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  return {
    title: 'Growth: the embedded event store',
    about: [
      `A store of alarm after alarm of ${SENSORS.toLocaleString('en-US')} sensors, one a second: three strikes, the alarm, its e-mail asked for, claimed and sent, recovery, acknowledgement; each decided by the domain.`,
      `Appends: ${appends.toLocaleString('en-US')} to streams at random, one after another, each on the disk before its answer, the three stores by turns, ${runs} times. Start: from \`${PRODUCT_COMMAND}\` to every part being up.`,
      '“Made anew”: a first start on a store without read models, until everything has caught up: read models, the COUNT topic, the look at each alarm’s e-mail.',
      `Rebuild: events of the store per second, for all ${ALL_PROJECTIONS.length} read models together, each compared with the live one, in the running product. Questions: ${QUERIES} each, at times and of sensors spread over all. Least / median / most of the runs where there are several; resident memory after a start and after all that.`,
    ].join('\n'),
    ...table.result('events in the store'),
  };

  async function measureProduct(dataDir: string, size: number, [firstMs, lastMs]: readonly [number, number]): Promise<void> {
    const startedMs = performance.now();
    let product = await RunningProduct.start(dataDir, SENSORS);
    // To ask is to count the events that are still to come.
    while ((await product.lagEvents()) > 0) await systemClock.sleep(1000);
    const seconds = (performance.now() - startedMs) / 1000;
    table.note('first start, everything made anew, s', size, seconds);
    progress(`${size.toLocaleString('en-US')} events: made anew in ${seconds.toFixed(0)} s`);
    await product.stop();
    for (let run = 0; run < runs; run += 1) {
      const begunMs = performance.now();
      product = await RunningProduct.start(dataDir, SENSORS);
      table.note('later start, s', size, (performance.now() - begunMs) / 1000);
      if (run < runs - 1) await product.stop();
    }
    try {
      table.note('resident after a start, MB', size, product.residentMb());
      // The largest takes minutes for each.
      for (let run = 0; run < (size > 5_000_000 ? 1 : runs); run += 1) {
        const { durationMs, readModels } = await rebuildAll(product);
        const wrong = readModels.filter((each) => 'problem' in each || !each.equal);
        if (wrong.length > 0) throw new Error(`rebuilt: ${JSON.stringify(wrong)}`);
        progress(`${size.toLocaleString('en-US')} events, rebuild of all read models: ${perSecond(size / (durationMs / 1000))}`);
        table.note('rebuild of all read models, events/s', size, size / (durationMs / 1000));
      }
      const times = Array.from({ length: QUERIES }, (_, index) => isoTime(Math.round(firstMs + ((index + 0.5) / QUERIES) * (lastMs - firstMs))));
      const sensors = Array.from({ length: QUERIES }, (_, index) => history.sensorOf(Math.floor(((index + 0.5) / QUERIES) * (size / EVENTS_PER_ALARM))));
      note('the whole system as of a time', await product.timed(times.map((time) => `/api/audit/system?asOf=${time}`)));
      note('a sensor as of a time', await product.timed(sensors.map((id, index) => `/api/audit/sensors/${id}?asOf=${times[index]}`)));
      note('a page of alarms', await product.timed(Array.from({ length: QUERIES }, () => '/api/alarms?limit=100')));
      table.note('resident after all that, MB', size, product.residentMb());
    } finally {
      await product.stop();
    }

    function note(what: string, tookMs: readonly number[]): void {
      const sorted = [...tookMs].sort((a, b) => a - b);
      table.note(`${what}, p50, ms`, size, quantile(sorted, 0.5));
      table.note(`${what}, slowest of ${QUERIES}, ms`, size, quantile(sorted, 1));
      progress(`${size.toLocaleString('en-US')} events, ${what}: ${spread(sorted, 1)} ms`);
    }
  }
};

/** Fills one store and keeps a copy of it at each size; from when to when the events of each are. */
async function grow(history: AlarmHistory, stores: readonly { size: number; dir: string }[], table: GrowthTable, progress: (step: string) => void): Promise<Map<number, readonly [number, number]>> {
  const spans = new Map<number, readonly [number, number]>();
  let previous: string | null = null;
  for (const { size, dir } of stores) {
    mkdirSync(dir, { recursive: true });
    if (previous !== null) cpSync(previous, dir, { recursive: true });
    const store = await LibsqlEventStore.open(dir, { clock: systemClock });
    const [before, beganMs] = [history.events, performance.now()];
    let toldAt = beganMs;
    await history.fill(store, size, (events) => {
      if (performance.now() - toldAt < 10_000) return;
      toldAt = performance.now();
      progress(`${events.toLocaleString('en-US')} of ${size.toLocaleString('en-US')} events stored`);
    });
    table.note('events stored a second while it grew so far, 256 appends at a time', size, (history.events - before) / ((performance.now() - beganMs) / 1000));
    await store.close();
    spans.set(size, history.spanMs);
    previous = dir;
  }
  return spans;
}

/** Milliseconds of each append, ascending. */
async function appendEach(dir: string, appends: number): Promise<readonly number[]> {
  const store = await LibsqlEventStore.open(dir, { clock: systemClock });
  const tookMs: number[] = [];
  for (let append = 0; append < appends; append += 1) {
    const stream = sensorStream(Math.floor(Math.random() * SENSORS));
    let expected: bigint | 'no-stream' = 'no-stream';
    for await (const { revision } of store.readStream(stream, { direction: 'backwards', limit: 1 })) expected = revision;
    const begunMs = performance.now();
    await store.append(stream, [{ ...EVENT, id: randomUUID() }], expected);
    tookMs.push(performance.now() - begunMs);
  }
  await store.close();
  return tookMs.sort((a, b) => a - b);
}

async function rebuildAll(product: RunningProduct): Promise<RebuildAllReport> {
  const answer = await fetch(`${product.consoleUrl}/api/operations/rebuild`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  const last = (await answer.text()).trim().split('\n').at(-1) ?? '';
  const { result } = JSON.parse(last) as { result?: RebuildAllReport };
  if (!result) throw new Error(`rebuild: ${last}`);
  return result;
}
