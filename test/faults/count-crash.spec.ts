import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CountBench } from '../support/count-bench.js';
import { killAndCheck } from './kill-and-check.js';

const WRITER = join(import.meta.dirname, 'count-crash.writer.ts');

describe('R4: a publisher of COUNT whose process is killed', () => {
  it('has every alarm on COUNT exactly once after the next start, after each of 10 kills', async () => {
    let recognised = 0;
    // A kill between the record on COUNT and the checkpoint must be among them, and on a slow machine may not be.
    for (let turn = 0; turn < 4 && recognised === 0; turn += 1) recognised += await killTenTimes();
    expect(recognised).toBeGreaterThan(0);
  }, 240_000);
});

/** Gives how many alarms were found on COUNT although no checkpoint tells of them. */
async function killTenTimes(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-count-crash-'));
  let restarts = 0;
  let recognised = 0;
  await killAndCheck({
    script: WRITER,
    args: [dir],
    kills: 10,
    check: async (lines, round) => {
      const bench = await CountBench.over(dir);
      // Every other time the killed process itself goes on, with what the one before has left.
      if (round % 2 === 0) {
        recognised += (await bench.runThrough()).totals.recognised;
        restarts += 1;
        const ids = await bench.alarmIds();
        if (new Set(ids).size !== ids.length) throw new Error(`${ids.length - new Set(ids).size} alarms are on COUNT twice`);
        const missing = lines.filter((id) => !ids.includes(id));
        if (missing.length > 0) throw new Error(`${missing.length} alarms are not on COUNT, such as ${missing[0]}`);
      }
      await bench.leave();
    },
  });
  expect(restarts).toBe(5);
  await rm(dir, { recursive: true });
  return recognised;
}
