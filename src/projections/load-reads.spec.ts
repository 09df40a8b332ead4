import { at, life, recovered, triggered, uuid, type ProjectedEvent } from '../../test/support/projection-events.js';
import { ReadModelsBench } from '../../test/support/read-models-bench.js';
import { LoadReads, type Load, type LoadQuery } from './load-reads.js';
import { ConsoleTally, SensorTally, MOST_SENSORS } from './operators-load.js';

/** The times are seconds after the beginning of the range; 600 s are a period. */
const BEGINNING = 120_000;
const START_MS = Date.parse(at(BEGINNING));
const HOUR_MS = 3_600_000;

let bench: ReadModelsBench;
let reads: LoadReads;

beforeAll(async () => {
  bench = await ReadModelsBench.open();
  reads = new LoadReads(bench.sink);
  await bench.place([
    { sensorId: 1, geohash: 'gcpvj0duq', zone: 'UK' },
    { sensorId: 2, geohash: 'gcpvj0duq', zone: 'UK' },
    { sensorId: 3, geohash: 'eztz8kqyz', zone: 'Mediterranean' },
  ]);
  await bench.append([
    ...flapping(1, [0, 20, 40, 59, 300, 660]),
    // Ten are none, eleven are a flood.
    ...flapping(3, Array.from({ length: 10 }, (_, index) => 1200 + index * 58)),
    ...flapping(2, Array.from({ length: 11 }, (_, index) => 1800 + index * 54)),
    // The same moment as another sensor's.
    ...flapping(99, [40]),
    triggered({ alarm: 'stale', sensorId: 2, type: 'motion', second: BEGINNING - 100_000 }),
    triggered({ alarm: 'stale too', sensorId: 98, type: 'motion', second: BEGINNING - 90_000 }),
    triggered({ alarm: 'end', sensorId: 1, type: 'motion', second: BEGINNING + 2400 }),
    acknowledged('1 0', 1, 10),
    acknowledged('1 20', 1, 50),
    acknowledged('1 40', 1, 1040),
  ]);
  await bench.settle();
});
afterAll(() => bench.close());

/** Alarms of one sensor at these times, each ended before the next. */
function flapping(sensorId: number, seconds: readonly number[]): ProjectedEvent[] {
  return seconds.flatMap((second) => {
    const alarm = { alarm: `${sensorId} ${second}`, sensorId, second: BEGINNING + second };
    return [triggered(alarm), recovered(alarm)];
  });
}

function acknowledged(alarm: string, sensorId: number, second: number): ProjectedEvent {
  return life('AlarmAcknowledged', { alarmId: uuid(alarm), sensorId, alarmType: 'smoke', by: 'ana', hasNote: false }, BEGINNING + second);
}

function measure(query: Partial<LoadQuery> = {}): Promise<Load> {
  return reads.measure({ fromMs: START_MS, toMs: START_MS + 2400_000, staleBeforeMs: START_MS - 24 * HOUR_MS, ...query });
}

describe('the load of a console', () => {
  it('is counted per zone, in periods of ten minutes, of which those with more than ten alarms are floods', async () => {
    const { consoles } = await measure();
    expect(consoles.map(({ zone }) => zone)).toEqual(['NorthAmerica', 'SouthAmerica', 'Oceania', 'Mediterranean', 'North', 'UK', 'NorthEurope', 'CentroEurope', 'Africa', 'Asia', null]);
    const of = (zone: string | null) => consoles.find((each) => each.zone === zone);
    expect(of('UK')).toMatchObject({ alarms: 17, perPeriod: 17 / 4, mostInPeriod: 11, floodPeriods: 1, floodShare: 0.25, level: 'demanding', stale: 1, mostInDay: 17, perDay: 17 * 36 });
    expect(of('Mediterranean')).toMatchObject({ alarms: 10, mostInPeriod: 10, floodPeriods: 0, floodShare: 0, stale: 0 });
    expect(of(null)).toMatchObject({ alarms: 1, level: 'acceptable', stale: 1 });
    expect(of('Africa')).toMatchObject({ alarms: 0, perPeriod: 0, floodShare: 0, acknowledged: { count: 0, p50Ms: null, p95Ms: null } });
  });

  it('of all zones together is that of one who watches the whole', async () => {
    const { whole, periods, days } = await measure();
    expect(whole).toMatchObject({ alarms: 28, mostInPeriod: 11, perPeriod: 7 });
    expect(periods).toEqual([6, 1, 10, 11].map((alarms, period) => ({ fromMs: START_MS + period * 600_000, alarms })));
    expect(days).toEqual([{ fromMs: START_MS, alarms: 28 }]);
  });

  it('has how long acknowledging took, of what was acknowledged', async () => {
    const { count, p50Ms, p95Ms } = (await measure({ zone: 'UK' })).whole.acknowledged;
    expect(count).toBe(3);
    expect(p50Ms).toBeCloseTo(30_000, -3);
    expect(Math.abs((p95Ms ?? 0) - 1_000_000)).toBeLessThan(10_000);
  });

  it('takes a range as it is, its end excluded', async () => {
    const { whole, periods } = await measure({ fromMs: START_MS + 600_000, toMs: START_MS + 1200_000 });
    expect(whole.alarms).toBe(1);
    expect(periods).toEqual([{ fromMs: START_MS + 600_000, alarms: 1 }]);
  });
});

describe('what makes the load', () => {
  it('are the busiest sensors, of all or of one zone', async () => {
    expect((await measure()).busiest).toEqual({
      total: 4,
      items: [
        { sensorId: 2, zone: 'UK', alarms: 11 },
        { sensorId: 3, zone: 'Mediterranean', alarms: 10 },
        { sensorId: 1, zone: 'UK', alarms: 6 },
        { sensorId: 99, zone: null, alarms: 1 },
      ],
    });
    expect((await measure({ zone: 'Mediterranean' })).busiest.items.map(({ sensorId }) => sensorId)).toEqual([3]);
  });

  it('are alarms that come three times in a minute, each counted once', async () => {
    // 0, 20 and 40 are three in a minute, and so are 20, 40 and 59.
    expect((await measure()).chattering).toEqual({ total: 1, items: [{ sensorId: 1, type: 'smoke', zone: 'UK', alarms: 4, lastMs: START_MS + 59_000 }] });
    expect((await measure({ zone: 'Mediterranean' })).chattering.total).toBe(0);
  });

  it('are alarms that are open for more than a day, the oldest first', async () => {
    const { stale } = await measure();
    expect(stale).toMatchObject({ total: 2, items: [{ alarmId: uuid('stale'), sensorId: 2, zone: 'UK', type: 'motion' }, { alarmId: uuid('stale too'), zone: null }] });
    expect((await measure({ zone: 'UK' })).stale.total).toBe(1);
    expect((await measure({ staleBeforeMs: START_MS - 100_000_000 })).stale.total).toBe(0);
  });
});

describe('the bounds', () => {
  it('more sensors than can be kept are refused', () => {
    const tally = new SensorTally();
    const alarm = { triggeredMs: 0, type: 'smoke', acknowledgedMs: null, zone: null } as const;
    for (let sensorId = 0; sensorId < MOST_SENSORS; sensorId += 1) tally.add({ ...alarm, sensorId });
    tally.add({ ...alarm, sensorId: 0 });
    expect(() => tally.add({ ...alarm, sensorId: MOST_SENSORS })).toThrow('ask for a shorter time');
  });

  it('of sensors the ten with most alarms are listed, with how many there are, and of stale alarms the ten oldest of the zone', async () => {
    const tally = new SensorTally();
    for (let sensorId = 1; sensorId <= 12; sensorId += 1) {
      for (let alarms = 0; alarms < 2 + sensorId; alarms += 1) tally.add({ triggeredMs: alarms, type: 'smoke', acknowledgedMs: null, zone: null, sensorId });
    }
    const most = { total: 12, items: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((sensorId): unknown => expect.objectContaining({ sensorId, alarms: 2 + sensorId })) };
    expect(tally.busiest).toEqual(most);
    expect(tally.chattering).toEqual(most);

    const crowded = await ReadModelsBench.open();
    const ids = Array.from({ length: 24 }, (_, index) => index + 1);
    await crowded.place(ids.map((sensorId) => ({ sensorId, geohash: 'gcpvj0duq', zone: sensorId % 2 === 0 ? 'UK' : 'Asia' })));
    await crowded.append(ids.map((sensorId) => triggered({ alarm: String(sensorId), sensorId, type: 'motion', second: sensorId })));
    await crowded.settle();
    const { stale } = await new LoadReads(crowded.sink).measure({ fromMs: START_MS, toMs: START_MS + HOUR_MS, staleBeforeMs: START_MS, zone: 'UK' });
    await crowded.close();
    expect(stale.total).toBe(12);
    expect(stale.items.map(({ sensorId }) => sensorId)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  });

  it('three in more than a minute make no chatter', () => {
    const tally = new SensorTally();
    for (const second of [0, 30, 61, 121]) tally.add({ triggeredMs: second * 1000, sensorId: 7, type: 'smoke', acknowledgedMs: null, zone: null });
    expect(tally.chattering.total).toBe(0);
    tally.add({ triggeredMs: 121_000, sensorId: 7, type: 'smoke', acknowledgedMs: null, zone: null });
    expect(tally.chattering.items).toMatchObject([{ alarms: 3 }]);
  });

  it('the last day of a range may be a part of one', () => {
    const tally = new ConsoleTally({ fromMs: 0, toMs: 25 * HOUR_MS });
    for (const hour of [0, 23, 24]) tally.add({ triggeredMs: hour * HOUR_MS, sensorId: 7, type: 'smoke', acknowledgedMs: null, zone: null });
    expect(tally.days).toEqual([{ fromMs: 0, alarms: 2 }, { fromMs: 24 * HOUR_MS, alarms: 1 }]);
    expect(tally.load).toMatchObject({ mostInDay: 2, level: 'acceptable' });
  });

  it.each([1, 2, 3, 7])('read %i at a time they are the same', async (slice) => {
    const query = { fromMs: START_MS, toMs: START_MS + 2400_000, staleBeforeMs: START_MS - 24 * HOUR_MS };
    expect(await new LoadReads(bench.sink, slice).measure(query)).toEqual(await reads.measure(query));
  });

  it('more than four measurings at once are refused', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => measure()));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array<string>(4).fill('fulfilled'), 'rejected']);
    expect((await measure()).whole.alarms).toBe(28);
  });
});
