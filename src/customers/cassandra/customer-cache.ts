import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.js';
import type { Customer } from '../customer.js';

/** At some 1 kB each, 10 MB. */
const MAX_CUSTOMERS = 10_000;

/** Another process may have changed or erased a customer: so long it is shown here at most. */
const LONGEST_MS = 60_000;

/** Customers that were looked up lately: an alarm asks for the same one several times, for its e-mail, the console and the API. */
export class CustomerCache {
  private readonly customers: LRUCache<number, Customer>;
  private version: string | null = null;
  private changes = 0;

  constructor(clock: Clock) {
    this.customers = new LRUCache({ max: MAX_CUSTOMERS, ttl: LONGEST_MS, ttlResolution: 0, perf: { now: () => clock.now() } });
  }

  get(id: number): Customer | undefined {
    return this.customers.get(id);
  }

  /** To be called before a customer is read: what it gives keeps what was read, unless customers have changed meanwhile. */
  reading(id: number): (customer: Customer) => void {
    const before = this.changes;
    return (customer) => {
      if (this.changes === before) this.customers.set(id, customer);
    };
  }

  forget(ids: readonly number[]): void {
    this.changes += 1;
    for (const id of ids) this.customers.delete(id);
  }

  /** Another version than the last one noticed: any customer may be another. */
  noticeVersion(version: string): void {
    if (this.version !== null && version !== this.version) {
      this.changes += 1;
      this.customers.clear();
    }
    this.version = version;
  }
}
