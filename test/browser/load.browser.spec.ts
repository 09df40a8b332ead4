import { expectAccessible } from './accessibility.js';
import { ConsoleBrowser, CUSTOMERS, figure, overflowPx, PHONE } from './console-browser.js';

const PERIOD_MS = 600_000;

let bench: ConsoleBrowser;
/** A zone with sensors enough for a flood, the busiest first. */
let zone: string;
let ids: readonly number[];

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
  ({ zone, ids } = await crowdedZone());
  // Eleven alarms in ten minutes, some time ago, of which the first sensor's three came within a minute.
  const startMs = Math.floor((Date.now() - 4 * PERIOD_MS) / PERIOD_MS) * PERIOD_MS;
  const alarm = (id: number, second: number) => bench.served.post('ENTRY', [{ id, movement: true, at: new Date(startMs + second * 1000).toISOString() }]);
  const [first, ...others] = ids as [number, ...number[]];
  for (const second of [0, 20]) {
    await alarm(first, second);
    await bench.ok(first);
  }
  await alarm(first, 40);
  for (const [index, id] of others.slice(0, 8).entries()) await alarm(id, 60 + index * 60);
  await bench.served.product.waitUntilSettled();
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

async function crowdedZone(): Promise<{ zone: string; ids: readonly number[] }> {
  const byZone = new Map<string, number[]>();
  for (let id = 1; id <= CUSTOMERS; id += 1) {
    const { dashboard } = await bench.customer(id);
    const known = [...(byZone.get(dashboard) ?? []), id];
    if (known.length === 9) return { zone: dashboard, ids: known };
    byZone.set(dashboard, known);
  }
  throw new Error('no zone has nine sensors');
}

describe('the page of operators’ load', () => {
  it('tells rates, floods and chatter per console, and follows what happens', async () => {
    const page = await bench.openAt(`/load?last=day&zone=${zone}`, '[data-testid=consoles] td');
    await figure(page, 'most-in-period', '11');
    await page.getByTestId('flood').filter({ hasText: '1 periods of 10 minutes' }).waitFor();
    await page.getByTestId(`console-${zone}`).filter({ has: page.locator('.is-over').filter({ hasText: '11' }) }).waitFor();
    await page.getByTestId('busiest').locator('li').first().filter({ hasText: `Sensor ${ids[0]}` }).filter({ hasText: '3' }).waitFor();
    await page.getByTestId('chattering').locator('li').filter({ hasText: `Sensor ${ids[0]}` }).waitFor();
    expect(await page.getByTestId('chattering').locator('li').count()).toBe(1);
    await page.getByTestId('load-chart').and(page.getByLabel('at most 11')).waitFor();
    await page.getByTestId('acknowledge').filter({ hasText: 'none acknowledged' }).waitFor();

    const { alarmId } = await bench.alarmOf(ids[1] as number);
    await bench.command(`/api/alarms/${alarmId}/acknowledge`, { operator: 'ana' });
    await page.getByTestId('acknowledge').filter({ hasText: '1 acknowledged' }).waitFor();
  });

  it('keeps zone and range in its address, and leads to the sensors', async () => {
    const page = await bench.openAt('/load', '[data-testid=consoles] td');
    await page.getByTestId('consoles').getByRole('button', { name: zone, exact: true }).click();
    await page.waitForURL(`**/load?last=day&zone=${zone}`);
    await page.getByRole('button', { name: '7 days' }).click();
    await page.waitForURL(`**/load?last=week&zone=${zone}`);
    await page.getByRole('heading', { name: 'Alarms per day' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Alarms per day' }).waitFor();
    expect(await page.getByTestId('load-zone').inputValue()).toBe(zone);
    await page.getByTestId('busiest').getByRole('link', { name: `Sensor ${ids[0]}`, exact: true }).click();
    await page.waitForURL(`**/sensors/${ids[0]}`);
    await page.getByTestId('chatter').filter({ hasText: 'Motion: 3 alarms in bursts' }).waitFor();
  });

  it('is accessible, fits a phone and speaks Spanish', async () => {
    const page = await bench.openAt('/load', '[data-testid=consoles] td', { ...PHONE, locale: 'es-ES' });
    await page.getByRole('heading', { name: 'Carga de los operadores' }).waitFor();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
  });
});
