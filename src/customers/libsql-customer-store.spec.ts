import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customerExample, customerStoreContract } from '../../test/contracts/customer-store.contract.js';
import { CustomersUnavailable } from './customer-store.js';
import { LibsqlCustomerStore } from './libsql-customer-store.js';

const newDir = () => mkdtempSync(join(tmpdir(), 'vigia-customers-'));

customerStoreContract('libsql', async () => {
  const dir = newDir();
  return { open: () => LibsqlCustomerStore.open(dir) };
});

describe('LibsqlCustomerStore', () => {
  it('keeps its version when rows equal to the stored ones are saved', async () => {
    const store = await LibsqlCustomerStore.open(newDir());
    await store.save([customerExample(1)]);
    const version = await store.version();
    await store.save([customerExample(1)]);
    expect(await store.version()).toBe(version);
    await store.save([customerExample(1, { longitude: -3.7037901 })]);
    expect(await store.version()).not.toBe(version);
    await store.close();
  });

  it('has another version in another file, whatever was saved there', async () => {
    const [one, other] = [await LibsqlCustomerStore.open(newDir()), await LibsqlCustomerStore.open(newDir())];
    expect(await one.version()).not.toBe(await other.version());
    await Promise.all([one.close(), other.close()]);
  });

  it('refuses writes beyond its bound, and takes them again afterwards', async () => {
    const store = await LibsqlCustomerStore.open(newDir());
    const saves = await Promise.allSettled(Array.from({ length: 200 }, (_, id) => store.save([customerExample(id)])));
    const refused = saves.filter((save) => save.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const save of refused) expect(save.reason).toBeInstanceOf(CustomersUnavailable);
    expect(await store.count()).toBe(200 - refused.length);
    await store.save([customerExample(999)]);
    expect(await store.find(999)).not.toBeNull();
    await store.close();
  });

  it('names a file that is no database', async () => {
    const dir = newDir();
    writeFileSync(join(dir, 'customers.db'), 'not a database, but long enough to be looked at as the header of one.'.repeat(20));
    await expect(LibsqlCustomerStore.open(dir)).rejects.toThrow(join(dir, 'customers.db'));
  });
});
