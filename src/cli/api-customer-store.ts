import type { CustomerStore } from '../customers/customer-store.js';
import type { Customer } from '../customers/customer.js';
import { ApiProblem, type ApiClient } from './api-client.js';

/** A post's body stays below the API's limit of 1 MiB. */
const MOST_BYTES = 512 * 1024;

/** The customers through the API of the process that works on the data folder. */
export class ApiCustomerStore implements Pick<CustomerStore, 'find' | 'save' | 'count' | 'erase'> {
  constructor(private readonly api: ApiClient) {}

  async find(id: number): Promise<Customer | null> {
    try {
      return await this.api.get<Customer>(`/api/customers/${id}`);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) return null;
      throw error;
    }
  }

  async save(customers: readonly Customer[]): Promise<void> {
    let some: Customer[] = [];
    let bytes = 0;
    for (const customer of customers) {
      some.push(customer);
      bytes += Buffer.byteLength(JSON.stringify(customer)) + 1;
      if (bytes < MOST_BYTES) continue;
      await this.post(some);
      some = [];
      bytes = 0;
    }
    if (some.length > 0) await this.post(some);
  }

  async count(): Promise<number> {
    return this.post([]);
  }

  async erase(id: number): Promise<boolean> {
    return (await this.api.post<{ count: number }>(`/api/operations/customers/${id}/erase`)).count > 0;
  }

  private async post(customers: readonly Customer[]): Promise<number> {
    return (await this.api.post<{ count: number }>('/api/operations/customers', { customers })).count;
  }
}
