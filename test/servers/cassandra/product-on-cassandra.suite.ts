import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { types } from 'cassandra-driver';
import { systemClock } from '../../../src/clock.js';
import { CassandraCustomerStore, type AnsweredBy } from '../../../src/customers/cassandra/cassandra-customer-store.js';
import type { Customer } from '../../../src/customers/customer.js';
import { Child, stopAll } from '../../acceptance/child.js';
import { Product } from '../../acceptance/product.js';
import { customerExample } from '../../contracts/customer-store.contract.js';
import { waitFor } from '../../support/wait-for.js';
import type { CassandraRing } from '../cassandra.js';
import { freePort } from '../server-process.js';

const CUSTOMERS = 5_000;
const FILES = 10;

/** The built product with its customers on the ring: reading → alarm → e-mail, while nodes come and go. */
export function productOnCassandraSuite(ring: () => CassandraRing): void {
  describe('the built product on Cassandra', () => {
    let dir: string;
    let product: Product;
    beforeAll(async () => {
      await ring().clear();
      dir = mkdtempSync(join(tmpdir(), 'vigia-on-cassandra-'));
      product = await made('data');
    });
    afterAll(async () => {
      await stopAll();
      rmSync(dir, { recursive: true });
    });

    const made = async (name: string, changed: Readonly<Record<string, string>> = {}): Promise<Product> => {
      const paths = { dataDir: join(dir, name), logFile: join(dir, `${name}.log`) };
      return new Product(paths, { ingest: await freePort(), console: await freePort() }, 0, { ...ring().environment, ...changed });
    };
    const outputOf = (name: string): string => readFileSync(join(dir, `${name}.log`), 'utf8');
    const alarm = async (sensors: readonly number[]): Promise<void> => {
      for (const sensor of sensors) {
        const answer = await fetch(`${product.ingestUrl}/topics/ENTRY/messages`, { method: 'POST', body: `{"${sensor}", "true", "false", "20.0", "30.0"}`, headers: { 'content-type': 'text/plain' } });
        expect(answer.status).toBe(200);
      }
    };
    /** Sensor → what became of its e-mail. */
    const mailStates = async (): Promise<ReadonlyMap<number, string>> => new Map((await product.alarms()).map(({ sensorId, email }) => [Number(sensorId), email]));
    const untilSent = (sensors: readonly number[], limitMs: number) =>
      waitFor(`${sensors.length} e-mails sent`, async () => {
        const states = await mailStates();
        return sensors.every((sensor) => states.get(sensor) === 'sent');
      }, limitMs);
    const mails = async (): Promise<readonly ParsedMail[]> => {
      const folder = join(dir, 'data', 'mailbox');
      const files = readdirSync(folder).filter((file) => file.endsWith('.eml'));
      return Promise.all(files.map((file) => simpleParser(readFileSync(join(folder, file)))));
    };
    const statusOf = async (id: number): Promise<number> => (await fetch(`${product.consoleUrl}/api/customers/${id}`)).status;
    const customersPart = async (): Promise<{ status: string; detail: string }> => {
      const { parts } = (await product.get('/api/health')) as { parts: { name: string; status: string; detail: string }[] };
      return parts.find(({ name }) => name === 'customers')!;
    };
    const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
    // Some two thirds have their row there. So many, as the driver asks a node last, mostly, in the first minute after its return.
    const ON_ONE_REPLICA = range(90_000, 200);

    it('ends at once with a wrong password, and says why', async () => {
      const refused = await made('refused', { CASSANDRA_PASSWORD: 'wrong-secret' });
      const begun = performance.now();
      refused.start();
      expect(await refused.ended()).toMatchObject({ code: 1 });
      expect(performance.now() - begun).toBeLessThan(30_000); // a ring that is away is waited for
      expect(outputOf('refused')).toMatch(/^Cassandra at [^\n]* is there, but not for us:[^]*CASSANDRA_PASSWORD$/m);
      expect(outputOf('refused')).not.toContain('wrong-secret');
    });

    it('waits for a ring that hangs, then starts; with TLS', async () => {
      for (const node of [1, 2, 3]) ring().pause(node);
      const waiting = await made('waiting', { CASSANDRA_TLS: '1', NODE_EXTRA_CA_CERTS: ring().certificateFile });
      try {
        waiting.start();
        await waitFor('a word that it waits', () => outputOf('waiting').includes('waiting for Cassandra at 127.0.0.2'), 60_000);
      } finally {
        for (const node of [1, 2, 3]) ring().resume(node);
      }
      await waiting.waitUntilUp();
      expect(await waiting.get('/api/health')).toMatchObject({ parts: expect.arrayContaining([expect.objectContaining({ name: 'customers', status: 'up', detail: '0 customers' })]) as unknown });
      await waiting.interrupt();
    });

    it('has customers moved from an embedded store, and imported from ten files, with bad rows named by file and line', async () => {
      const embedded = { VIGIA_DATA_DIR: join(dir, 'embedded') };
      const vigia = async (args: readonly string[], env: Readonly<Record<string, string>>) => (await new Child({ args: ['dist/cli/vigia.js', ...args], env }).ended).stdout;
      const moved = join(dir, 'moved.csv');
      await vigia(['customers', 'generate', '--count', '600', '--seed', '9'], embedded);
      expect(await vigia(['customers', 'export', moved], embedded)).toBe(`wrote 600 customers to ${moved}\n`);
      expect(await vigia(['customers', 'import', moved], ring().environment)).toBe('imported 600 customers from 1 file\n');
      const [here, there] = [embedded, ring().environment].map((env) => vigia(['customers', 'show', '300', '--json'], env));
      expect(await there).toBe(await here);

      const all = join(dir, 'all.csv');
      await vigia(['customers', 'generate', '--count', String(CUSTOMERS), '--csv', all], {});
      const [header, ...rows] = readFileSync(all, 'utf8').trimEnd().split('\r\n');
      const each = rows.length / FILES;
      const files = range(0, FILES).map((number) => join(dir, `customers-${number}.csv`));
      for (const [number, file] of files.entries()) writeFileSync(file, [header, ...rows.slice(number * each, (number + 1) * each), 'oops'].join('\n'));
      const report = JSON.parse(await product.command('customers', 'import', '--json', ...files)) as { problems: { file: string; line: number }[] };
      expect(report).toMatchObject({ files: FILES, imported: CUSTOMERS, skipped: FILES, unreadable: 0 });
      expect(report.problems.map(({ file, line }) => `${file}:${line}`)).toEqual(files.map((file) => `${file}:${each + 2}`));
    });

    it('goes on with an import that was killed where it was', async () => {
      const all = join(dir, 'all.csv');
      const arguments_ = ['dist/cli/vigia.js', 'customers', 'import', '--json', all];
      const killed = new Child({ args: arguments_, env: ring().environment });
      await ring().withClient((client) =>
        waitFor('a mark of how far it is', async () => typeof (await client.execute('SELECT import_mark FROM world.datosclientes_state')).first()?.['import_mark'] === 'string'),
      );
      await killed.kill('SIGKILL');
      const report = JSON.parse((await new Child({ args: arguments_, env: ring().environment }).ended).stdout) as { imported: number; resumed: number };
      expect(report).toMatchObject({ imported: CUSTOMERS, replaced: 0, skipped: 0 });
      expect(report.resumed).toBeGreaterThan(0);
      expect(report.resumed).toBeLessThan(CUSTOMERS);
    });

    it('R4: sends e-mails with all the customer’s data, and has every sensor on the map', async () => {
      product.start();
      await product.waitUntilUp();
      expect(await customersPart()).toEqual(expect.objectContaining({ status: 'up', detail: `${CUSTOMERS} customers` }));
      const cells = (await product.get('/api/map')) as { cells: { sensors: number }[] };
      expect(cells.cells.reduce((all, { sensors }) => all + sensors, 0)).toBe(CUSTOMERS);
      await alarm([1, 2, 3]);
      await untilSent([1, 2, 3], 60_000);
      const [customer, sent] = [(await product.get('/api/customers/2')) as Customer, await mails()];
      expect(sent.filter(({ text }) => text?.includes(customer.username) && text.includes(customer.nationalid))).toHaveLength(1);
    });

    it('forgets a customer that was erased, within seconds', async () => {
      expect(await statusOf(4_999)).toBe(200);
      expect(await product.command('customers', 'erase', '4999')).toBe('erased customer 4999\n');
      await waitFor('404', async () => (await statusOf(4_999)) === 404, 15_000);
    });

    it('goes on reading and sending while one node is killed', async () => {
      const before = range(10, 20);
      const after = range(30, 40);
      await alarm(before);
      await ring().kill(3);
      await alarm(after);
      await untilSent([...before, ...after], 90_000);
      for (const id of range(100, 30)) expect(await statusOf(id)).toBe(200);
      await waitFor('a word of the missing node', async () => (await customersPart()).detail.includes(`1 of 3 nodes of Cassandra away: 127.0.0.4:${ring().port}`));
    });

    it('holds the e-mails of rows without a live replica while two are killed, sends the others, and all in the end', async () => {
      await ring().kill(2);
      // A read of a row whose replicas are gone is refused at once as soon as the last node has noticed.
      const untold = range(200, 60);
      const readable = new Map<number, boolean>();
      await waitFor('an answer or a refusal for each row', async () => {
        await Promise.all(untold.map(async (id) => readable.set(id, (await statusOf(id)) === 200)));
        return [...readable.values()].filter(Boolean).length >= 20;
      }, 90_000);
      const [alive, gone] = [untold.filter((id) => readable.get(id)), untold.filter((id) => !readable.get(id))];
      expect(gone.length).toBeGreaterThan(5);
      await alarm(untold);
      await untilSent(alive, 90_000);
      const held = await mailStates();
      expect(new Set(gone.map((id) => held.get(id)))).toEqual(new Set(['pending']));

      // Rows that one replica only has: written while the others are away, without hints.
      await ring().withClient(
        async (client) => {
          for (const id of ON_ONE_REPLICA) {
            await client.execute('INSERT INTO world.datosclientes (id, name, latitude, longitude) VALUES (?, ?, 1, 1)', [id, 'Ana'], { prepare: true, consistency: types.consistencies.one }).catch(() => undefined);
          }
        },
        { contactPoints: [ring().contactPoints[0]!] },
      );
      await Promise.all([ring().restart(2), ring().restart(3)]);
      await untilSent(gone, 120_000);
      await product.waitUntilSettled();
      expect((await product.alarms()).filter(({ email }) => email !== 'sent')).toEqual([]);
      const sent = await mails();
      expect(sent).toHaveLength((await product.alarms()).length);
      for (const id of untold) {
        const { username } = (await product.get(`/api/customers/${id}`)) as Customer;
        expect([id, sent.filter(({ text }) => text?.includes(username)).length]).toEqual([id, 1]);
      }
      await waitFor('a word of the whole ring', async () => (await customersPart()).status === 'up', 60_000);
    }, 400_000);

    it('finds at a quorum a customer whom the replica asked first does not have', async () => {
      const answers: AnsweredBy[] = [];
      const store = await CassandraCustomerStore.open(ring().config(), { clock: systemClock, onFound: (by) => answers.push(by) });
      try {
        const names: (string | undefined)[] = [];
        await waitFor('connections to all nodes', () => store.impairment() === null, 60_000);
        for (const id of ON_ONE_REPLICA) names.push((await store.find(id))?.name);
        expect(names.filter((name) => name === 'Ana').length).toBeGreaterThan(50);
        expect(names.filter((name, i) => name === 'Ana' && answers[i] === 'quorum').length).toBeGreaterThan(0);
      } finally {
        await store.close();
      }
    });

    it('reads on at once while a node hangs; refuses to save, and takes the same again when it is back', async () => {
      const store = await CassandraCustomerStore.open(ring().config(), { clock: systemClock });
      try {
        for (const id of range(1, 20)) await store.find(id);
        ring().pause(2);
        const begun = performance.now();
        for (const id of range(1_000, 30)) expect((await store.find(id))?.id).toBe(id);
        // Two thirds of them have a replica there; each that is asked first costs the wait for a second one, not a time limit.
        expect(performance.now() - begun).toBeLessThan(30 * 400);
        await expect(store.save(range(95_000, 50).map((id) => customerExample(id)))).rejects.toThrow('try again later');
        ring().resume(2);
        await waitFor('the save', () => store.save(range(95_000, 50).map((id) => customerExample(id))).then(() => true, () => false), 60_000);
        expect(await store.find(95_049)).toEqual(customerExample(95_049));
      } finally {
        await store.close();
      }
    }, 180_000);
  });
}
