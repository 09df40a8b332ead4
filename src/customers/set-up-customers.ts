import { crashPoint } from '../crash-point.js';
import type { CustomerStore } from './customer-store.js';
import { STORED_COLUMNS, type Customer } from './customer.js';
import { generateCustomers } from './generate-customers.js';

/** Where a set-up keeps its own state, beside the customers and as durable as they are. */
export interface SetUpMarks {
  /** Null when no set-up was ever begun. */
  setUpMark(): Promise<string | null>;
  markSetUp(mark: string): Promise<void>;
}

/**
 * What a set-up did. `already-there`: customers were there, or an earlier set-up was complete;
 * `other-customers`: an earlier one was interrupted and its customers were replaced since, so it ends as it is.
 */
export type SetUpResult =
  | { readonly outcome: 'generated' | 'resumed' | 'stopped'; readonly generated: number }
  | { readonly outcome: 'already-there' | 'other-customers'; readonly generated: 0 };

/** Customers per save: 5 blocks of the generator and 2 transactions of the embedded store. */
const CHUNK = 500;

/**
 * Fills an empty store with `count` generated customers, once in the store's life; one that was interrupted,
 * even by kill -9, goes on after the last chunk it stored, with the seed that it was begun with.
 *
 * It never overwrites a customer, and what is erased afterwards does not come back. `onProgress` hears how
 * many of `count` are there; an aborted `signal` stops it, to go on at the next call. Thrown: `CustomersUnavailable`.
 */
export async function setUpCustomers(
  store: CustomerStore & SetUpMarks,
  options: {
    readonly count: number;
    readonly seed: number;
    readonly onProgress?: (done: number, count: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<SetUpResult> {
  const { count, signal } = options;
  const mark = await store.setUpMark();
  if (count === 0 || mark === COMPLETE) return { outcome: 'already-there', generated: 0 };
  if (mark === null && (await store.count()) > 0) return { outcome: 'already-there', generated: 0 };

  const { seed, done } = mark === null ? { seed: options.seed, done: 0 } : progressOf(mark);
  const stored = mark === null ? null : await firstAndLast(store);
  if (stored && !(await areGenerated(stored, seed))) {
    await store.markSetUp(COMPLETE);
    return { outcome: 'other-customers', generated: 0 };
  }
  if (mark === null) await store.markSetUp(begunWith(seed, 0));

  const fromId = done + 1;
  let generated = 0;
  let chunk: Customer[] = [];
  const save = async () => {
    await store.save(chunk);
    crashPoint('customers-saved');
    generated += chunk.length;
    chunk = [];
    await store.markSetUp(begunWith(seed, done + generated));
    crashPoint('customers-marked');
    options.onProgress?.(done + generated, count);
  };
  for await (const block of generateCustomers({ count, seed, fromId })) {
    if (signal?.aborted) return { outcome: 'stopped', generated };
    chunk.push(...block);
    if (chunk.length >= CHUNK) await save();
  }
  if (chunk.length > 0) await save();
  await store.markSetUp(COMPLETE);
  return { outcome: mark === null ? 'generated' : 'resumed', generated };
}

const COMPLETE = 'complete';

function begunWith(seed: number, done: number): string {
  return `begun with seed ${seed}, ${done} done`;
}

/** Customers beyond those done may be there, too: a store may have saved a part of a chunk, in any order. */
function progressOf(mark: string): { readonly seed: number; readonly done: number } {
  const [, seed, done] = /^begun with seed (\d+), (\d+) done$/.exec(mark) ?? [];
  if (seed === undefined) throw new Error(`the customer store's set-up mark is ${JSON.stringify(mark)}, which this version does not know`);
  return { seed: Number(seed), done: Number(done) };
}

/** The customers with the lowest and the highest id; null when there is none. */
async function firstAndLast(store: CustomerStore): Promise<readonly Customer[] | null> {
  let first: number | null = null;
  let last = 0;
  for await (const page of store.places()) {
    for (const { sensorId } of page) {
      first ??= sensorId;
      last = sensorId;
    }
  }
  if (first === null) return null;
  const found = await Promise.all([store.find(first), store.find(last)]);
  return found.filter((customer) => customer !== null);
}

async function areGenerated(customers: readonly Customer[], seed: number): Promise<boolean> {
  for (const customer of customers) {
    for await (const [expected] of generateCustomers({ count: customer.id, seed, fromId: customer.id })) {
      if (STORED_COLUMNS.some((column) => expected?.[column] !== customer[column])) return false;
    }
  }
  return true;
}
