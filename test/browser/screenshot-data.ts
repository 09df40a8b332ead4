import { Random } from '../../src/cli/simulator/random.js';
import type { ServedProduct, PostedReading } from './served-product.js';

export const CUSTOMERS = 50_000;
const ALARMS = 620;
const MINUTES = 58;

/** What leads to the alarms of the last hour, the oldest first, each of another sensor. */
function alarmReadings(random: Random, nowMs: number): PostedReading[] {
  const ages = Array.from({ length: ALARMS }, () => Math.floor(random.fraction() * MINUTES * 60_000)).sort((a, b) => b - a);
  return ages.flatMap((ageMs, index): PostedReading[] => {
    const id = 1 + ((index * 7919) % CUSTOMERS);
    const at = new Date(nowMs - ageMs).toISOString();
    const kind = random.fraction();
    if (kind < 0.5) return [{ id, movement: true, at }];
    const strike = kind < 0.78 ? { id, smoke: true, at } : { id, temperature: 31 + random.integer(0, 300) / 10, at };
    return [strike, strike, strike];
  });
}

/** What operators did: most alarms are acknowledged, two sensors shelved, one of which has a story. */
async function operate(served: ServedProduct): Promise<void> {
  const { product } = served;
  const command = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json', 'If-Match': '*' };
    const answer = await fetch(`${product.consoleUrl}/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const until = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const alarms = await product.alarms();
  for (const { alarmId } of alarms.slice(24)) await command(`alarms/${alarmId}/acknowledge`, { operator: 'ana' });
  for (const { alarmId } of alarms.slice(3, 7)) await command(`alarms/${alarmId}/acknowledge`, { operator: 'eva' });
  await command('sensors/1/shelve', { operator: 'eva', reason: 'faulty', until: until(3), note: 'The cover is broken; a technician comes at noon.' });
  await command('sensors/7920/shelve', { operator: 'ana', reason: 'maintenance', until: until(1) });
  await served.post('ENTRY', [{ id: 1, movement: true }, { id: 1, temperature: 41 }]);
}

/** Alarms of the last hour, a third of them recovered, and what operators did about them. */
export async function fillForScreenshots(served: ServedProduct): Promise<void> {
  const random = Random.seeded('screenshots');
  const readings = alarmReadings(random, Date.now() - 2000);
  await served.post('ENTRY', readings);
  const ids = [...new Set(readings.map(({ id }) => id))];
  await served.post('OK', ids.filter(() => random.fraction() < 0.35).map((id) => ({ id })));
  await served.product.waitUntilSettled();
  await operate(served);
  await served.product.waitUntilSettled();
}
