import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { customerExample } from '../../test/contracts/customer-store.contract.js';
import { generateCustomers } from './generate-customers.js';
import { LibsqlCustomerStore } from './libsql-customer-store.js';
import { setUpCustomers } from './set-up-customers.js';

const newDir = () => mkdtempSync(join(tmpdir(), 'vigia-set-up-'));

/** The store holds the generated customers 1 to `count` and no other. */
async function expectGenerated(store: LibsqlCustomerStore, count: number, seed: number): Promise<void> {
  expect(await store.count()).toBe(count);
  const differing: number[] = [];
  for await (const block of generateCustomers({ count, seed })) {
    for (const customer of block) {
      if (JSON.stringify(await store.find(customer.id)) !== JSON.stringify(customer)) differing.push(customer.id);
    }
  }
  expect(differing).toEqual([]);
}

/** A set-up that stops once `done` customers are there. */
async function interrupted(store: LibsqlCustomerStore, options: { count: number; seed: number; done: number }): Promise<void> {
  const stop = new AbortController();
  const result = await setUpCustomers(store, {
    ...options,
    signal: stop.signal,
    onProgress: (done) => (done >= options.done ? stop.abort() : undefined),
  });
  expect(result).toEqual({ outcome: 'stopped', generated: options.done });
}

describe('setUpCustomers', () => {
  let store: LibsqlCustomerStore;
  beforeEach(async () => {
    store = await LibsqlCustomerStore.open(newDir());
  });
  afterEach(() => store.close());

  it('fills an empty store once, telling how far it is', async () => {
    const heard: number[] = [];
    const onProgress = (done: number, count: number) => heard.push(done / count);
    expect(await setUpCustomers(store, { count: 1250, seed: 4, onProgress })).toEqual({ outcome: 'generated', generated: 1250 });
    expect(heard).toEqual([0.4, 0.8, 1]);
    await expectGenerated(store, 1250, 4);
    const version = await store.version();
    expect(await setUpCustomers(store, { count: 2000, seed: 5 })).toEqual({ outcome: 'already-there', generated: 0 });
    expect(await store.version()).toBe(version);
  });

  it('leaves customers alone that came from elsewhere, and an empty store when none are wanted', async () => {
    expect(await setUpCustomers(store, { count: 0, seed: 1 })).toEqual({ outcome: 'already-there', generated: 0 });
    await store.save([customerExample(7)]);
    expect(await setUpCustomers(store, { count: 100, seed: 1 })).toEqual({ outcome: 'already-there', generated: 0 });
    expect(await store.count()).toBe(1);
  });

  it('goes on where it was stopped, with the seed it was begun with', async () => {
    await interrupted(store, { count: 2000, seed: 4, done: 1000 });
    expect(await store.count()).toBe(1000);
    expect(await setUpCustomers(store, { count: 2000, seed: 99 })).toEqual({ outcome: 'resumed', generated: 1000 });
    await expectGenerated(store, 2000, 4);
  });

  it('does not bring back a customer who was erased, after the set-up or amid it', async () => {
    await interrupted(store, { count: 1000, seed: 4, done: 500 });
    await store.erase(3);
    await setUpCustomers(store, { count: 1000, seed: 4 });
    await store.erase(1000);
    await setUpCustomers(store, { count: 1000, seed: 4 });
    expect([await store.find(3), await store.find(1000), await store.count()]).toEqual([null, null, 998]);
  });

  it('gives way when other customers took the place of those of an interrupted set-up', async () => {
    await interrupted(store, { count: 1000, seed: 4, done: 500 });
    await store.save(Array.from({ length: 700 }, (_, i) => customerExample(i + 1)));
    expect(await setUpCustomers(store, { count: 1000, seed: 4 })).toEqual({ outcome: 'other-customers', generated: 0 });
    expect(await store.count()).toBe(700);
    expect(await store.find(1)).toEqual(customerExample(1));
  });

  it('is complete and exact after kill -9 at three moments of it', async () => {
    const dir = newDir();
    const script = `
      const { LibsqlCustomerStore } = await import(${JSON.stringify(resolve('src/customers/libsql-customer-store.ts'))});
      const { setUpCustomers } = await import(${JSON.stringify(resolve('src/customers/set-up-customers.ts'))});
      const store = await LibsqlCustomerStore.open(${JSON.stringify(dir)});
      await setUpCustomers(store, { count: 6000, seed: 4, onProgress: (done) => console.log(done) });`;
    const reached: number[] = [];
    for (const killAt of [500, 2000, 3500]) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      child.stdout.on('data', (lines: Buffer) => {
        if (Number(String(lines).trim().split('\n').at(-1)) >= killAt) child.kill('SIGKILL');
      });
      expect((await ended)[1]).toBe('SIGKILL');
      const survivor = await LibsqlCustomerStore.open(dir);
      reached.push(await survivor.count());
      await survivor.close();
    }
    expect(reached.every((count, i) => count > (reached[i - 1] ?? 0) && count < 6000)).toBe(true);
    const survivor = await LibsqlCustomerStore.open(dir);
    const { outcome, generated } = await setUpCustomers(survivor, { count: 6000, seed: 4 });
    // The chunk that was being stored is stored again.
    expect([outcome, generated >= 6000 - reached[2]! && generated <= 6500 - reached[2]!]).toEqual(['resumed', true]);
    await expectGenerated(survivor, 6000, 4);
    await survivor.close();
  });
});
