import { at, recovered, triggered } from '../../test/support/projection-events.js';
import { ReadModelsBench } from '../../test/support/read-models-bench.js';
import type { SensorPlace } from '../customers/customer.js';
import { CellSensors, type MapSensor, type SensorPlaceInCell } from './cell-sensors.js';

const place = (sensorId: number, geohash: string, zone = 'UK'): SensorPlace => ({ sensorId, geohash, zone });

let bench: ReadModelsBench;
let cells: CellSensors;
beforeEach(async () => {
  bench = await ReadModelsBench.open();
  cells = new CellSensors(bench.sink);
});
afterEach(() => bench.close());

/** All pages of a cell, and what each said its total was. */
function pages(cell: string, zone: string | null, limit: number): { readonly items: readonly MapSensor[]; readonly totals: ReadonlySet<number>; readonly count: number } {
  const items: MapSensor[] = [];
  const totals = new Set<number>();
  let count = 0;
  let after: SensorPlaceInCell | null = null;
  do {
    const page = cells.page(cell, zone, limit, after);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    totals.add(page.total);
    count += 1;
    after = page.last;
  } while (after !== null);
  return { items, totals, count };
}
const idsOf = (items: readonly MapSensor[]) => items.map(({ sensorId }) => Number(sensorId));

it('has those that never had an alarm, those that had one and those that have some, each with its state', async () => {
  await bench.place([place(1, 'gcpvj0duq'), place(2, 'gcpvj0dur'), place(3, 'gcpvj0dus'), place(4, 'ezjmgtwuz', 'Mediterranean')]);
  await bench.append([
    triggered({ alarm: 'a', sensorId: 2, type: 'smoke', second: 1 }), recovered({ alarm: 'a', sensorId: 2, type: 'smoke', second: 2 }),
    triggered({ alarm: 'b', sensorId: 3, type: 'smoke', second: 3 }), triggered({ alarm: 'c', sensorId: 3, type: 'motion', second: 4 }),
    triggered({ alarm: 'd', sensorId: 9, type: 'motion', second: 4 }),
  ]);
  await bench.settle();
  expect(cells.page('gc', null, 50, null)).toEqual({
    items: [
      { sensorId: '1', state: 'inactive', openTypes: [], since: null, geohash: 'gcpvj0duq', zone: 'UK' },
      { sensorId: '2', state: 'inactive', openTypes: [], since: at(2), geohash: 'gcpvj0dur', zone: 'UK' },
      { sensorId: '3', state: 'active', openTypes: ['motion', 'smoke'], since: at(3), geohash: 'gcpvj0dus', zone: 'UK' },
    ],
    last: null,
    total: 3,
  });
});

it('keeps to the cell and the zone, and gives each sensor once however small the pages, with many at one place', async () => {
  const inside = Array.from({ length: 40 }, (_, index) => place(100 + index, ['gcp000000', 'gcpvj0duq', 'gcpzzzzzz'][index % 3] as string, index % 2 === 0 ? 'UK' : 'North'));
  await bench.place([...inside, place(7, 'gcnzzzzzz'), place(8, 'gcq000000'), place(9, 'gc')]);
  const ordered = [...inside].sort((a, b) => (a.geohash === b.geohash ? a.sensorId - b.sensorId : a.geohash < b.geohash ? -1 : 1));
  for (const zone of [null, 'UK', 'Africa']) {
    const wanted = ordered.filter((each) => zone === null || each.zone === zone).map(({ sensorId }) => sensorId);
    for (const limit of [1, 7, 40]) {
      const { items, totals, count } = pages('gcp', zone, limit);
      expect(idsOf(items)).toEqual(wanted);
      expect({ totals: [...totals], count }).toEqual({ totals: [wanted.length], count: Math.max(1, Math.ceil(wanted.length / limit)) });
    }
  }
  expect(idsOf(cells.page('gcpvj0duq', null, 50, null).items)).toHaveLength(13);
});

it('is read along an index and not sorted, so that a page costs the same whatever the cell holds', async () => {
  const asked: string[] = [];
  const all = bench.sink.db.all.bind(bench.sink.db);
  bench.sink.db.all = ((sql: string, ...values: never[]) => (asked.push(sql), all(sql, ...values))) as unknown as typeof all;
  for (const zone of [null, 'UK']) {
    asked.length = 0;
    cells.page('g', zone, 100, null);
    const values = [...(zone === null ? [] : [zone]), 'g', -1, 'g~', 101];
    const steps = all<{ detail: string }>(`EXPLAIN QUERY PLAN ${asked[0]}`, ...values).map(({ detail }) => detail);
    expect(steps).toHaveLength(2);
    expect(steps[0]).toMatch(zone === null ? /^SEARCH p USING (COVERING )?INDEX places_by_geohash \(.*>.* AND geohash</ : /^SEARCH p USING (COVERING )?INDEX places_by_zone \(zone=\? AND .*>.* AND geohash</);
    expect(steps[1]).toMatch(/^SEARCH m USING INDEX .*sensorId=\?/);
  }
});
