import { newDir } from '../../test/support/projection-events.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { SensorPlace } from '../customers/customer.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';

/** A customer list of one version: some pages of places, after which it may be gone. */
const listOf = (version: string, pages: readonly (readonly SensorPlace[])[], isGone = false): CustomerStore =>
  ({
    version: () => Promise.resolve(version),
    async *places() {
      yield* pages;
      if (isGone) throw new Error('the customers are gone');
      await Promise.resolve();
    },
  }) as unknown as CustomerStore;

const place = (sensorId: number): SensorPlace => ({ sensorId, geohash: `gcp${sensorId}`, zone: 'UK' });

let sink: LibsqlProjectionSink;
beforeEach(async () => (sink = await LibsqlProjectionSink.open(newDir())));
afterEach(() => sink.close());

const indexes = (): number => sink.db.all("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'places'").length;

it('the first places get their indexes when all are there, however often that has to be begun', async () => {
  await expect(sink.places.sync(listOf('1', [[place(1), place(2)]], true))).rejects.toThrow('the customers are gone');
  expect([sink.places.isKnown, indexes()]).toEqual([false, 0]);
  expect(await sink.places.sync(listOf('1', [[place(1), place(2)], [place(3)]]))).toBe(1);
  expect([sink.places.isKnown, indexes()]).toEqual([true, 2]);
});

it('places that are known keep their indexes while they change', async () => {
  await sink.places.sync(listOf('1', [[place(1)]]));
  await expect(sink.places.sync(listOf('2', [[place(1), place(2)]], true))).rejects.toThrow('the customers are gone');
  expect(indexes()).toBe(2);
});
