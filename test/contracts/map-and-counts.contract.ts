import type { SensorPlace } from '../../src/customers/customer.js';
import type { MapAndCounts } from '../../src/projections/influx/influx-first.js';
import { at, recovered, triggered, type ProjectedEvent } from '../support/projection-events.js';

/** What a suite needs of an adapter: something to read, made from the events and places that it is given. */
export interface MapAndCountsUnderTest {
  readonly reads: MapAndCounts;
  append(events: readonly ProjectedEvent[]): Promise<void>;
  place(places: readonly SensorPlace[]): Promise<void>;
  /** Resolves when what was appended and placed is to be read. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const place = (sensorId: number, geohash: string, zone: string): SensorPlace => ({ sensorId, geohash, zone });
const cell = (geohash: string, sensors: number, open: { motion?: number; smoke?: number; temperature?: number } = {}, active = 0) => ({
  geohash, sensors, active, byType: { motion: 0, smoke: 0, temperature: 0, ...open }, worst: active > 0 ? 'active' : 'inactive',
});
const minute = (n: number): string => at(n * 60);

/** The behaviour that every source of map and counts has. Each test gets one of its own from `create`. */
export function mapAndCountsContract(name: string, create: () => Promise<MapAndCountsUnderTest>): void {
  describe(`MapAndCounts contract: ${name}`, () => {
    let source: MapAndCountsUnderTest;
    beforeEach(async () => {
      source = await create();
    });
    afterEach(() => source?.close());

    const withMap = async (places: readonly SensorPlace[], events: readonly ProjectedEvent[]) => {
      await source.place(places);
      await source.append(events);
      await source.settle();
    };

    it('shows every customer’s sensor before the first alarm', async () => {
      await withMap([place(1, 'gcpvj0duq', 'UK'), place(2, 'gcpvj0dur', 'UK'), place(3, 'ezjmgtwuz', 'Mediterranean')], []);
      const { cells, unplaced } = await source.reads.cells(2);
      expect({ cells, unplaced }).toEqual({ cells: [cell('ez', 1), cell('gc', 2)], unplaced: { sensors: 0, active: 0 } });
    });

    it('counts active sensors once a cell, and their open types', async () => {
      await withMap(
        [place(1, 'gcpvj0duq', 'UK'), place(2, 'gcpvj0dur', 'UK'), place(3, 'ezjmgtwuz', 'Mediterranean')],
        [
          triggered({ alarm: 'a', sensorId: 1, type: 'smoke' }), triggered({ alarm: 'b', sensorId: 1, type: 'motion' }), triggered({ alarm: 'c', sensorId: 2, type: 'smoke' }),
          triggered({ alarm: 'd', sensorId: 3, type: 'temperature' }), recovered({ alarm: 'd', sensorId: 3, type: 'temperature', second: 5 }), recovered({ alarm: 'b', sensorId: 1, type: 'motion', second: 6 }),
        ],
      );
      const both = cell('gc', 2, { smoke: 2 }, 2);
      expect((await source.reads.cells(2)).cells).toEqual([cell('ez', 1), both]);
      expect((await source.reads.cells(9)).cells).toEqual([cell('ezjmgtwuz', 1), cell('gcpvj0duq', 1, { smoke: 1 }, 1), cell('gcpvj0dur', 1, { smoke: 1 }, 1)]);
      expect((await source.reads.cells(2, 'UK')).cells).toEqual([both]);
      expect((await source.reads.cells(2, 'Mediterranean')).cells).toEqual([cell('ez', 1)]);
      expect((await source.reads.cells(2, 'no "zone"')).cells).toEqual([]);
    });

    it('has the last change of a sensor win, however quickly they came and whatever the recorders’ clocks', async () => {
      const events: ProjectedEvent[] = [];
      for (let n = 0; n < 50; n += 1) events.push(triggered({ alarm: `quick ${n}`, sensorId: 1, second: 60 - n }), recovered({ alarm: `quick ${n}`, sensorId: 1, second: 60 - n }));
      await withMap([place(1, 'gcpvj0duq', 'UK')], [...events, triggered({ alarm: 'last', sensorId: 1, second: 1 })]);
      expect((await source.reads.cells(1)).cells).toEqual([cell('g', 1, { smoke: 1 }, 1)]);
      await source.append([recovered({ alarm: 'last', sensorId: 1, second: 0 })]);
      await source.settle();
      expect((await source.reads.cells(1)).cells).toEqual([cell('g', 1)]);
    });

    it('counts sensors without a customer apart, active or not', async () => {
      await withMap(
        [place(1, 'gcpvj0duq', 'UK')],
        [triggered({ alarm: 'a', sensorId: 8 }), triggered({ alarm: 'b', sensorId: 9 }), triggered({ alarm: 'b2', sensorId: 9, type: 'motion' }), recovered({ alarm: 'a', sensorId: 8, second: 9 })],
      );
      expect(await source.reads.cells(1)).toMatchObject({ cells: [cell('g', 1)], unplaced: { sensors: 2, active: 1 } });
      expect((await source.reads.cells(1, 'UK')).unplaced).toEqual({ sensors: 0, active: 0 });
    });

    it('moves sensors with the customer list, with their alarms, and forgets where they were', async () => {
      await withMap([place(1, 'gcpvj0duq', 'UK'), place(2, 'gcpvj0dur', 'UK')], [triggered({ alarm: 'a', sensorId: 1 }), triggered({ alarm: 'b', sensorId: 2 })]);
      await withMap([place(1, 'ezjmgtwuz', 'Mediterranean'), place(3, 'u0', 'CentroEurope')], [recovered({ alarm: 'b', sensorId: 2, second: 3 })]);
      const { cells, unplaced } = await source.reads.cells(1);
      expect({ cells, unplaced }).toEqual({ cells: [cell('e', 1, { smoke: 1 }, 1), cell('u', 1)], unplaced: { sensors: 1, active: 0 } });
    });

    it.each([0, 10, 1.5])('refuses a prefix length of %p', async (length) => {
      await expect(source.reads.cells(length)).rejects.toThrow(`prefixLength: got ${length}`);
    });

    it('R6: counts alarms per minute and type, in a range of minutes', async () => {
      const alarms = [0, 1, 59, 60, 119, 120].map((second, n) => triggered({ alarm: `n${n}`, sensorId: n, second, type: 'smoke' }));
      await withMap([], [...alarms, triggered({ alarm: 'm', sensorId: 50, second: 61, type: 'motion' })]);
      const all = [
        { minute: minute(0), type: 'smoke', count: 3 }, { minute: minute(1), type: 'motion', count: 1 }, { minute: minute(1), type: 'smoke', count: 2 }, { minute: minute(2), type: 'smoke', count: 1 },
      ];
      const ask = async (from: number, to: number, ...types: readonly string[]) => (await source.reads.perMinute({ from: at(from), to: at(to), ...(types.length === 0 ? {} : { types }) })).items;
      expect(await ask(0, 3600)).toEqual(all);
      expect(await ask(0, 3600, 'smoke')).toEqual(all.filter(({ type }) => type === 'smoke'));
      expect(await ask(0, 3600, 'motion', 'smoke')).toEqual(all);
      expect(await ask(0, 3600, 'temperature', 'motion')).toEqual(all.filter(({ type }) => type === 'motion'));
      expect(await ask(0, 3600, 'a "type"')).toEqual([]);
      // From the minute of a time, to the minutes that begin before one.
      expect(await ask(119, 120)).toEqual(all.slice(1, 3));
      expect(await ask(119, 121)).toEqual(all.slice(1));
      expect(await ask(60, 60)).toEqual([]);
      expect(await ask(600, 3600)).toEqual([]);
    });

    it('says which time is bad', async () => {
      await expect(source.reads.perMinute({ from: 'x', to: at(0) })).rejects.toThrow('from: got "x"');
      await expect(source.reads.perMinute({ from: at(0), to: 'y' })).rejects.toThrow('to: got "y"');
    });
  });
}
