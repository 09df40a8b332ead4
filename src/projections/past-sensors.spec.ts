import { withReads } from '../../test/support/past-reads.js';
import { at, life } from '../../test/support/projection-events.js';
import { PastSensors } from './past-sensors.js';

const shelved = (sensorId: number, second: number, hasNote = false) => life('SensorShelved', { sensorId, by: 'ana', reason: 'test', until: at(900 + second), hasNote }, second);
const unshelved = (sensorId: number, second: number) => life('SensorUnshelved', { sensorId, cause: 'operator', by: 'eva', emailsOwed: [] }, second);
const silent = (sensorId: number, second: number) => life('SensorWentSilent', { sensorId, intervalMs: 1000, silentForMs: 5000 + second }, second);
const returned = (sensorId: number, second: number) => life('SensorReturned', { sensorId }, second);

const ALL = { limit: 10 };

describe('the shelved and the silent sensors as of a time', () => {
  const again = shelved(1, 30, true);
  const story = [shelved(1, 10), silent(2, 10), shelved(3, 20), returned(2, 20), again, silent(1, 40), silent(2, 40), unshelved(1, 50), silent(9, 60), unshelved(3, 70), returned(1, 70), shelved(1, 80)];

  it.each([1, 2, 500])('are those whose last event up to then says so, %d looked up at a time', (slice) =>
    withReads(story, async ({ sink }) => {
      const past = new PastSensors(sink, slice);
      const seen = [];
      for (const second of [9, 10, 20, 40, 50, 70, 90]) {
        const [held, gone] = [await past.shelved(at(second), ALL), await past.silent(at(second), ALL)];
        expect([held.total, gone.total]).toEqual([held.items.length, gone.items.length]);
        seen.push([second, held.items.map(({ sensorId }) => sensorId).join(' '), gone.items.map(({ sensorId }) => sensorId).join(' ')]);
      }
      expect(seen).toEqual([
        [9, '', ''],
        [10, '1', '2'],
        [20, '3 1', ''],
        [40, '1 3', '1 2'],
        [50, '3', '1 2'],
        [70, '', '9 2'],
        [90, '1', '9 2'],
      ]);
    }));

  it('come as they were then, of one zone, some of them', () =>
    withReads(story, async ({ sink }) => {
      const past = new PastSensors(sink);
      expect((await past.shelved(at(25), ALL)).items).toContainEqual({ sensorId: '1', since: at(10), until: at(910), by: 'ana', reason: 'test', noteEventId: null, zone: 'UK', geohash: 'gcpvj0duq' });
      expect(await past.shelved(at(35), { zone: 'UK', limit: 10 })).toEqual({
        total: 1,
        items: [{ sensorId: '1', since: at(30), until: at(930), by: 'ana', reason: 'test', noteEventId: again.id, zone: 'UK', geohash: 'gcpvj0duq' }],
      });
      expect(await past.silent(at(65), { limit: 1 })).toEqual({ total: 3, items: [{ sensorId: '9', since: at(60), silentForMs: 5060, zone: null, geohash: null }] });
    }));

  it('are of one cell alone, without those of no place', () =>
    withReads(story, async ({ sink }) => {
      const past = new PastSensors(sink);
      const idsOf = ({ total, items }: { readonly total: number; readonly items: readonly { readonly sensorId: string }[] }) => [total, ...items.map(({ sensorId }) => sensorId)];
      expect(idsOf(await past.shelved(at(45), { cell: 'gcp', limit: 10 }))).toEqual([1, '1']);
      expect(idsOf(await past.shelved(at(45), { cell: 'e', limit: 10 }))).toEqual([1, '3']);
      expect(idsOf(await past.silent(at(65), { cell: 'gcpvj', limit: 1 }))).toEqual([2, '1']);
    }));

  it('follow the order of the events where two processes’ clocks differ', () =>
    withReads([shelved(1, 20), unshelved(1, 18)], async ({ sink }) => {
      expect(await new PastSensors(sink).shelved(at(30), ALL)).toEqual({ total: 0, items: [] });
    }));
});
