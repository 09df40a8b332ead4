import type { CustomerStore } from '../../customers/customer-store.js';
import type { CustomerNames } from '../response-schemas.js';
import { findManyCustomers } from './find-many-customers.js';

/** What customers are called and where they live, by their ids. */
export class NameCustomers {
  constructor(readonly ids: readonly number[]) {}
}

export class NameCustomersHandler {
  constructor(private readonly customers: CustomerStore) {}

  /** Thrown: `CustomersUnavailable`. */
  async execute({ ids }: NameCustomers): Promise<CustomerNames> {
    const found = await findManyCustomers(this.customers, ids);
    return { items: [...found.values()].map(({ id, name, surname, city, country }) => ({ id, name, surname, city, country })) };
  }
}
