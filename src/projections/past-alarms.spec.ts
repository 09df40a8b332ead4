import fc from 'fast-check';
import { withReads } from '../../test/support/past-reads.js';
import { at, life, recovered, triggered, uuid } from '../../test/support/projection-events.js';
import type { AlarmType } from '../alarm-domain/reading.js';
import { PastAlarms } from './past-alarms.js';

const acknowledged = (alarm: string, sensorId: number, second: number, alarmType: AlarmType = 'smoke') =>
  life('AlarmAcknowledged', { alarmId: uuid(alarm), sensorId, alarmType, by: 'ana', hasNote: false }, second);

const WHOLE = { prefixLength: 2, limit: 50 };

describe('the whole system as of a time', () => {
  const story = [
    triggered({ alarm: 'a', sensorId: 1, second: 10 }),
    triggered({ alarm: 'b', sensorId: 1, type: 'motion', second: 20 }),
    triggered({ alarm: 'c', sensorId: 9, type: 'motion', second: 20 }),
    acknowledged('a', 1, 30),
    life('AlarmCommented', { alarmId: uuid('a'), sensorId: 1, alarmType: 'smoke', by: 'eva' }, 35),
    recovered({ alarm: 'a', sensorId: 1, second: 40 }),
    recovered({ alarm: 'b', sensorId: 1, type: 'motion', second: 40 }),
    triggered({ alarm: 'd', sensorId: 3, second: 50 }),
  ];

  it('has the alarms that were open then, as they were then, and the map of them', () =>
    withReads(story, async ({ sink }) => {
      const past = new PastAlarms(sink);
      const openAt = async (second: number) => (await past.state(at(second), WHOLE)).open.items.map(({ alarmId }) => alarmId).sort();
      const are = (...names: string[]) => names.map(uuid).sort();
      expect(await openAt(9)).toEqual([]);
      expect(await openAt(10)).toEqual(are('a'));
      expect(await openAt(39)).toEqual(are('a', 'b', 'c'));
      expect(await openAt(40)).toEqual(are('c'));
      expect(await openAt(99)).toEqual(are('c', 'd'));

      const { open, map } = await past.state(at(29), WHOLE);
      expect(open.total).toBe(3);
      expect(open.items.find(({ sensorId, type }) => sensorId === '1' && type === 'smoke')).toMatchObject({ acknowledged: null, zone: 'UK', openedAt: at(10) });
      // One sensor with two alarms is one active sensor.
      expect(map.cells).toEqual([
        { geohash: 'ez', sensors: 1, active: 0, byType: { motion: 0, smoke: 0, temperature: 0 }, worst: 'inactive' },
        { geohash: 'gc', sensors: 2, active: 1, byType: { motion: 1, smoke: 1, temperature: 0 }, worst: 'active' },
      ]);
      expect(map.unplaced).toEqual({ sensors: 1, active: 1 });
      expect((await past.state(at(30), WHOLE)).open.items.find(({ type }) => type === 'smoke')).toMatchObject({ acknowledged: { at: at(30), by: 'ana' }, comments: 0 });
      expect((await past.state(at(35), WHOLE)).open.items.map(({ type, comments }) => [type, comments])).toContainEqual(['smoke', 1]);
    }));

  it('is of one zone, and lists the last to open first, some of them', () =>
    withReads(story, async ({ sink }) => {
      const past = new PastAlarms(sink);
      const { open, map } = await past.state(at(39), { prefixLength: 3, zone: 'UK', limit: 1 });
      expect(open).toMatchObject({ total: 2, items: [{ alarmId: uuid('b') }] });
      expect(map.cells.map(({ geohash, active }) => [geohash, active])).toEqual([['gcp', 1]]);
      expect(map.unplaced.active).toBe(0);
    }));

  it('lists the alarms of one cell alone, of which there may be more than of the others first, and leaves the map as it is', () =>
    withReads(story, async ({ sink }) => {
      const past = new PastAlarms(sink);
      const whole = await past.state(at(60), WHOLE);
      const { open, map } = await past.state(at(60), { ...WHOLE, cell: 'ezt', limit: 1 });
      expect(open).toMatchObject({ total: 1, items: [{ alarmId: uuid('d') }] });
      expect(map).toEqual(whole.map);
      expect((await past.state(at(39), { ...WHOLE, cell: 'gc', limit: 1 })).open).toMatchObject({ total: 2, items: [{ alarmId: uuid('b') }] });
      expect((await past.state(at(39), { ...WHOLE, cell: 'ez' })).open).toEqual({ total: 0, items: [] });
    }));

  it('goes by when something was recorded, not by the reading’s own time, which it tells too', async () => {
    const late = triggered({ alarm: 'late', sensorId: 1, second: 10 });
    await withReads([{ ...late, metadata: { ...late.metadata, recordedAt: at(70) } }], async ({ sink }) => {
      const past = new PastAlarms(sink);
      expect((await past.state(at(69), WHOLE)).open.total).toBe(0);
      expect((await past.state(at(70), WHOLE)).open.items).toMatchObject([{ alarmId: uuid('late'), triggeredAt: at(10), openedAt: at(70) }]);
    });
  });

  it('before anything there is nothing', () =>
    withReads([], async ({ sink }) => {
      const past = new PastAlarms(sink);
      expect((await past.state(at(5), WHOLE)).open).toEqual({ total: 0, items: [] });
    }));

  it('is at every time what the events up to then come to, however few are read at a time', async () => {
    // Alarms of one sensor after the other, so that each opens before it ends.
    const lives = fc.array(fc.record({ opened: fc.integer({ min: 0, max: 30 }), lasts: fc.option(fc.integer({ min: 1, max: 30 })) }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lives, fc.integer({ min: 1, max: 3 }), async (all, slice) => {
        const alarms = all.map(({ opened, lasts }, index) => ({ alarm: `${index}`, sensorId: index, opened, ended: lasts === null ? null : opened + lasts }));
        const events = alarms.flatMap(({ alarm, sensorId, opened, ended }) => [
          { second: opened, event: triggered({ alarm, sensorId, second: opened }) },
          ...(ended === null ? [] : [{ second: ended, event: recovered({ alarm, sensorId, second: ended }) }]),
        ]);
        await withReads(events.sort((a, b) => a.second - b.second).map(({ event }) => event), async ({ sink }) => {
          const past = new PastAlarms(sink, slice);
          for (let second = 0; second <= 62; second += 3) {
            const expected = alarms.filter(({ opened, ended }) => opened <= second && (ended === null || ended > second)).map(({ alarm }) => uuid(alarm));
            const { open } = await past.state(at(second), WHOLE);
            expect({ second, open: open.items.map(({ alarmId }) => alarmId).sort() }).toEqual({ second, open: expected.sort() });
            expect(open.total).toBe(expected.length);
          }
        });
      }),
      { numRuns: 8 },
    );
  });
});
