import { Random } from '../../src/cli/simulator/random.js';
import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import { isoTime, systemClock } from '../../src/clock.js';
import type { History, HistoryEvent } from './checks.js';
import type { ApiAlarm, Product } from './product.js';

/** Each sample costs a process or a request. */
const REPLAYED_SENSORS = 8;
const AUDITED_SENSORS = 300;
export const CUSTOMERS_READ = 60;

/** What the product's API and commands give out, and sensors with alarms in a random order. */
export async function readOutputs(product: Product, report: SimulationReport, seed: string) {
  const alarms = await product.alarms();
  const sensorIds = sampleOf(alarms, seed);
  return {
    sensorIds,
    reconciliation: JSON.parse(await product.command('reconcile', '--json')) as { records: number; normal: number; unaccounted: number; doubled: number },
    alarms,
    counts: await readCounts(product, report),
    map: await readMap(product),
    histories: await readHistories(product, sensorIds),
  };
}

/** Sensors with alarms, in a random order. */
function sampleOf(alarms: readonly ApiAlarm[], seed: string): string[] {
  const sensorIds = [...new Set(alarms.map(({ sensorId }) => sensorId))].sort();
  Random.seeded(`sample ${seed}`).shuffle(sensorIds);
  return sensorIds;
}

export async function readCustomers(product: Product, sensorIds: readonly string[]): Promise<Map<string, { name: string; surname: string; emailaddress: string }>> {
  const customers = new Map<string, { name: string; surname: string; emailaddress: string }>();
  for (const id of sensorIds) customers.set(id, (await product.get(`/api/customers/${id}`)) as { name: string; surname: string; emailaddress: string });
  return customers;
}

async function readCounts(product: Product, report: SimulationReport): Promise<{ minute: string; type: string; count: number }[]> {
  const from = encodeURIComponent(isoTime(Date.parse(report.startedAt) - 3_600_000));
  const to = encodeURIComponent(isoTime(systemClock.now() + 3_600_000));
  const { items } = (await product.get(`/api/counts?from=${from}&to=${to}`)) as { items: { minute: string; type: string; count: number }[] };
  return items;
}

async function readMap(product: Product): Promise<{ sensors: number; active: number }> {
  const { cells, unplaced } = (await product.get('/api/map?prefixLength=1')) as { cells: SensorCounts[]; unplaced: SensorCounts };
  const parts = [...cells, unplaced];
  return { sensors: parts.reduce((sum, part) => sum + part.sensors, 0), active: parts.reduce((sum, part) => sum + part.active, 0) };
}

interface SensorCounts {
  readonly sensors: number;
  readonly active: number;
}

async function readHistories(product: Product, sensorIds: readonly string[]): Promise<History[]> {
  const replayed = sensorIds.slice(0, REPLAYED_SENSORS).map(async (sensorId) => ({ sensorId, from: 'vigia replay', events: JSON.parse(await product.command('replay', sensorId, '--json')) as HistoryEvent[] }));
  const histories: History[] = await Promise.all(replayed);
  for (const sensorId of sensorIds.slice(0, AUDITED_SENSORS)) {
    const newestFirst = await product.list<HistoryEvent>(`/api/audit/sensors/${sensorId}`);
    histories.push({ sensorId, from: 'the audit API', events: newestFirst.reverse() });
  }
  return histories;
}
