import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { LEASE_TIMES } from '../../src/leases/leased-role.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { EventStoreDbDouble } from '../doubles/eventstoredb/eventstoredb-double.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { metricOf } from '../support/metrics.js';
import { waitFor } from '../support/wait-for.js';
import { InfluxServer } from './influxdb.js';
import { freePort } from './server-process.js';

const SENSORS = 500;
const TAKEOVER_LIMIT_MS = 10_000;
const WRITE = '/api/v2/write';

interface Side {
  readonly product: Product;
  /** Between the process and InfluxDB. */
  readonly proxy: FaultyProxy;
  writes: number;
}

/** Two built products, each with a data folder and an embedded log of its own, on one event store and one bucket. */
describe('two processes that write to one InfluxDB', () => {
  let dir: string;
  let server: InfluxServer;
  let double: EventStoreDbDouble;
  let sides: Side[];
  /** Each is an alarm of a sensor of its own, in the order of the numbers. */
  let raised = 0;
  let recovered = 0;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-influx-writers-'));
    server = await InfluxServer.start();
    double = await EventStoreDbDouble.start();
    sides = [];
    for (const name of ['a', 'b']) {
      const proxy = await FaultyProxy.start(server.url);
      const settings = { EVENTSTORE_URL: double.url, INFLUX_URL: proxy.url, INFLUX_ORG: server.org, INFLUX_TOKEN: server.token, INFLUX_BUCKET: 'shared' };
      const paths = { dataDir: join(dir, name), logFile: join(dir, `${name}.log`) };
      const side: Side = { product: new Product(paths, { ingest: await freePort(), console: await freePort() }, SENSORS, settings), proxy, writes: 0 };
      sides.push(side);
      pass(side);
    }
    // At the same time, with no bucket yet.
    for (const { product } of sides) product.start();
    for (const { product } of sides) await product.waitUntilUp();
  }, 120_000);
  afterAll(async () => {
    await stopAll();
    for (const { proxy } of sides) await proxy.stop();
    await double.stop();
    await server.stop();
    rmSync(dir, { recursive: true });
  });

  /** Lets all through and counts what is written. */
  function pass(side: Side): void {
    side.proxy.choose = (_method, path) => {
      if (path.startsWith(WRITE)) side.writes += 1;
      return null;
    };
  }

  const metric = ({ product }: Side, name: string, labels = {}) => metricOf(product.consoleUrl, name, labels);
  const INFLUX = { role: 'influx' };
  const holds = async (side: Side): Promise<boolean> => (await metric(side, 'vigia_lease_held', INFLUX)) === 1;
  const untilHeldBy = (side: Side) => waitFor('the taking of the lease', () => holds(side), TAKEOVER_LIMIT_MS);
  const influxPart = async ({ product }: Side) => ((await product.get('/api/health')) as { parts: { name: string; status: string; detail: string }[] }).parts.find(({ name }) => name === 'influxdb');

  async function bothSides(): Promise<{ active: Side; standby: Side }> {
    let active: Side | undefined;
    await waitFor('one holder', async () => {
      const held = await Promise.all(sides.map(holds));
      active = held[0] === held[1] ? undefined : sides[held.indexOf(true)];
      return active !== undefined;
    });
    return { active: active!, standby: sides.find((side) => side !== active)! };
  }

  async function post({ product }: Side, topic: string, body: string): Promise<void> {
    const answer = await fetch(`${product.ingestUrl}/topics/${topic}/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    expect(answer.status).toBe(200);
  }
  async function raise(through: Side, alarms: number): Promise<void> {
    for (let i = 0; i < alarms; i += 1) await post(through, 'ENTRY', `{"${(raised += 1)}", "true", "false", "20.0", "30.0"}`);
  }
  async function recover(through: Side, alarms: number): Promise<void> {
    for (let i = 0; i < alarms; i += 1) await post(through, 'OK', `{"${(recovered += 1)}", "false", "false", "20.0", "30.0"}`);
  }

  const query = async (flux: string): Promise<number> => {
    const answer = await server.call('POST', `/api/v2/query?org=${encodeURIComponent(server.org)}`, { query: flux, dialect: { annotations: [], header: false } });
    return Number(answer.trim().split(',').at(-1));
  };
  /** As docs/influxdb.md says it is to be read. */
  const inInflux = async (): Promise<{ counted: number; active: number; sensors: number }> => {
    const from = 'from(bucket: "shared") |> range(start: 0, stop: 2200-01-01T00:00:00Z)';
    const snapshot = `snapshot = (${from} |> filter(fn: (r) => r._measurement == "sensor_state_snapshot") |> last() |> findRecord(fn: (key) => true, idx: 0))._time\n`;
    const states = 'from(bucket: "shared") |> range(start: snapshot, stop: 2200-01-01T00:00:00Z) |> filter(fn: (r) => r._measurement == "sensor_state") |> last() |> group(columns: ["sensor"]) |> max() |> group()';
    return {
      counted: await query(`${from} |> filter(fn: (r) => r._measurement == "alarms_per_minute") |> aggregateWindow(every: 1m, fn: max, createEmpty: false, timeSrc: "_start") |> group() |> sum()`),
      active: await query(`${snapshot}${states} |> sum()`),
      sensors: await query(`${snapshot}${states} |> count()`),
    };
  };
  /** What each process answers, from InfluxDB. */
  const answeredBy = async (side: Side): Promise<{ counted: number; active: number; sensors: number }> => {
    const before = (await metric(side, 'vigia_influx_embedded_reads_total')) ?? 0;
    const { cells } = (await side.product.get('/api/map?prefixLength=1')) as { cells: { sensors: number; active: number }[] };
    const { items } = (await side.product.get('/api/counts')) as { items: { count: number }[] };
    expect(await metric(side, 'vigia_influx_embedded_reads_total')).toBe(before);
    const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
    return { counted: sum(items.map(({ count }) => count)), active: sum(cells.map((cell) => cell.active)), sensors: sum(cells.map((cell) => cell.sensors)) };
  };
  async function expectExact(limitMs = 15_000): Promise<void> {
    const expected = { counted: raised, active: raised - recovered, sensors: SENSORS };
    let found: unknown;
    await waitFor('the totals', async () => JSON.stringify((found = await inInflux())) === JSON.stringify(expected), limitMs).catch(() => undefined);
    expect(found).toEqual(expected);
  }

  it('one of them writes, both answer from it, and the other says who', async () => {
    const { active, standby } = await bothSides();
    const before = standby.writes;
    await raise(active, 20);
    await raise(standby, 20);
    await recover(active, 5);
    await expectExact();
    for (const side of sides) expect(await answeredBy(side)).toEqual({ counted: raised, active: raised - recovered, sensors: SENSORS });
    expect(active.writes).toBeGreaterThan(0);
    expect(standby.writes).toBe(before);
    expect(before).toBe(0);
    expect(await influxPart(active)).toMatchObject({ status: 'up', detail: expect.stringMatching(/^\d+ lines written$/) });
    expect(await influxPart(standby)).toMatchObject({ status: 'up', detail: expect.stringMatching(/^done by .+\/\d+\/.+, term 1$/) });
    const refusal = await fetch(`${standby.product.consoleUrl}/api/operations/projections/influx-sensor-state/rebuild`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect(await refusal.json()).toMatchObject({ status: 409, detail: expect.stringMatching(/^influx-sensor-state is written by process .+\/\d+\/.+, not by this one; ask the one that writes it/) });
    expect(await active.product.command('rebuild', 'influx-sensor-state')).toContain('equal true');
    await expectExact();
  }, 60_000);

  it('the other writes within 10 s of a kill -9, exactly what there is', async () => {
    const { active, standby } = await bothSides();
    await raise(standby, 20);
    const startMs = performance.now();
    await active.product.kill();
    await raise(standby, 20);
    await recover(standby, 5);
    await untilHeldBy(standby);
    expect(performance.now() - startMs).toBeLessThan(TAKEOVER_LIMIT_MS);
    await expectExact();
    active.product.start();
    await active.product.waitUntilUp();
    await untilHeldBy(standby);
    expect(await holds(active)).toBe(false);
    await raise(active, 10);
    await expectExact();
  }, 90_000);

  it('one that was frozen in the middle of a write changes nothing when it goes on, nor does its write that arrives late', async () => {
    const { active, standby } = await bothSides();
    await expectExact();
    let release = (): void => undefined;
    const heldUntil = new Promise<void>((resolve) => (release = resolve));
    let held = 0;
    active.proxy.choose = (_method, path) => {
      if (!path.startsWith(WRITE)) return null;
      held += 1;
      return { heldUntil };
    };
    await raise(standby, 10);
    await waitFor('a write on its way', () => held > 0);
    active.product.signal('SIGSTOP');
    await raise(standby, 10);
    await untilHeldBy(standby);
    // What the held write says is no longer true.
    await recover(standby, raised - recovered - 5);
    await expectExact();
    release();
    const before = (active.writes = 0);
    pass(active);
    active.product.signal('SIGCONT');
    await waitFor('the end of its term', async () => (await metric(active, 'vigia_lease_losses_total', INFLUX)) === 1);
    await systemClock.sleep(3000);
    expect(active.writes).toBe(before);
    await expectExact();
    await raise(active, 10);
    await expectExact();
    for (const side of sides) expect(await answeredBy(side)).toEqual({ counted: raised, active: raised - recovered, sensors: SENSORS });
    expect(active.writes).toBe(before);
  }, 90_000);

  it('the other writes at once when the process is stopped in order', async () => {
    const { active, standby } = await bothSides();
    expect((await active.product.interrupt()).code).toBe(0);
    const endedAt = performance.now();
    await untilHeldBy(standby);
    // Half of the time after which it would take over without a word.
    expect(performance.now() - endedAt).toBeLessThan(LEASE_TIMES.ttlMs / 2);
    await raise(standby, 5);
    await expectExact();
  }, 60_000);
});
