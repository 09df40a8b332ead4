import type { Clock } from '../clock.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { ImportMarks } from '../customers/import-resumption.js';

/** The part of the customer store that the commands need. */
export type CommandStore = Pick<CustomerStore, 'find' | 'save' | 'count' | 'erase'> & Partial<ImportMarks>;

export interface CustomersCommandDeps {
  /** Opens the customer store, or reaches it through the running process, for the time of `use`. */
  readonly withStore: (use: (store: CommandStore) => Promise<void>) => Promise<void>;
  /** Opens the customer store itself, for what takes all of it. */
  readonly withAll: (use: (store: Pick<CustomerStore, 'all'>) => Promise<void>) => Promise<void>;
  readonly clock: Clock;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Makes the process end with code 1 when it ends. */
  readonly fail: () => void;
}
