import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../clock.js';
import { readConfig, type CassandraConfig } from '../config.js';
import type { CassandraCustomerStore } from '../customers/cassandra/cassandra-customer-store.js';
import { LibsqlCustomerStore } from '../customers/libsql-customer-store.js';
import { openCassandra } from '../customers/open-customer-store.js';
import { DataDirLock } from '../storage/data-dir-lock.js';
import { ApiCustomerStore } from './api-customer-store.js';
import type { CustomersCommandDeps } from './customers-command-deps.js';
import { withApi } from './with-api.js';

/** There are no customers where the configuration says. */
export class NoCustomers extends Error {
  constructor(dataDir: string) {
    super(`data folder ${dataDir} has no customers; set VIGIA_DATA_DIR to the folder that has, or CASSANDRA_CONTACT_POINTS`);
    this.name = 'NoCustomers';
  }
}

/** Cassandra itself, whoever else works with it; customers in the data folder by the API of the process that works on it. */
export const withCustomers: CustomersCommandDeps['withStore'] = (use) => {
  const { cassandra } = readConfig(process.env);
  return cassandra === null ? withApi((api) => use(new ApiCustomerStore(api))) : withCassandra(cassandra, use);
};

/** Thrown: `NoCustomers`; `DataDirInUse` when a process works on the data folder. */
export async function withAllCustomers(use: (store: LibsqlCustomerStore | CassandraCustomerStore) => Promise<void>): Promise<void> {
  const { cassandra, dataDir } = readConfig(process.env);
  if (cassandra !== null) return withCassandra(cassandra, use);
  if (!existsSync(join(dataDir, 'customers.db'))) throw new NoCustomers(dataDir);
  const lock = DataDirLock.acquire(dataDir);
  try {
    const store = await LibsqlCustomerStore.open(dataDir);
    await use(store).finally(() => store.close());
  } finally {
    lock.release();
  }
}

async function withCassandra(config: CassandraConfig, use: (store: CassandraCustomerStore) => Promise<void>): Promise<void> {
  // Standard output may be what the command is asked for.
  const logger = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
  const store = await openCassandra(config, { clock: systemClock, logger });
  await use(store).finally(() => store.close());
}
