import fc from 'fast-check';
import { newDir } from '../../test/support/projection-events.js';
import { USUAL_WRITINGS } from '../../test/support/random-readings.js';
import { systemClock } from '../clock.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { encodeRecordBatch, readBatchHeader } from '../message-log/record-batch.js';
import { RecordCursor } from '../message-log/record-cursor.js';
import { RecordScan } from '../message-log/record-scan.js';
import { partitionFor } from '../message-log/murmur2.js';
import { lastSeenStream, LastSeenSnapshots } from './last-seen-snapshots.js';
import { LastSeen, type LastSeenExports, type Sighting } from './last-seen.js';
import { PathClock } from './path-clock.js';
import { USUAL_RECORDS_WASM } from './usual-records.wasm.js';

const START_MS = 1_700_000_000_000;

function open(): { scan: RecordScan; lastSeen: LastSeen } {
  const scan = new RecordScan(Buffer.from(USUAL_RECORDS_WASM, 'base64'));
  return { scan, lastSeen: new LastSeen(scan.exports as LastSeenExports) };
}

async function sightingsOf(lastSeen: LastSeen): Promise<Map<number, Sighting>> {
  const found = new Map<number, Sighting>();
  for (const partition of [0, 1]) await lastSeen.forEach(partition, (sighting) => void found.set(sighting.sensorId, sighting));
  return found;
}

/** A reading of a sensor so many tenths after the start, told in one of the two ways. */
function tell(lastSeen: LastSeen, sensorId: number, tenths: number): void {
  lastSeen.beginBatch(partitionFor(String(sensorId), 2), START_MS + tenths * 100);
  lastSeen.see(sensorId);
}

describe('when sensors were heard of last', () => {
  it.each(USUAL_WRITINGS)('is noted by the scan of %s', async (text) => {
    const { scan, lastSeen } = open();
    const bytes = encodeRecordBatch(Array.from({ length: 3 }, () => ({ key: null, value: Buffer.from(text) })), 0, START_MS);
    lastSeen.beginBatch(0, START_MS);
    expect(new RecordCursor(bytes, readBatchHeader(bytes)).pass(scan)).toBe(3);
    expect([...(await sightingsOf(lastSeen)).values()]).toEqual([{ sensorId: Number(/\d+/.exec(text)?.[0]), seen: 1, usualGap: 0, gaps: 0, isFlagged: false }]);
  });

  it('is noted of no reading that the scan leaves', async () => {
    const { scan, lastSeen } = open();
    const bytes = encodeRecordBatch(['{"7","true","false","20","30"}', '{"8","false","false","31","30"}', '{"id":9}'].map((text) => ({ key: null, value: Buffer.from(text) })), 0, START_MS);
    lastSeen.beginBatch(0, START_MS);
    const cursor = new RecordCursor(bytes, readBatchHeader(bytes));
    while (cursor.next()) expect(cursor.pass(scan)).toBe(0);
    expect((await sightingsOf(lastSeen)).size).toBe(0);
  });

  it('is of every id, the highest too', async () => {
    const { lastSeen } = open();
    const ids = [0, 1, 4095, 4096, 49_999, 999_999_999, 2_147_483_647];
    for (const id of ids) tell(lastSeen, id, 0);
    expect([...(await sightingsOf(lastSeen)).keys()].sort((a, b) => a - b)).toEqual(ids);
  });

  it('has room for a million sensors that lie together; others are counted, and those that are kept stay', async () => {
    const { lastSeen } = open();
    for (let page = 0; page < 300; page += 1) tell(lastSeen, page * 4096, 0);
    expect({ kept: (await sightingsOf(lastSeen)).size, refused: lastSeen.refused }).toEqual({ kept: 256, refused: 44 });
    tell(lastSeen, 0, 50);
    expect((await sightingsOf(lastSeen)).get(0)).toMatchObject({ gaps: 1, usualGap: 50 });
    expect(lastSeen.bytes).toBeLessThan(11 * 1024 * 1024);
  });
});

describe('the usual gap', () => {
  const after = async (...gaps: number[]) => {
    const { lastSeen } = open();
    let at = 0;
    tell(lastSeen, 7, at);
    for (const gap of gaps) tell(lastSeen, 7, (at += gap));
    return (await sightingsOf(lastSeen)).get(7);
  };
  it('is the longest, forgotten slowly', async () => {
    expect(await after(50)).toMatchObject({ usualGap: 50, gaps: 1 });
    expect(await after(50, 70, 60)).toMatchObject({ usualGap: 70, gaps: 3 });
    const often = Array.from({ length: 200 }, () => 10);
    expect((await after(90, ...often))?.gaps).toBe(127);
    expect((await after(99, 99, 99))?.usualGap).toBe(99);
  });
  it('learns a longer one in steps, so that an absence is not taken for it', async () => {
    expect(await after(50, 100)).toMatchObject({ usualGap: 100 });
    const { lastSeen } = open();
    let at = 0;
    for (const gap of [0, 50, 50]) tell(lastSeen, 7, (at += gap));
    // The path goes on meanwhile.
    for (let beat = 0; beat < 1000; beat += 50) tell(lastSeen, 9, (at += 50));
    tell(lastSeen, 7, at);
    expect((await sightingsOf(lastSeen)).get(7)?.usualGap).toBe(100);
  });

  it('is that of a plain model, whatever comes', async () => {
    const step = fc.record({ sensorId: fc.integer({ min: 0, max: 5 }), gap: fc.integer({ min: 0, max: 99 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 300 }), async (steps) => {
        const { lastSeen } = open();
        const clocks = [new PathClock(), new PathClock()];
        const model = new Map<number, { seen: number; usualGap: number; gaps: number }>();
        let at = 0;
        for (const { sensorId, gap } of steps) {
          tell(lastSeen, sensorId, (at += gap));
          const clock = clocks[partitionFor(String(sensorId), 2)] as PathClock;
          clock.advance(START_MS + at * 100);
          const now = clock.tenths;
          const { seen, usualGap, gaps } = model.get(sensorId) ?? { seen: now, usualGap: 0, gaps: 0 };
          const since = now - seen;
          const usual = since > usualGap ? (usualGap === 0 ? since : Math.min(since, 2 * usualGap)) : usualGap - (usualGap >> 7);
          model.set(sensorId, since === 0 ? { seen: now, usualGap, gaps } : { seen: now, usualGap: usual, gaps: Math.min(gaps + 1, 127) });
        }
        expect(new Map([...(await sightingsOf(lastSeen))].map(([id, { seen, usualGap, gaps }]) => [id, { seen, usualGap, gaps }]).sort() as never)).toEqual(new Map([...model].sort() as never));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the path’s own time', () => {
  it('goes on with the records, but over no more than ten seconds without one', () => {
    const clock = new PathClock();
    const times = [0, 5_000, 14_000, 3_600_000, 3_601_000].map((ms) => {
      clock.advance(START_MS + ms);
      return clock.tenths;
    });
    expect(times).toEqual([1, 51, 141, 241, 251]);
  });
  it('never goes back', () => {
    const clock = new PathClock(500);
    clock.advance(START_MS);
    clock.advance(START_MS - 60_000);
    clock.advance(START_MS + 100);
    expect(clock.tenths).toBe(501);
  });
});

describe('snapshots', () => {
  let store: LibsqlEventStore;
  beforeEach(async () => (store = await LibsqlEventStore.open(newDir(), { clock: systemClock })));
  afterEach(() => store.close());
  const snapshots = () => new LastSeenSnapshots(store, 'log', systemClock);
  const sightings = (count: number): Sighting[] =>
    Array.from({ length: count }, (_, index) => ({ sensorId: index * 21, seen: index % 7 === 0 ? 0 : 1 + (index % 900), usualGap: (index * 7919) % 0xffffff, gaps: index % 128, isFlagged: index % 5 === 0 }));

  it('give back what was saved, the newest, of each partition', async () => {
    expect(await snapshots().load(0)).toBeNull();
    await snapshots().save(0, { now: 1000, sightings: sightings(10) });
    await snapshots().save(0, { now: 1001, sightings: sightings(1000) });
    await snapshots().save(1, { now: 5, sightings: [] });
    expect(await snapshots().load(0)).toEqual({ now: 1001, sightings: sightings(1000) });
    expect(await snapshots().load(1)).toEqual({ now: 5, sightings: [] });
  });

  it('of very many sensors are in parts, of which a crash leaves the whole one before', async () => {
    const all = { now: 1000, sightings: sightings(100_000) };
    await snapshots().save(0, all);
    const loaded = await snapshots().load(0);
    expect([...(loaded?.sightings ?? [])].sort((a, b) => a.sensorId - b.sensorId)).toEqual(all.sightings);
    let left = 2;
    const append = store.append.bind(store);
    store.append = (...call) => ((left -= 1) < 0 ? Promise.reject(new Error('dead')) : append(...call));
    await expect(snapshots().save(0, { now: 2000, sightings: sightings(100_000) })).rejects.toThrow('dead');
    store.append = append;
    expect((await snapshots().load(0))?.now).toBe(1000);
  });

  it('keep no more than two', async () => {
    const same = snapshots();
    for (let now = 1; now <= 10; now += 1) await same.save(0, { now, sightings: sightings(3) });
    let kept = 0;
    for await (const _event of store.readStream(lastSeenStream('log', 0))) kept += 1;
    expect(kept).toBe(2);
  });
});
