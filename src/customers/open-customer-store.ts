import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { untilAvailable } from '../connecting/until-available.js';
import { CassandraCustomerStore, type AnsweredBy } from './cassandra/cassandra-customer-store.js';
import { messageOf } from './cassandra/cassandra-errors.js';
import { CustomersUnavailable, type CustomerStore } from './customer-store.js';
import { LibsqlCustomerStore } from './libsql-customer-store.js';
import type { SetUpMarks } from './set-up-customers.js';

/** What is told of a ring while it is used. */
export interface CassandraTelling {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  readonly onFound?: (by: AnsweredBy, seconds: number) => void;
  /** How long a ring that is away is waited for. */
  readonly limitMs?: number;
}

/** Cassandra when contact points are configured, which is waited for, else the customers in the data folder. Thrown: `CassandraRefused`, `CustomersUnavailable`. */
export async function openCustomerStore(config: Config, clock: Clock, logger: Logger, registry: Registry): Promise<CustomerStore & SetUpMarks> {
  if (config.cassandra === null) return LibsqlCustomerStore.open(config.dataDir);
  const found = new Counter({ name: 'vigia_customer_reads_total', help: 'Customers looked up, by what answered: the cache, one replica, or a quorum of them.', labelNames: ['by'], registers: [registry] });
  const seconds = new Histogram({ name: 'vigia_customer_read_seconds', help: 'Time of a look-up in Cassandra.', buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 4], registers: [registry] });
  const onFound = (by: AnsweredBy, took: number): void => {
    found.inc({ by });
    if (by !== 'cache') seconds.observe(took);
  };
  const store = await openCassandra(config.cassandra, { clock, logger, onFound });
  new Gauge({
    name: 'vigia_cassandra_nodes',
    help: 'Nodes of our data centre, by whether Cassandra’s driver can use them.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { up, down } = store.nodes();
      this.set({ state: 'up' }, up);
      this.set({ state: 'down' }, down.length);
    },
  });
  return store;
}

/** A ring that is away is waited for, for a minute. Thrown: `CassandraRefused` at once; `CustomersUnavailable` naming the contact points in the end. */
export async function openCassandra(config: NonNullable<Config['cassandra']>, { clock, logger, onFound, limitMs }: CassandraTelling): Promise<CassandraCustomerStore> {
  const contactPoints = config.contactPoints.join(', ');
  try {
    return await untilAvailable(() => CassandraCustomerStore.open(config, { clock, ...(onFound ? { onFound } : {}) }), {
      clock,
      onWait: (error) => logger.warn({ err: error }, `waiting for Cassandra at ${contactPoints}`),
      mayComeBack: (error) => error instanceof CustomersUnavailable,
      ...(limitMs === undefined ? {} : { limitMs }),
    });
  } catch (error) {
    if (error instanceof CustomersUnavailable) throw new CustomersUnavailable(`Cassandra at ${contactPoints} can't be reached: ${messageOf(error.cause)}`, { cause: error });
    throw error;
  }
}
