import type { CustomerStore } from '../../customers/customer-store.js';

/** Removes all that the customer store has of a customer. */
export class EraseCustomer {
  constructor(readonly customerId: number) {}
}

export class EraseCustomerHandler {
  constructor(private readonly store: CustomerStore) {}

  /** Whether there was one. Thrown: `CustomersUnavailable`. */
  execute({ customerId }: EraseCustomer): Promise<boolean> {
    return this.store.erase(customerId);
  }
}
