import fc from 'fast-check';
import type { SensorPlace } from '../customer.js';
import { LowestPlaces } from './lowest-places.js';

const placeOf = (sensorId: number): SensorPlace => ({ sensorId, geohash: `s${sensorId}`, zone: 'Africa' });

describe('LowestPlaces', () => {
  it('gives all places once, by ascending id, over as many walks as it takes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 31 - 1 })), fc.integer({ min: 1, max: 7 }), (ids, limit) => {
        const given: SensorPlace[] = [];
        for (let after = -1, isAll = false; !isAll; ) {
          const lowest = new LowestPlaces(after, limit);
          for (const id of ids) lowest.add(placeOf(id));
          const result = lowest.result();
          expect(result.places.length).toBeLessThanOrEqual(limit);
          given.push(...result.places);
          after = result.places.at(-1)?.sensorId ?? after;
          isAll = result.isAll;
        }
        expect(given).toEqual(ids.toSorted((a, b) => a - b).map(placeOf));
      }),
    );
  });
});
