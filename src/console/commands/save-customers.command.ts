import type { CustomerStore } from '../../customers/customer-store.js';
import type { Customer } from '../../customers/customer.js';

/** Inserts or overwrites customers. */
export class SaveCustomers {
  constructor(readonly customers: readonly Customer[]) {}
}

export class SaveCustomersHandler {
  constructor(private readonly store: CustomerStore) {}

  /** Gives the number of customers that there are then. Thrown: `CustomersUnavailable`. */
  async execute({ customers }: SaveCustomers): Promise<number> {
    await this.store.save(customers);
    return this.store.count();
  }
}
