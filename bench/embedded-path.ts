import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { LibsqlEventStore } from '../src/event-store/libsql-event-store.js';
import { normalReadings } from '../src/ingestion/normal-readings.js';
import { LibsqlMessageLog } from '../src/message-log/libsql-message-log.js';
import { median, perSecond, spread, type BenchCase } from './bench-case.js';
import { drain, type Drained } from './drain.js';

const SENSORS = 50_000;
const ABNORMAL_SHARES = [0.0005, 0.01, 0.1];

/** Draining a backlog of the embedded log with the real rules and real appends, against the same without the byte-level discard. */
export const embeddedPath: BenchCase = async ({ isQuick, progress }) => {
  const readings = isQuick ? 200_000 : 3_000_000;
  const runs = isQuick ? 1 : 3;
  const rows: string[][] = [];
  for (const share of ABNORMAL_SHARES) {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
    const count = share > 0.05 ? readings / 10 : readings;
    progress(`${share * 100} % abnormal: filling the backlog of ${count.toLocaleString('en-US')} readings`);
    await fill(dir, count, share);
    const ours: Drained[] = [];
    const plain: Drained[] = [];
    for (let run = 0; run < runs; run += 1) {
      for (const [name, drained, discard] of [['discard by bytes', ours, normalReadings], ['parsing each', plain, undefined]] as const) {
        const result = await drain(dir, { ...(discard && { discard }), openStore: (storeDir) => LibsqlEventStore.open(storeDir, { clock: systemClock }) });
        drained.push(result);
        progress(`${share * 100} % abnormal, run ${run + 1} of ${runs}, ${name}: ${perSecond(count / result.seconds)}`);
      }
    }
    const rate = (drained: readonly Drained[]) => drained.map(({ seconds }) => count / seconds);
    rows.push([
      `${share * 100} %`,
      count.toLocaleString('en-US'),
      spread(rate(ours)),
      spread(rate(plain)),
      `${(median(rate(ours)) / median(rate(plain))).toFixed(1)}×`,
      spread(ours.map(({ cpuSeconds }) => (cpuSeconds / count) * 1e6), 2),
      `${Math.max(...ours.map(({ events }) => events)).toLocaleString('en-US')}`,
    ]);
    rmSync(dir, { recursive: true });
  }
  return {
    title: 'Processing of the embedded path',
    about: [
      'A backlog in the embedded log (53-byte readings in the literal form, 50,000 sensors, both partitions; an OK for each',
      'twentieth abnormal reading) is drained by one process: byte-level discard, rules, appends to the embedded event store,',
      'receipts. “Parsing each” is the same without the discard: every record becomes an object and is parsed.',
    ].join('\n'),
    columns: ['abnormal', 'readings', 'readings/s', 'parsing each, readings/s', 'ratio of medians', 'CPU s per million', 'events stored'],
    rows,
  };
};

async function fill(dir: string, count: number, share: number): Promise<void> {
  const log = await LibsqlMessageLog.open(dir, { clock: systemClock });
  const every = Math.round(1 / share);
  for (let from = 0; from < count; from += 5000) {
    const entries: { key: string; value: Buffer }[] = [];
    const oks: { key: string; value: Buffer }[] = [];
    for (let i = from; i < Math.min(from + 5000, count); i += 1) {
      const sensor = String((i * 7919) % SENSORS);
      const isAbnormal = i % every === 0;
      const kind = Math.floor(i / every) % 3;
      const movement = isAbnormal && kind === 0;
      const smoke = isAbnormal && kind === 1;
      const heat = isAbnormal && kind === 2;
      entries.push({ key: sensor, value: Buffer.from(`{"${sensor}", "${movement}", "${smoke}", "${heat ? '45.5' : '21.5'}", "30.0"}`) });
      if (isAbnormal && Math.floor(i / every) % 20 === 0) oks.push({ key: sensor, value: Buffer.from(`{"${sensor}", "false", "false", "21.5", "30.0"}`) });
    }
    await log.append('ENTRY', entries);
    if (oks.length > 0) await log.append('OK', oks);
  }
  await log.close();
}
