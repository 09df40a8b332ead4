import type { CustomerStore } from '../../customers/customer-store.js';
import type { Customer } from '../../customers/customer.js';
import { RequestRefused } from '../problem.js';

export class FindCustomer {
  constructor(readonly customerId: number) {}
}

export class FindCustomerHandler {
  constructor(private readonly customers: CustomerStore) {}

  /** Thrown: `RequestRefused` with 404; `CustomersUnavailable`. */
  async execute({ customerId }: FindCustomer): Promise<Customer> {
    const customer = await this.customers.find(customerId);
    if (customer === null) throw new RequestRefused(404, `no customer has the id ${customerId}`);
    return customer;
  }
}
