import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import type { Reconciliation } from '../../src/ingestion/reconcile.js';
import { Child, stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { metricOf } from '../support/metrics.js';
import { waitFor } from '../support/wait-for.js';
import { HaProxy } from './haproxy.js';
import { KafkaCluster } from './kafka.js';
import { freePort } from './server-process.js';

const SENSORS = 1_000;
const RATE = 1_000;
/** The simulator's own bound of requests under way. */
const CONNECTIONS = 16;

/** HAProxy in front of two processes with role `ingest`, one process with all other roles, two brokers: the built product. */
describe('two ingest endpoints behind HAProxy, on two Kafka brokers', () => {
  let dir: string;
  let kafka: KafkaCluster;
  let ingest: readonly [Product, Product];
  let core: Product;
  let proxy: HaProxy;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-ha-'));
    kafka = await KafkaCluster.start({ brokers: 2 });
    const ports = await Promise.all([1, 2, 3].map(async () => ({ ingest: await freePort(), console: await freePort() })));
    const product = (name: string, roles: string, at: number): Product => {
      const paths = { dataDir: join(dir, name), logFile: join(dir, `${name}.log`) };
      return new Product(paths, ports[at]!, SENSORS, { KAFKA_BROKERS: kafka.bootstrapServers, VIGIA_ROLES: roles });
    };
    ingest = [product('ingest-1', 'ingest', 0), product('ingest-2', 'ingest', 1)];
    core = product('core', 'process,project,notify,console', 2);
    for (const each of [...ingest, core]) each.start();
    for (const each of [...ingest, core]) await each.waitUntilUp();
    proxy = await HaProxy.start([`127.0.0.1:${ports[0]!.ingest}`, `127.0.0.1:${ports[1]!.ingest}`]);
    await untilEndpointsAre([true, true]);
  }, 180_000);
  afterAll(async () => {
    await stopAll();
    await proxy?.stop();
    await kafka?.stop();
    rmSync(dir, { recursive: true });
  });

  const untilEndpointsAre = (wanted: readonly [boolean, boolean]) =>
    waitFor(`endpoints up: ${String(wanted)}`, async () => String(await proxy.endpointsUp()) === String(wanted), 20_000);

  /** Records that a process has acknowledged since its start; 0 while it is away. */
  const acceptedBy = async (endpoint: Product): Promise<number> => (await metricOf(endpoint.consoleUrl, 'vigia_records_accepted_total')) ?? 0;
  const untilAccepts = async (endpoint: Product, more: number): Promise<void> => {
    const before = await acceptedBy(endpoint);
    await waitFor(`${more} more records accepted`, async () => (await acceptedBy(endpoint)) >= before + more, 30_000);
  };
  const reconcile = async () => JSON.parse(await core.command('reconcile', '--json')) as Reconciliation;
  const post = (body: string) => fetch(`${proxy.url}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });

  it('P1: loses no accepted reading when one is killed under load and comes back; only requests on their way fail', async () => {
    const reportFile = join(dir, 'report.json');
    const simulator = new Child({
      args: [
        'dist/cli/vigia.js', 'simulate', '--url', proxy.url, '--seed', 'ha', '--rate', String(RATE), '--batch', '1', '--sensors', String(SENSORS),
        '--abnormal', '0.02', '--duration', 'forever', '--message-ids', '--quiet', '--json', reportFile,
      ],
    });
    await Promise.all(ingest.map((endpoint) => untilAccepts(endpoint, 500)));
    await ingest[0].kill();
    await untilEndpointsAre([false, true]);
    await untilAccepts(ingest[1], 500);
    ingest[0].start();
    await untilEndpointsAre([true, true]);
    await Promise.all(ingest.map((endpoint) => untilAccepts(endpoint, 500)));
    expect((await simulator.stop('SIGINT')).code).toBe(0);

    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as SimulationReport;
    const { sent, acknowledged, refused, unknown, notStored, retries, errors } = report;
    expect({ acknowledged, refused, unknown, notStored }).toEqual({ acknowledged: sent, refused: 0, unknown: 0, notStored: 0 });
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
    expect(failed).toBeLessThanOrEqual(CONNECTIONS);
    expect(retries).toBe(failed);
    for (const reason of Object.keys(errors)) expect(reason).toMatch(/^(status 502|ECONNRESET|socket hang up)$/);

    await core.waitUntilSettled();
    const { records, unaccounted, doubled } = await reconcile();
    expect({ unaccounted, doubled }).toEqual({ unaccounted: 0, doubled: 0 });
    expect(records).toBeGreaterThanOrEqual(sent);
    expect(records).toBeLessThanOrEqual(sent + retries);
    const foretold = report.foretold.map(({ sensorId, type, recovered }) => `${sensorId} ${type} ${recovered ? 'recovered' : 'open'}`);
    expect(foretold.length).toBeGreaterThan(20);
    expect((await core.alarms()).map(({ sensorId, type, status }) => `${sensorId} ${type} ${status}`).sort()).toEqual(foretold.sort());
  }, 120_000);

  it('answers 503 with Retry-After within 10 s while the brokers are away, still pings, and recovers by itself', async () => {
    expect((await post('{"1", "false", "false", "20.0", "30.0"}')).status).toBe(200);
    await Promise.all([kafka.kill(1), kafka.kill(2)]);
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('{"1", "false", "false", "20.0", "30.0"}')));
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(answers.map(() => [503, '1']));
    // As kafka-pixy's, the ping says that the endpoint lives: none is dropped for what the other can't do either.
    for (const endpoint of ingest) {
      expect((await fetch(`${endpoint.ingestUrl}/_ping`)).status).toBe(200);
      expect(await endpoint.get('/api/health')).toMatchObject({ status: 'down', parts: [{ name: 'message-log', status: 'down' }] });
    }
    expect(await proxy.endpointsUp()).toEqual([true, true]);
    const atOnce = performance.now();
    expect((await post('{"1", "false", "false", "20.0", "30.0"}')).status).toBe(503);
    expect(performance.now() - atOnce).toBeLessThan(1_000);
    await Promise.all([kafka.restart(1), kafka.restart(2)]);
    for (const endpoint of ingest) await endpoint.waitUntilUp();
    await waitFor('an accepted reading', async () => (await post('{"1", "false", "false", "20.0", "30.0"}')).status === 200, 30_000);
    // The consumer, too, comes back by itself, in its own time.
    await waitFor('everything accounted for', async () => (await reconcile()).unaccounted === 0, 60_000);
    expect((await reconcile()).doubled).toBe(0);
  }, 120_000);
});
