import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock.js';
import type { CassandraConfig } from '../../../src/config.js';
import { CassandraCustomerStore, type AnsweredBy } from '../../../src/customers/cassandra/cassandra-customer-store.js';
import { CassandraRefused } from '../../../src/customers/cassandra/cassandra-errors.js';
import { FIND } from '../../../src/customers/cassandra/cassandra-queries.js';
import { writeCustomersCsv } from '../../../src/customers/csv-export.js';
import { importCustomers } from '../../../src/customers/csv-import.js';
import { CustomersUnavailable } from '../../../src/customers/customer-store.js';
import type { Customer } from '../../../src/customers/customer.js';
import { generateCustomers } from '../../../src/customers/generate-customers.js';
import { openCassandra } from '../../../src/customers/open-customer-store.js';
import { setUpCustomers } from '../../../src/customers/set-up-customers.js';
import { customerExample } from '../../contracts/customer-store.contract.js';
import { SkippableClock } from '../../support/skippable-clock.js';
import { waitFor } from '../../support/wait-for.js';
import type { CassandraRing } from '../cassandra.js';
import { freePort } from '../server-process.js';

/** The source's own table, before the two later columns. */
const SOURCE_TABLE = `CREATE TABLE world.datosclientes (id INT PRIMARY KEY, name text, surname text, gender text, nationalid text, birthday text,
  streetaddress text, city text, zipcode text, country text, telephonecountrycode text, telephonenumber text, latitude DOUBLE, longitude DOUBLE,
  emailaddress text, title text, occupation text, company text, username text)`;

/** What the contract does not say, on a ring whose nodes all live. */
export function cassandraStoreSuite(ring: () => CassandraRing): void {
  describe('CassandraCustomerStore', () => {
    const opened: CassandraCustomerStore[] = [];
    let found: AnsweredBy[] = [];
    const open = async (changed: Partial<CassandraConfig> = {}, clock: typeof systemClock = systemClock): Promise<CassandraCustomerStore> => {
      const store = await CassandraCustomerStore.open(ring().config(changed), { clock, onFound: (by) => found.push(by) });
      opened.push(store);
      return store;
    };
    const cql = (query: string) => ring().withClient((client) => client.execute(query));

    beforeEach(() => {
      found = [];
      return ring().empty();
    });
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });

    it('creates what is missing with two replicas, also when several processes begin at the same time', async () => {
      await ring().clear();
      const stores = await Promise.all([open(), open(), open()]);
      await stores[0].save([customerExample(1)]);
      for (const store of stores) expect(await store.find(1)).toEqual(customerExample(1));
      const { rows } = await cql("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'world'");
      expect(rows[0]!['replication']).toMatchObject({ [ring().dataCenter]: '2' });
    });

    it('completes the source’s own table, and computes what its rows lack', async () => {
      await ring().clear();
      await cql("CREATE KEYSPACE world WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 2}");
      await cql(SOURCE_TABLE);
      await cql("INSERT INTO world.datosclientes (id, name, latitude, longitude) VALUES (7, 'Ana', 40.416775, -3.70379)");
      await cql("INSERT INTO world.datosclientes (id, name) VALUES (8, 'Eva')");
      const store = await open();
      expect(await store.find(7)).toMatchObject({ id: 7, name: 'Ana', surname: '', geohash: 'ezjmgtwuz', dashboard: 'Mediterranean' });
      expect(await store.find(8)).toMatchObject({ id: 8, name: 'Eva', latitude: Number.NaN, geohash: '', dashboard: '' });
      const places = [];
      for await (const page of store.places()) places.push(...page);
      expect(places).toEqual([{ sensorId: 7, geohash: 'ezjmgtwuz', zone: 'Mediterranean' }]);
      await store.save([customerExample(9)]);
      expect(await store.find(9)).toEqual(customerExample(9));
      expect(await store.count()).toBe(3);
    });

    it.each([
      ['a table with other types', `${SOURCE_TABLE.replace('zipcode text', 'zipcode int')}`, {}, /zipcode int, expected text/],
      ['a table with another key', 'CREATE TABLE world.datosclientes (id int, name text, PRIMARY KEY (id, name))', {}, /primary key/],
      ['another replication', SOURCE_TABLE, { replicationFactor: 3 }, /has 2 replicas of each row in datacenter1, CASSANDRA_REPLICATION_FACTOR is 3/],
    ])('refuses %s, naming it', async (_name, table, changed, says) => {
      await ring().clear();
      await cql("CREATE KEYSPACE world WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 2}");
      await cql(table);
      const opening = open(changed);
      await expect(opening).rejects.toBeInstanceOf(CassandraRefused);
      await expect(opening).rejects.toThrow(says);
    });

    it.each([
      ['a wrong password', { credentials: { username: 'vigia', password: 'wrong-secret' } }, /CASSANDRA_PASSWORD/],
      ['no log-in', { credentials: null }, /CASSANDRA_USERNAME/],
      ['an unknown data centre', { dataCenter: 'elsewhere' }, /CASSANDRA_DATA_CENTER/],
      ['a certificate that nobody vouches for', { tls: true }, /self-signed certificate[^]*NODE_EXTRA_CA_CERTS/],
    ])('refuses %s at once, and does not wait', async (_name, changed, says) => {
      const begun = performance.now();
      const waits: unknown[] = [];
      const opening = openCassandra(ring().config(changed), { clock: systemClock, logger: { warn: (...told: unknown[]) => waits.push(told) } });
      await expect(opening).rejects.toBeInstanceOf(CassandraRefused);
      await expect(opening).rejects.toThrow(says);
      await expect(opening).rejects.not.toThrow(/wrong-secret/);
      expect(waits).toEqual([]);
      expect(performance.now() - begun).toBeLessThan(15_000);
    });

    it('waits for a ring that is away, then says which', async () => {
      const port = await freePort();
      const waits: string[] = [];
      const logger = { warn: (_details: unknown, text?: string) => void waits.push(String(text)) };
      const opening = openCassandra({ ...ring().config(), contactPoints: [`127.0.0.1:${port}`], port }, { clock: systemClock, logger, limitMs: 1_500 });
      await expect(opening).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(opening).rejects.toThrow(`Cassandra at 127.0.0.1:${port} can't be reached`);
      expect(waits[0]).toBe(`waiting for Cassandra at 127.0.0.1:${port}`);
    });

    it('looks a customer up once, and again when another process has changed or erased one, or after a minute', async () => {
      const clock = new SkippableClock();
      const [ours, theirs] = [await open({}, clock), await open()];
      await theirs.save([customerExample(1), customerExample(2)]);
      await ours.version();
      expect([await ours.find(1), await ours.find(1)]).toEqual([customerExample(1), customerExample(1)]);
      expect(found).toEqual(['one', 'cache']);
      await theirs.erase(1);
      await theirs.save([customerExample(2, { city: 'Toledo' })]);
      await ours.version();
      expect(await ours.find(1)).toBeNull();
      expect(await ours.find(2)).toEqual(customerExample(2, { city: 'Toledo' }));
      expect(found).toEqual(['one', 'cache', 'quorum', 'one']);
      await theirs.save([customerExample(2)]);
      clock.skip(60_001);
      expect(await ours.find(2)).toEqual(customerExample(2));
      await ours.save([customerExample(2, { name: 'Eva' })]);
      expect(await ours.find(2)).toEqual(customerExample(2, { name: 'Eva' }));
    });

    it('asks by prepared statements, and gives up on a ring that hangs after four seconds', async () => {
      const store = await open();
      await store.save([customerExample(1)]);
      expect(await store.find(1)).toEqual(customerExample(1));
      const { rows } = await cql('SELECT query_string FROM system.prepared_statements');
      expect(rows.map((row) => String(row['query_string']))).toContain(FIND);
      for (const node of [1, 2, 3]) ring().pause(node);
      try {
        const begun = performance.now();
        const finding = store.find(2);
        await expect(finding).rejects.toBeInstanceOf(CustomersUnavailable);
        await expect(finding).rejects.toThrow('no answer within 4000 ms');
        expect(performance.now() - begun).toBeLessThan(5_000);
      } finally {
        for (const node of [1, 2, 3]) ring().resume(node);
      }
      await waitFor('an answer', () => store.find(1).then((customer) => customer !== null, () => false), 60_000);
    });

    it('erases a customer whom a machine with a clock that is ahead has written, and takes the same one again at once, from every process', async () => {
      const [ours, theirs] = [await open(), await open()];
      await ours.save([customerExample(1)]);
      const anHourAhead = (Date.now() + 3_600_000) * 1_000;
      await cql(`INSERT INTO world.datosclientes (id, name, city) VALUES (1, 'Eva', 'Toledo') USING TIMESTAMP ${anHourAhead}`);
      expect(await ours.erase(1)).toBe(true);
      expect(await ours.find(1)).toBeNull();
      expect(await ours.count()).toBe(0);
      for (const [store, name] of [[theirs, 'Ana'], [ours, 'Eva'], [ours, 'Sara'], [await open(), 'Ana']] as const) {
        await store.save([customerExample(1, { name })]);
        expect(await store.find(1)).toEqual(customerExample(1, { name }));
      }
      expect(await theirs.erase(1)).toBe(true);
      expect(await theirs.count()).toBe(0);
      await ours.save([customerExample(1)]);
      expect(await ours.find(1)).toEqual(customerExample(1));
    });

    it('erases notes that a machine with a clock that is ahead has written, and takes and removes the same ones again at once', async () => {
      const { notes } = await open();
      const { notes: theirs } = await open();
      const eventId = randomUUID();
      await cql(`INSERT INTO world.alarm_notes (sensor_id, event_id, note) VALUES (1, ${eventId}, 'early') USING TIMESTAMP ${(Date.now() + 3_600_000) * 1_000}`);
      expect(await notes.erase(1)).toBe(true);
      expect(await notes.find(1, [eventId])).toEqual(new Map());
      for (const writer of [theirs, notes]) {
        await writer.save({ sensorId: 1, eventId, text: 'again' });
        expect(await writer.find(1, [eventId])).toEqual(new Map([[eventId, 'again']]));
        await writer.remove(1, eventId);
        expect(await writer.find(1, [eventId])).toEqual(new Map());
      }
    });

    it('has other versions while a process that was killed may have changed customers, then keeps one', async () => {
      const clock = new SkippableClock();
      const store = await open({}, clock);
      await store.save([customerExample(1)]);
      const before = await store.version();
      // As a process leaves it that is killed between its first row and its last.
      await cql(`UPDATE world.datosclientes_state SET changes[uuid()] = 'changing ${clock.now()} x' WHERE only_row = 0`);
      const versions = [before, await store.version()];
      for (let i = 0; i < 3; i += 1) {
        clock.skip(10_000);
        versions.push(await store.version());
      }
      expect(new Set(versions).size).toBe(5);
      clock.skip(60_000);
      const settled = await store.version();
      clock.skip(60_000);
      expect([await store.version(), versions.includes(settled)]).toEqual([settled, false]);
    });

    it('fills itself once with generated customers, and goes on where that was broken off', async () => {
      const store = await open();
      const stop = new AbortController();
      await setUpCustomers(store, { count: 1_500, seed: 4, signal: stop.signal, onProgress: (done) => done >= 500 && stop.abort() });
      // A part of the next chunk, in no order, as a killed process leaves it.
      const next: Customer[] = [];
      for await (const block of generateCustomers({ count: 1_000, seed: 4, fromId: 501 })) next.push(...block);
      await store.save(next.filter(({ id }) => id % 3 === 0));
      expect(await setUpCustomers(await open(), { count: 1_500, seed: 99 })).toEqual({ outcome: 'resumed', generated: 1_000 });
      expect(await store.count()).toBe(1_500);
    });

    describe('import', () => {
      let dir: string;
      let files: string[];
      beforeEach(async () => {
        dir = mkdtempSync(join(tmpdir(), 'vigia-import-'));
        files = [];
        for (let number = 0; number < 4; number += 1) {
          files.push(join(dir, `customers-${number}.csv`));
          await writeCustomersCsv(files[number]!, generateCustomers({ count: (number + 1) * 1_500, seed: 3, fromId: number * 1_500 + 1 }));
        }
        writeFileSync(files[1]!, '1,bad\r\n', { flag: 'a' });
      });
      afterEach(() => rmSync(dir, { recursive: true }));

      /** The store as it is to an import that is broken off after so many saves; `saved` are the rows that it was given. */
      const breaking = (store: CassandraCustomerStore, saves: number) => {
        const saved: number[] = [];
        const saveMarked: CassandraCustomerStore['saveMarked'] = async (customers, mark) => {
          if (saves-- <= 0) throw new CustomersUnavailable('broken off');
          saved.push(customers.length);
          await store.saveMarked(customers, mark);
        };
        return { saved, save: store.save.bind(store), importMark: () => store.importMark(), saveMarked };
      };
      const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

      it('goes on where it was broken off, and tells the same as one that was not', async () => {
        const store = await open();
        const first = breaking(store, 2);
        await expect(importCustomers(first, files)).rejects.toThrow('broken off');
        expect(sum(first.saved)).toBeGreaterThan(1_999);
        const second = breaking(await open(), Number.POSITIVE_INFINITY);
        const result = await importCustomers(second, files);
        expect(result).toMatchObject({ files: 4, imported: 6_000, replaced: 0, skipped: 1, resumed: sum(first.saved) });
        expect(result.problems).toEqual([{ kind: 'row', file: files[1], line: 1_502, column: null, reason: 'has 2 columns, the header row has 19' }]);
        expect(sum(second.saved)).toBe(6_000 - sum(first.saved));
        expect(await store.count()).toBe(6_000);
        expect(await importCustomers(store, files)).toMatchObject({ imported: 6_000, resumed: 0 });
      });

      it('begins anew with other files, and when customers were saved otherwise meanwhile', async () => {
        const store = await open();
        await expect(importCustomers(breaking(store, 2), files)).rejects.toThrow('broken off');
        expect(await importCustomers(store, [files[3]!])).toMatchObject({ imported: 1_500, resumed: 0 });
        await expect(importCustomers(breaking(store, 2), files)).rejects.toThrow('broken off');
        await store.save([customerExample(1)]);
        expect(await importCustomers(store, files)).toMatchObject({ imported: 6_000, resumed: 0 });
        expect((await store.find(1))?.username).not.toBe('ana1');
      });
    });
  });
}
