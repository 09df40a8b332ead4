import type { CustomerStore } from '../../customers/customer-store.js';
import type { Customer } from '../../customers/customer.js';

/** Asked at a time, so that a list does not take all of a cluster's attention. */
const AT_A_TIME = 20;

/** The customers of these ids, those that exist. Thrown: `CustomersUnavailable`. */
export async function findManyCustomers(customers: Pick<CustomerStore, 'find'>, ids: readonly number[]): Promise<ReadonlyMap<number, Customer>> {
  const found = new Map<number, Customer>();
  for (let from = 0; from < ids.length; from += AT_A_TIME) {
    const some = await Promise.all(ids.slice(from, from + AT_A_TIME).map((id) => customers.find(id)));
    for (const customer of some) if (customer !== null) found.set(customer.id, customer);
  }
  return found;
}
