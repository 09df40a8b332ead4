import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../../test/support/wait-for.js';
import { systemClock, type Clock } from '../clock.js';
import { EmbeddedDatabase } from '../storage/embedded-database.js';
import { LibsqlMessageLog, type LibsqlMessageLogOptions } from './libsql-message-log.js';
import { LogUnavailable, type LogBatch, type LogRecord, type OutgoingRecord } from './message-log.js';
import { partitionFor } from './murmur2.js';

/** What the embedded log does beyond the port's contract: its rows, times, bounds and faults. */

const KEY = '42959';
const PARTITION = partitionFor(KEY, 2);

/** A clock that stands still but for sleeps, which take no real time. */
class SteppedClock implements Clock {
  slept: number[] = [];
  constructor(public nowMs: number) {}
  now(): number {
    return this.nowMs;
  }
  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let dir: string;
let log: LibsqlMessageLog;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-log-'));
});
afterEach(async () => {
  await log.close();
  await rm(dir, { recursive: true });
});

async function open(options: Partial<LibsqlMessageLogOptions> = {}): Promise<void> {
  log = await LibsqlMessageLog.open(dir, { clock: systemClock, ...options });
}

async function inDatabase<T>(work: (db: EmbeddedDatabase) => T | Promise<T>): Promise<T> {
  const db = await EmbeddedDatabase.open(join(dir, 'message-log.db'), '');
  const result = await work(db);
  await db.close();
  return result;
}

function records(count: number, bytes = 5): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => ({ key: KEY, value: Buffer.alloc(bytes, String(index % 10)) }));
}

async function readAll(topic = 'ENTRY', from = 0): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const record of log.read(topic, PARTITION, from)) found.push(record);
  return found;
}

/** Consumes from the beginning until `enough` says so, or until it fails. */
async function consumeUntil(enough: (batches: readonly LogBatch[]) => boolean, from = 0): Promise<LogBatch[]> {
  const stop = new AbortController();
  const batches: LogBatch[] = [];
  await log.consume({
    resumeAt: (topic, partition) => Promise.resolve(topic === 'ENTRY' && partition === PARTITION ? from : 0),
    handle: async (more) => {
      batches.push(...more);
      if (enough(batches)) stop.abort();
    },
    signal: stop.signal,
  });
  return batches;
}

describe('rows of the embedded log', () => {
  it('is one row for each partition and commit, with offsets from 0 without a gap', async () => {
    await open();
    await Promise.all(Array.from({ length: 500 }, (_, index) => log.append('ENTRY', [{ key: String(index), value: Buffer.from('x') }])));
    const rows = await inDatabase((db) => db.all<{ n: number; partition: number }>('SELECT count(*) AS n, partition FROM batches GROUP BY partition'));
    expect(rows).toEqual([{ n: 1, partition: 0 }, { n: 1, partition: 1 }]);
    const ranges = await log.describe('ENTRY');
    expect(ranges[0]!.endOffset + ranges[1]!.endOffset).toBe(500);
    expect((await readAll()).map(({ offset }) => offset)).toEqual([...Array(ranges[PARTITION]!.endOffset).keys()]);
  });

  it('holds at most 256 KiB unless one record is larger', async () => {
    await open();
    await log.append('ENTRY', [...records(40_000, 60), ...records(1, 700_000), ...records(3, 60)]);
    const rows = await inDatabase((db) => db.all<{ size: number }>('SELECT length(bytes) AS size FROM batches ORDER BY id'));
    expect(rows.filter(({ size }) => size > 256 * 1024 + 61).map(({ size }) => size)).toEqual([expect.any(Number)]);
    const found = await readAll();
    expect(found.map(({ offset }) => offset)).toEqual([...Array(40_004).keys()]);
    expect(found[40_000]!.value).toHaveLength(700_000);
  });

  it('gives runs of at most 5,000 records, every offset in one of them', async () => {
    await open();
    await log.append('ENTRY', records(17_000));
    const batches = await consumeUntil((all) => all.at(-1)!.lastOffset === 16_999);
    expect(Math.max(...batches.map((batch) => batch.records.length))).toBe(5_000);
    let next = 0;
    for (const batch of batches) {
      expect([batch.firstOffset, batch.records.length]).toEqual([next, batch.lastOffset - batch.firstOffset + 1]);
      next = batch.lastOffset + 1;
    }
  });

  it('resumes in the middle of a row', async () => {
    await open();
    await log.append('ENTRY', records(10));
    const [batch] = await consumeUntil(() => true, 7);
    expect([batch!.firstOffset, batch!.lastOffset, batch!.records.map(({ offset }) => offset)]).toEqual([7, 9, [7, 8, 9]]);
  });
});

describe('append times of the embedded log', () => {
  async function append(): Promise<number> {
    const [result] = await log.append('ENTRY', records(1));
    return (await readAll('ENTRY', result!.offset))[0]!.appendedAtMs;
  }

  it('rise from commit to commit when the clock stands, goes back, and after a restart', async () => {
    const clock = new SteppedClock(1_763_956_434_120);
    await open({ clock });
    const times = [await append(), await append()];
    clock.nowMs -= 3_600_000;
    times.push(await append());
    await log.close();
    await open({ clock });
    times.push(await append());
    clock.nowMs += 7_200_000;
    times.push(await append());
    expect(times.map((time) => time - 1_763_956_434_120)).toEqual([0, 1, 2, 3, 3_600_000]);
  });

  it('are the same for all of one commit', async () => {
    await open();
    await Promise.all([log.append('ENTRY', records(2)), log.append('OK', records(2)), log.append('ENTRY', records(1))]);
    const times = [...(await readAll('ENTRY')), ...(await readAll('OK'))].map(({ appendedAtMs }) => appendedAtMs);
    expect(times).toHaveLength(5);
    expect(new Set(times).size).toBe(1);
  });

  it('do not run away from the clock when commits are faster than it', async () => {
    const clock = new SteppedClock(1_763_956_434_120);
    await open({ clock });
    let time = 0;
    for (let commit = 0; commit < 600; commit += 1) time = await append();
    expect(time - clock.now()).toBeLessThan(260);
  });
});

describe('trim of the embedded log', () => {
  it('deletes whole rows that are old and processed, and goes on with the next offset', async () => {
    const clock = new SteppedClock(1_000_000);
    await open({ clock });
    for (let batch = 0; batch < 4; batch += 1) {
      clock.nowMs = 1_000_000 + batch * 1000;
      await log.append('ENTRY', records(10));
    }
    expect(await log.trim('ENTRY', PARTITION, { appendedBeforeMs: 1_003_000, throughOffset: 24 })).toBe(2);
    expect((await log.describe('ENTRY'))[PARTITION]).toEqual({ partition: PARTITION, startOffset: 20, endOffset: 40 });
    expect(await log.trim('ENTRY', PARTITION, { appendedBeforeMs: 1_003_000, throughOffset: 39 })).toBe(1);
    expect(await log.trim('ENTRY', PARTITION, { appendedBeforeMs: Infinity, throughOffset: 39 })).toBe(1);
    await log.close();
    await open({ clock });
    expect((await log.describe('ENTRY'))[PARTITION]).toEqual({ partition: PARTITION, startOffset: 40, endOffset: 40 });
    expect(await log.append('ENTRY', records(1))).toEqual([{ partition: PARTITION, offset: 40 }]);
  });

  it('does not hide from a running consumer what is appended after everything was deleted', async () => {
    await open();
    await log.append('ENTRY', records(3));
    const batches = await consumeUntil((all) => {
      if (all.length > 1) return true;
      void log.trim('ENTRY', PARTITION, { appendedBeforeMs: Infinity, throughOffset: 2 }).then(() => log.append('ENTRY', records(1)));
      return false;
    });
    expect(batches.map(({ firstOffset }) => firstOffset)).toEqual([0, 3]);
    expect((await log.describe('ENTRY'))[PARTITION]!.startOffset).toBe(3);
  });
});

describe('faults of the embedded log', () => {
  it('stops at damaged bytes and names partition and offsets, after giving what stands before', async () => {
    await open();
    for (let batch = 0; batch < 3; batch += 1) await log.append('ENTRY', records(10));
    await log.close();
    await inDatabase(async (db) => {
      const { bytes } = db.get<{ bytes: ArrayBuffer }>('SELECT bytes FROM batches WHERE base_offset = 10')!;
      const damaged = Buffer.from(bytes);
      damaged[80]! ^= 1;
      const update = await db.writeStatement('UPDATE batches SET bytes = ? WHERE base_offset = 10');
      await db.write(() => update.run(damaged));
    });
    await open();
    const handled: LogBatch[] = [];
    const consuming = log.consume({
      resumeAt: () => Promise.resolve(0),
      handle: async (batches) => void handled.push(...batches),
      signal: new AbortController().signal,
    });
    const where = `ENTRY-${PARTITION}, offsets 10 to 19: `;
    await expect(consuming).rejects.toThrow(where);
    expect(handled.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])).toEqual([[0, 9]]);
    await expect(readAll()).rejects.toThrow(where);
    expect(await readAll('ENTRY', 20)).toHaveLength(10);
  });

  it('refuses a place to resume that lies beyond its end', async () => {
    await open();
    await log.append('ENTRY', records(3));
    await expect(consumeUntil(() => true, 4)).rejects.toThrow(`resume offset 4 of ENTRY-${PARTITION}, expected 0 to 3`);
  });

  it('says it is unavailable while the file is full, and takes appends again by itself when there is room', async () => {
    const clock = new SteppedClock(1_763_956_434_120);
    await open({ clock, maxFileBytes: 3 * 1024 * 1024 });
    let stored = 0;
    const filling = async (): Promise<void> => {
      for (;;) stored += (await log.append('ENTRY', records(4, 50_000))).length;
    };
    await expect(filling()).rejects.toThrow(LogUnavailable);
    expect(stored).toBeGreaterThan(20);
    expect(log.unavailable()).toContain('full');
    expect(await readAll()).toHaveLength(stored);
    expect((await log.describe('ENTRY'))[PARTITION]!.endOffset).toBe(stored);
    expect(await log.trim('ENTRY', PARTITION, { appendedBeforeMs: Infinity, throughOffset: 11 })).toBe(3);
    await waitFor('room', () => log.unavailable() === null);
    expect(await log.append('ENTRY', records(1))).toEqual([{ partition: PARTITION, offset: stored }]);
    expect(clock.slept[0]).toBe(500);
  });

  it('counts what waits, refuses above its bound and says why, and takes it again when the disk has caught up', async () => {
    await open({ maxWaitingBytes: 100_000 });
    const first = log.append('ENTRY', records(1, 90_000));
    const second = log.append('ENTRY', records(1, 20_000));
    await expect(second).rejects.toThrow(/bytes of appends wait for the disk, the bound is 100000; try again later/);
    await first;
    await log.append('ENTRY', records(1, 20_000));
    await expect(log.append('ENTRY', records(1, 200_000))).rejects.toThrow('split it');
    expect(await readAll()).toHaveLength(2);
  });
});
