import { systemClock } from '../../src/clock.js';
import { CassandraCustomerStore } from '../../src/customers/cassandra/cassandra-customer-store.js';
import { customerStoreContract } from '../contracts/customer-store.contract.js';
import { CassandraRing } from './cassandra.js';
import { cassandraStoreSuite } from './cassandra/cassandra-store.suite.js';
import { productOnCassandraSuite } from './cassandra/product-on-cassandra.suite.js';
import { splitReadingRolesSuite } from './cassandra/split-reading-roles.suite.js';

/** Three nodes take half a minute to start: one ring for everything that needs one. */
let ring: CassandraRing;
beforeAll(async () => {
  ring = await CassandraRing.start();
}, 240_000);
afterAll(() => ring?.stop());

customerStoreContract('Cassandra', async () => {
  await ring.empty();
  return { open: () => CassandraCustomerStore.open(ring.config(), { clock: systemClock }) };
});

cassandraStoreSuite(() => ring);

productOnCassandraSuite(() => ring);

splitReadingRolesSuite(() => ring);
