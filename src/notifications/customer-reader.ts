import { inTime, type Clock } from '../clock.js';
import { CustomerUnreachable, type CustomerStore } from '../customers/customer-store.js';
import type { CustomerLookup } from './mail-template.js';

/** How long one lookup may take. */
const LOOKUP_LIMIT_MS = 5000;

/** How long a failed lookup speaks for the next ones, so that a store that hangs does not hold every mail for its full limit. */
export const CUSTOMER_REST_MS = 1000;

/** Reads customers from a store that may be slow or away. */
export class CustomerReader {
  private restsUntilMs = 0;

  constructor(
    private readonly customers: Pick<CustomerStore, 'find'>,
    private readonly clock: Clock,
    private readonly problem: (what: string, error: unknown) => void,
  ) {}

  async find(sensorId: number): Promise<CustomerLookup> {
    if (this.clock.now() < this.restsUntilMs) return 'unavailable';
    try {
      return await inTime(this.clock, LOOKUP_LIMIT_MS, this.customers.find(sensorId), () => new Error(`no answer within ${LOOKUP_LIMIT_MS} ms`));
    } catch (error) {
      // One who can't be reached says nothing of the others: their mails go on.
      if (!(error instanceof CustomerUnreachable)) this.restsUntilMs = this.clock.now() + CUSTOMER_REST_MS;
      this.problem('customer store', error);
      return 'unavailable';
    }
  }
}
