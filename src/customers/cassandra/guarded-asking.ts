import { inTime, type Clock } from '../../clock.js';
import { CustomersUnavailable } from '../customer-store.js';
import { toUnavailable } from './cassandra-errors.js';

/** The reading of one row, with all that is tried for it. */
const READ_LIMIT_MS = 4_000;

/** Asks the ring, and says of each failure what the port promises. */
export class GuardedAsking {
  /** Once set nothing is asked any more. */
  isClosed = false;

  constructor(private readonly clock: Clock) {}

  /** Thrown: `CustomersUnavailable` for whatever the driver throws, and once this is closed. */
  async ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new CustomersUnavailable('the customer store is closed');
    try {
      return await work();
    } catch (error) {
      throw toUnavailable(what, error);
    }
  }

  /** As `ask`, for the reading of one row: no longer than four seconds. */
  askInTime<T>(what: string, work: () => Promise<T>): Promise<T> {
    return inTime(this.clock, READ_LIMIT_MS, this.ask(what, work), () => new CustomersUnavailable(`cannot ${what}: Cassandra gave no answer within ${READ_LIMIT_MS} ms`));
  }
}
