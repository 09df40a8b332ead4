import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Product } from '../acceptance/product.js';
import { stopAll } from '../acceptance/child.js';
import { metricOf } from '../support/metrics.js';
import { waitFor } from '../support/wait-for.js';
import { InfluxServer } from './influxdb.js';
import { freePort } from './server-process.js';

interface MapAnswer {
  readonly cells: readonly { readonly sensors: number; readonly active: number }[];
}
interface Health {
  readonly status: string;
  readonly parts: readonly { readonly name: string; readonly status: string; readonly detail: string }[];
}

/** The built product with InfluxDB: what operators see of it. */
describe('Vigía with INFLUX_URL', () => {
  let server: InfluxServer;
  let dir: string;

  beforeAll(async () => {
    server = await InfluxServer.start();
    dir = mkdtempSync(join(tmpdir(), 'vigia-influx-'));
  });
  afterAll(async () => {
    await stopAll();
    await server?.stop();
    rmSync(dir, { recursive: true });
  });

  const newProduct = async (name: string, token: string): Promise<Product> => {
    const ports = { ingest: await freePort(), console: await freePort() };
    const paths = { dataDir: join(dir, name), logFile: join(dir, `${name}.log`) };
    return new Product(paths, ports, 500, { INFLUX_URL: server.url, INFLUX_ORG: server.org, INFLUX_TOKEN: token, INFLUX_BUCKET: name });
  };
  const alarm = async (product: Product, sensor: number): Promise<void> => {
    const body = `{"${sensor}", "true", "false", "20.0", "30.0"}`;
    const answer = await fetch(`${product.ingestUrl}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    expect(answer.status).toBe(200);
  };
  const totals = async (product: Product): Promise<{ sensors: number; active: number }> => {
    const { cells } = (await product.get('/api/map?prefixLength=1')) as MapAnswer;
    return { sensors: cells.reduce((sum, cell) => sum + cell.sensors, 0), active: cells.reduce((sum, cell) => sum + cell.active, 0) };
  };
  const counted = async (product: Product): Promise<number> => {
    const { items } = (await product.get('/api/counts')) as { items: { count: number }[] };
    return items.reduce((sum, { count }) => sum + count, 0);
  };
  const readsOfInflux = async (product: Product): Promise<number> => (await metricOf(product.consoleUrl, 'vigia_influx_reads_total')) ?? 0;

  it('shows map and counts from it, goes on without it, and is exact when it is back; a kill -9 in between included', async () => {
    const product = await newProduct('map', server.token);
    product.start();
    await product.waitUntilUp();
    for (let sensor = 1; sensor <= 20; sensor += 1) await alarm(product, sensor);
    await product.waitUntilSettled();
    await waitFor('500 sensors in InfluxDB', async () => (await totals(product)).sensors === 500);
    expect(await totals(product)).toEqual({ sensors: 500, active: 20 });
    expect(await counted(product)).toBe(20);
    expect(await readsOfInflux(product)).toBeGreaterThan(0);

    await server.kill();
    for (let sensor = 21; sensor <= 40; sensor += 1) await alarm(product, sensor);
    await waitFor('40 e-mails sent', async () => (await product.alarms()).filter(({ email }) => email === 'sent').length === 40);
    expect(await totals(product)).toEqual({ sensors: 500, active: 40 });
    const health = (await product.get('/api/health')) as Health;
    expect(health.status).toBe('degraded');
    expect(health.parts.find(({ name }) => name === 'influxdb')).toMatchObject({ status: 'degraded', detail: expect.stringContaining('gives no answer') });
    expect(await metricOf(product.consoleUrl, 'vigia_influx_up')).toBe(0);
    await product.killAndRestart();
    await product.waitUntilUp();

    await server.restart();
    await product.waitUntilSettled();
    await waitFor('answers of InfluxDB', async () => {
      const before = await readsOfInflux(product);
      await totals(product);
      return (await readsOfInflux(product)) > before;
    });
    expect(await totals(product)).toEqual({ sensors: 500, active: 40 });
    expect(await counted(product)).toBe(40);
    const rebuilt = await product.command('rebuild', 'influx-alarms-per-minute');
    expect(rebuilt).toContain('influx-alarms-per-minute');
    expect(await counted(product)).toBe(40);
    expect((await product.interrupt()).code).toBe(0);
  });

  it('ends with an error that names the token when that is refused', async () => {
    const product = await newProduct('refused', 'wrong');
    product.start();
    expect((await product.ended()).code).toBe(1);
    const log = readFileSync(join(dir, 'refused.log'), 'utf8');
    expect(log).toContain('INFLUX_TOKEN must be one that may read and write bucket refused');
    expect(log).not.toContain('    at ');
  });
});
