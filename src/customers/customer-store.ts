import { STORED_COLUMNS, unstorable, type Customer, type SensorPlace } from './customer.js';
import type { NoteStore } from './note-store.js';

/** The customers' port: two adapters, libsql (embedded) and Cassandra. Every read of a customer is by id. */
export interface CustomerStore {
  /** Null when there is no such customer. Thrown: `CustomersUnavailable`. */
  find(id: number): Promise<Customer | null>;
  /** Inserts or overwrites, durably; the same rows twice are the same as once. Thrown: `CustomerRefused` before anything is saved; `CustomersUnavailable`. */
  save(customers: readonly Customer[]): Promise<void>;
  count(): Promise<number>;
  /** Every customer once, in pages, in any order. */
  all(): AsyncIterable<readonly Customer[]>;
  /** The place of every sensor, in pages, by ascending id. */
  places(): AsyncIterable<readonly SensorPlace[]>;
  /** Changes whenever a customer is saved or erased: tells that the places must be read again. */
  version(): Promise<string>;
  /** Removes all that is stored of a customer, with the notes about the sensor; false when there was nothing. */
  erase(id: number): Promise<boolean>;
  /** What operators wrote about sensors, their customers known or not. */
  readonly notes: NoteStore;
  /** What it lacks while it still answers, such as a node of its own; null when nothing. */
  impairment(): string | null;
  close(): Promise<void>;
}

/** A customer can't be stored unchanged (`unstorable`); a retry does not help. */
export class CustomerRefused extends Error {
  constructor(id: number, column: string, reason: string) {
    super(`customer ${id}: ${column} ${reason}`);
    this.name = 'CustomerRefused';
  }
}

/** The customer store can't answer now; a retry later may succeed. */
export class CustomersUnavailable extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}; try again later`, options);
    this.name = 'CustomersUnavailable';
  }
}

/** The store answers, but not about this customer now: it may well do about others. */
export class CustomerUnreachable extends CustomersUnavailable {}

/** Thrown: `CustomerRefused` for the first that no store would keep unchanged. */
export function refuseUnstorable(customers: readonly Customer[]): void {
  for (const customer of customers) {
    for (const column of STORED_COLUMNS) {
      const value = customer[column];
      const reason = typeof value === 'string' ? unstorable(value) : null;
      if (reason) throw new CustomerRefused(customer.id, column, reason);
    }
  }
}
