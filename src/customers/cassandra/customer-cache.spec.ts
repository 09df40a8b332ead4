import { customerExample } from '../../../test/contracts/customer-store.contract.js';
import { systemClock } from '../../clock.js';
import { CustomerCache } from './customer-cache.js';

describe('CustomerCache', () => {
  it('keeps the 10,000 that were asked for last', () => {
    const cache = new CustomerCache(systemClock);
    for (let id = 0; id < 10_000; id += 1) cache.reading(id)(customerExample(id));
    expect(cache.get(0)?.id).toBe(0);
    cache.reading(10_000)(customerExample(10_000));
    expect([cache.get(0)?.id, cache.get(1), cache.get(10_000)?.id]).toEqual([0, undefined, 10_000]);
  });

  it('does not keep what was read while customers changed', () => {
    const cache = new CustomerCache(systemClock);
    const remember = cache.reading(1);
    cache.forget([2]);
    remember(customerExample(1));
    expect(cache.get(1)).toBeUndefined();
  });
});
