import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { readingOf } from './before-start.js';
import { ConsoleBrowser, CUSTOMERS, figure, overflowPx, PHONE } from './console-browser.js';

const PERIOD_MS = 600_000;
const HOUR_MS = 3_600_000;
/** In alarm since the day before yesterday. */
const STALE = 290;

let bench: ConsoleBrowser;
/** A zone with sensors enough for a flood, the busiest first. */
let zone: string;
let ids: readonly number[];

beforeAll(async () => {
  bench = await ConsoleBrowser.start({}, CUSTOMERS, readingOf({ id: STALE, movement: true }, 47 * HOUR_MS));
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
  it('tells rates, floods, chatter, times to acknowledge and stale alarms, and follows what happens', async () => {
    const page = await bench.openAt(`/load?last=day&zone=${zone}`, '[data-testid=consoles] td');
    await figure(page, 'most-in-period', '11');
    await page.getByTestId('flood').filter({ hasText: '1 period of 10 minutes' }).waitFor();
    await page.getByTestId(`console-${zone}`).filter({ has: page.locator('.is-over').filter({ hasText: '11' }) }).waitFor();
    await page.getByTestId('busiest').locator('li').first().filter({ hasText: `Sensor ${ids[0]}` }).filter({ hasText: '3' }).waitFor();
    await page.getByTestId('chattering').locator('li').filter({ hasText: `Sensor ${ids[0]}` }).waitFor();
    expect(await page.getByTestId('chattering').locator('li').count()).toBe(1);
    await page.getByTestId('load-chart').and(page.getByLabel('at most 11')).waitFor();
    await page.getByTestId('acknowledge').filter({ hasText: 'none acknowledged' }).waitFor();

    const { alarmId } = await bench.alarmOf(ids[1] as number);
    await bench.command(`/api/alarms/${alarmId}/acknowledge`, { operator: 'ana' });
    const toAcknowledge = page.getByTestId('acknowledge');
    await toAcknowledge.filter({ hasText: '1 acknowledged' }).waitFor();
    // The median is that one's, of this hour; at the 95th percentile is one of five hours and a half ago.
    const at = new Date(Date.now() - 5.5 * HOUR_MS).toISOString();
    await bench.served.post('ENTRY', [1, 2, 3].map(() => ({ id: ids[1] as number, smoke: true, at })));
    let late: string | undefined;
    await waitFor('the late alarm', async () => (late = (await bench.openAlarms()).find(({ sensorId, type }) => sensorId === String(ids[1]) && type === 'smoke')?.alarmId) !== undefined);
    await bench.command(`/api/alarms/${late}/acknowledge`, { operator: 'ana' });
    await toAcknowledge.filter({ hasText: '2 acknowledged' }).filter({ hasText: /95 %: 5\s?h/ }).waitFor();
    expect(await toAcknowledge.locator('strong').textContent()).toMatch(/^[345]\d\s?m/);

    // Of all zones: what has been open for more than a day, until it has recovered.
    const stale = page.getByTestId('stale');
    await page.getByTestId('load-zone').selectOption('');
    await stale.locator('li').filter({ hasText: `Motion, Sensor ${STALE}` }).waitFor();
    expect(await stale.locator('li').count()).toBe(1);
    await page.getByTestId(`console-${(await bench.customer(STALE)).dashboard}`).locator('td.is-over').last().filter({ hasText: '1' }).waitFor();
    await bench.ok(STALE);
    await stale.filter({ hasText: 'None' }).waitFor();
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

  it('lists the ten busiest sensors, and says of how many', async () => {
    // Nine have had alarms today so far.
    await bench.motion(...Array.from({ length: CUSTOMERS }, (_, index) => index + 1).filter((id) => id !== STALE && !ids.includes(id)).slice(0, 2));
    const page = await bench.openAt('/load', '[data-testid=consoles] td');
    const busiest = page.getByTestId('busiest');
    await busiest.filter({ hasText: '10 of 11' }).waitFor();
    expect(await busiest.locator('li').count()).toBe(10);
    const counts = (await busiest.locator('li b').allTextContents()).map(Number);
    expect(counts).toEqual([...counts].sort((one, other) => other - one));
  });

  it('is accessible, fits a phone and speaks Spanish', async () => {
    const page = await bench.openAt('/load', '[data-testid=consoles] td', { ...PHONE, locale: 'es-ES' });
    await page.getByRole('heading', { name: 'Carga de los operadores' }).waitFor();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
  });
});
