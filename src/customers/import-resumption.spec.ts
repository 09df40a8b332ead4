import { execFileSync } from 'node:child_process';
import { appendFileSync, createWriteStream, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCustomersCsv } from './csv-export.js';
import { importCustomers } from './csv-import.js';
import { CustomersUnavailable } from './customer-store.js';
import type { Customer } from './customer.js';
import { generateCustomers } from './generate-customers.js';

/** A store in memory that keeps a mark, as Cassandra's does; `leftSaves` are those before it goes away. */
class MarkedStore {
  readonly customers = new Map<number, Customer>();
  rows = 0;
  leftSaves = Number.POSITIVE_INFINITY;
  private mark: string | null = null;

  save(): Promise<void> {
    return Promise.reject(new Error('not asked for'));
  }

  importMark(): Promise<string | null> {
    return Promise.resolve(this.mark);
  }

  saveMarked(customers: readonly Customer[], mark: string | null): Promise<void> {
    if (this.leftSaves-- <= 0) return Promise.reject(new CustomersUnavailable('gone'));
    for (const customer of customers) this.customers.set(customer.id, customer);
    this.rows += customers.length;
    this.mark = mark;
    return Promise.resolve();
  }
}

describe('an import into a store with marks', () => {
  let files: string[];
  let store: MarkedStore;
  beforeEach(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-resumption-'));
    files = [join(dir, 'a.csv'), join(dir, 'b.csv')];
    await writeCustomersCsv(files[0]!, generateCustomers({ count: 2_000, seed: 1 }));
    await writeCustomersCsv(files[1]!, generateCustomers({ count: 4_000, seed: 1, fromId: 2_001 }));
    store = new MarkedStore();
  });

  const breakOff = async (saves: number): Promise<number> => {
    store.leftSaves = saves;
    await expect(importCustomers(store, files)).rejects.toBeInstanceOf(CustomersUnavailable);
    store.leftSaves = Number.POSITIVE_INFINITY;
    return store.rows;
  };

  it.each([0, 1, 2])('goes on after %d saves, and saves no row twice', async (saves) => {
    const before = await breakOff(saves);
    expect(await importCustomers(store, files)).toMatchObject({ imported: 4_000, resumed: before, unreadable: 0 });
    expect([store.rows, store.customers.size, await store.importMark()]).toEqual([4_000, 4_000, null]);
  });

  it('takes a later row of the same id for an earlier one, wherever it was broken off', async () => {
    const [header, first] = readFileSync(files[0]!, 'utf8').split('\r\n') as [string, string];
    const columns = header.split(',');
    const changed = first.split(',').map((value, i) => (columns[i] === 'company' ? 'Changed' : value)).join(',');
    appendFileSync(files[1]!, `${changed}\r\n`);
    const before = await breakOff(2);
    expect(await importCustomers(store, files)).toMatchObject({ imported: 4_000, replaced: 1, resumed: before });
    expect(store.customers.get(1)?.company).toBe('Changed');
  });

  it('begins anew when a file has changed, or comes in another order', async () => {
    await breakOff(2);
    expect(await importCustomers(store, files.toReversed())).toMatchObject({ resumed: 0, imported: 4_000 });
    await breakOff(2);
    appendFileSync(files[1]!, 'oops\r\n');
    expect(await importCustomers(store, files)).toMatchObject({ resumed: 0, imported: 4_000, skipped: 1 });
  });

  it('reads a pipe once, from its beginning', async () => {
    const pipe = `${files[0]}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const writing = createWriteStream(pipe);
    writing.end(readFileSync(files[0]!));
    expect(await importCustomers(store, [pipe])).toMatchObject({ imported: 2_000, resumed: 0 });
  });
});
