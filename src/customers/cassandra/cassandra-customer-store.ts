import { setImmediate as nextTurn } from 'node:timers/promises';
import { concurrent, errors, types, type Client } from 'cassandra-driver';
import type { Clock } from '../../clock.js';
import type { CassandraConfig } from '../../config.js';
import { CustomersUnavailable, refuseUnstorable, type CustomerStore } from '../customer-store.js';
import { STORED_COLUMNS, type Customer, type SensorPlace } from '../customer.js';
import type { ImportMarks } from '../import-resumption.js';
import type { SetUpMarks } from '../set-up-customers.js';
import { cassandraClient, nodesOf, PROFILE } from './cassandra-client.js';
import { CassandraRefused, refusalOf, toUnavailable } from './cassandra-errors.js';
import { ERASE, FIND, SAVE, SCAN_ALL, SCAN_IDS, SCAN_PLACES, WRITTEN } from './cassandra-queries.js';
import { customerOf, placeOf } from './cassandra-rows.js';
import { prepareSchema } from './cassandra-schema.js';
import { CassandraNotes, laterThan } from './cassandra-notes.js';
import { CustomerCache } from './customer-cache.js';
import { CustomerChanges, READ_STATE } from './customer-changes.js';
import { GuardedAsking } from './guarded-asking.js';
import { LowestPlaces } from './lowest-places.js';

/** Rows of one announced change. */
const SAVE_ROWS = 1_000;

/** Rows of one save on their way. Saves at a time are bounded too: at some 400 bytes a row, 64 × 1,000 rows are 26 MB. */
const SAVE_CONCURRENCY = 64;
const MAX_SAVES = 64;

/** Rows of a scan per answer, and what is held of them to give them by ascending id: some 20 MB. */
const SCAN_ROWS = 2_000;
const HELD_PLACES = 100_000;

const PAGE_ROWS = 1_000;

/** How a lookup was answered: by the cache, by one replica, or by most of them after one knew of no such customer. */
export type AnsweredBy = 'cache' | 'one' | 'quorum';

export interface CassandraStoreOptions {
  readonly clock: Clock;
  /** Told of each lookup that was answered, with the time it took. */
  readonly onFound?: (by: AnsweredBy, seconds: number) => void;
}

/**
 * The customers in `world.datosclientes` of a Cassandra ring.
 *
 * Written to all replicas, read from one: a lookup goes on while one replica of the row lives, and a customer that one replica
 * does not know is looked for at a quorum before it counts as unknown (ADR 13).
 */
export class CassandraCustomerStore implements CustomerStore, SetUpMarks, ImportMarks {
  readonly notes: CassandraNotes;
  private readonly cache: CustomerCache;
  private readonly changes: CustomerChanges;
  private readonly asking: GuardedAsking;
  private saves = 0;
  private counted: { readonly version: string; readonly count: Promise<number> } | null = null;

  private constructor(
    private readonly client: Client,
    private readonly config: CassandraConfig,
    private readonly options: CassandraStoreOptions,
    tableId: string,
  ) {
    this.cache = new CustomerCache(options.clock);
    this.changes = new CustomerChanges(client, tableId, options.clock);
    this.asking = new GuardedAsking(options.clock);
    this.notes = new CassandraNotes(client, this.asking, options.clock);
  }

  /**
   * Connects, and creates or completes keyspace and tables.
   * Thrown: `CassandraRefused`, for which waiting does not help; `CustomersUnavailable` when no node answers.
   */
  static async open(config: CassandraConfig, options: CassandraStoreOptions): Promise<CassandraCustomerStore> {
    const client = cassandraClient(config, new Set([FIND, READ_STATE]));
    try {
      await client.connect();
      return new CassandraCustomerStore(client, config, options, await prepareSchema(client, config));
    } catch (error) {
      await client.shutdown().catch(() => undefined);
      const refusal = refusalOf(error);
      if (refusal !== null) throw new CassandraRefused(config.contactPoints, refusal, { cause: error });
      if (error instanceof CassandraRefused || !(error instanceof errors.DriverError)) throw error;
      throw toUnavailable('look for the customers', error);
    }
  }

  async find(id: number): Promise<Customer | null> {
    const { clock, onFound } = this.options;
    const beganMs = clock.now();
    const told = (by: AnsweredBy): void => onFound?.(by, (clock.now() - beganMs) / 1000);
    const cached = this.asking.isClosed ? undefined : this.cache.get(id);
    if (cached !== undefined) {
      told('cache');
      return cached;
    }
    const remember = this.cache.reading(id);
    const found = await this.asking.askInTime('look a customer up', async () => {
      const row = await this.row(id, PROFILE.readOne);
      if (row !== null) return { by: 'one' as const, row };
      return { by: 'quorum' as const, row: await this.row(id, PROFILE.readQuorum) };
    });
    told(found.by);
    if (found.row === null) return null;
    const customer = customerOf(found.row);
    remember(customer);
    return customer;
  }

  save(customers: readonly Customer[]): Promise<void> {
    return this.saveAll(customers, false);
  }

  async saveMarked(customers: readonly Customer[], mark: string | null): Promise<void> {
    await this.saveAll(customers, true);
    await this.asking.ask('mark the import', () => this.changes.markImport(mark));
  }

  async importMark(): Promise<string | null> {
    return (await this.state()).importMark;
  }

  /** Exact, by a scan; the same version of the customers is counted once. */
  async count(): Promise<number> {
    const version = await this.version();
    if (this.counted?.version !== version) {
      const counted = { version, count: this.countAll() };
      this.counted = counted;
      counted.count.catch(() => {
        if (this.counted === counted) this.counted = null;
      });
    }
    return this.counted.count;
  }

  async *all(): AsyncGenerator<readonly Customer[]> {
    for await (const rows of this.scan(SCAN_ALL)) yield rows.map(customerOf);
  }

  async *places(): AsyncGenerator<readonly SensorPlace[]> {
    for (let after = -1; ; ) {
      const lowest = new LowestPlaces(after, HELD_PLACES);
      for await (const rows of this.scan(SCAN_PLACES)) {
        for (const row of rows) {
          const place = placeOf(row);
          if (place) lowest.add(place);
        }
        await nextTurn();
      }
      const { places, isAll } = lowest.result();
      for (let from = 0; from < places.length; from += PAGE_ROWS) yield places.slice(from, from + PAGE_ROWS);
      if (isAll) return;
      after = places.at(-1)?.sensorId ?? after;
    }
  }

  async version(): Promise<string> {
    const { version } = await this.state();
    this.cache.noticeVersion(version);
    return version;
  }

  async erase(id: number): Promise<boolean> {
    return this.asking.ask('erase', async () => {
      const hadNotes = await this.notes.erase(id);
      const { rows } = await this.client.execute(WRITTEN, [id], { executionProfile: PROFILE.readAll });
      if (rows.length === 0) return hadNotes;
      // Whoever wrote it may have had a clock that is ahead of ours.
      const at = laterThan(rows, this.options.clock);
      await this.changes.during(async () => {
        await this.client.execute(ERASE, [at, id], { executionProfile: PROFILE.write }).finally(() => this.cache.forget([id]));
      }, true);
      return true;
    });
  }

  impairment(): string | null {
    const { up, down } = this.nodes();
    return down.length === 0 ? null : `${down.length} of ${up + down.length} nodes of Cassandra away: ${down.join(', ')}`;
  }

  /** Of our data centre: how many can be used, and the addresses of the others. */
  nodes(): { readonly up: number; readonly down: readonly string[] } {
    const nodes = nodesOf(this.client, this.config.dataCenter);
    const down = nodes.filter((node) => !node.isUp()).map(({ address }) => address);
    return { up: nodes.length - down.length, down };
  }

  async setUpMark(): Promise<string | null> {
    return (await this.state()).setUp;
  }

  async markSetUp(mark: string): Promise<void> {
    await this.asking.ask('mark the set-up', () => this.changes.markSetUp(mark));
  }

  async close(): Promise<void> {
    if (this.asking.isClosed) return;
    this.asking.isClosed = true;
    await this.client.shutdown();
  }

  private async saveAll(customers: readonly Customer[], keepsImport: boolean): Promise<void> {
    refuseUnstorable(customers);
    if (this.saves >= MAX_SAVES) throw new CustomersUnavailable(`${MAX_SAVES} writes to Cassandra are under way already`);
    // The rows of a save are written in no order: of an id that comes twice only the last is.
    const rows = [...new Map(customers.map((customer) => [customer.id, customer])).values()];
    this.saves += 1;
    try {
      for (let from = 0; from < rows.length; from += SAVE_ROWS) await this.saveSome(rows.slice(from, from + SAVE_ROWS), keepsImport);
    } finally {
      this.saves -= 1;
    }
  }

  private async saveSome(rows: readonly Customer[], keepsImport: boolean): Promise<void> {
    const values = rows.map((row) => STORED_COLUMNS.map((column) => row[column]));
    await this.asking.ask('save', () =>
      this.changes.during(async () => {
        // Also after a failure: some of them may be saved.
        await concurrent
          .executeConcurrent(this.client, SAVE, values, { concurrencyLevel: SAVE_CONCURRENCY, executionProfile: PROFILE.write })
          .finally(() => this.cache.forget(rows.map(({ id }) => id)));
      }, keepsImport),
    );
  }

  private state(): ReturnType<CustomerChanges['state']> {
    return this.asking.askInTime('read their version', () => this.changes.state());
  }

  private async row(id: number, profile: string): Promise<types.Row | null> {
    return (await this.client.execute(FIND, [id], { executionProfile: profile })).first();
  }

  private async countAll(): Promise<number> {
    let count = 0;
    for await (const rows of this.scan(SCAN_IDS)) count += rows.length;
    return count;
  }

  private async *scan(query: string): AsyncGenerator<readonly types.Row[]> {
    let pageState: string | undefined;
    do {
      const options = { executionProfile: PROFILE.readOne, fetchSize: SCAN_ROWS, ...(pageState === undefined ? {} : { pageState }) };
      const page: types.ResultSet = await this.asking.ask('read them all', () => this.client.execute(query, [], options));
      yield page.rows;
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
  }
}
