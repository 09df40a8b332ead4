import { CUSTOMER } from '../../test/support/alarm-fixtures.js';
import { SkippableClock } from '../../test/support/skippable-clock.js';
import { CustomersUnavailable, CustomerUnreachable } from '../customers/customer-store.js';
import { CUSTOMER_REST_MS, CustomerReader } from './customer-reader.js';

describe('CustomerReader', () => {
  const readerOf = (failure: (id: number) => Error | null) => {
    const asked: number[] = [];
    const clock = new SkippableClock();
    const find = async (id: number) => {
      asked.push(id);
      const error = failure(id);
      if (error) throw error;
      return CUSTOMER;
    };
    return { asked, clock, reader: new CustomerReader({ find }, clock, () => undefined) };
  };

  it('lets a store that is away rest, for the next ones too', async () => {
    const { asked, clock, reader } = readerOf(() => new CustomersUnavailable('away'));
    expect([await reader.find(1), await reader.find(2)]).toEqual(['unavailable', 'unavailable']);
    expect(asked).toEqual([1]);
    clock.skip(CUSTOMER_REST_MS);
    await reader.find(2);
    expect(asked).toEqual([1, 2]);
  });

  it('asks for the next one at once when only one can’t be reached', async () => {
    const { asked, reader } = readerOf((id) => (id === 1 ? new CustomerUnreachable('its replicas are away') : null));
    expect([await reader.find(1), await reader.find(2)]).toEqual(['unavailable', CUSTOMER]);
    expect(asked).toEqual([1, 2]);
  });
});
