import type { Page } from 'playwright-core';
import { systemClock } from '../../src/clock.js';
import { ZONES } from '../../src/customers/zones.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { addressOf, cellOf, ConsoleBrowser, DESKTOP, figure, hasFocus, overflowPx, PHONE, rows, tabTo } from './console-browser.js';

/** How all pages are come to and seen, with the source's 50,000 sensors. */

const CUSTOMERS = 50_000;
const MOST_BYTES = 300_000;

const WALL = { viewport: { width: 1920, height: 1080 } };
const ZONE = 'UK';
/** More than a sheet of paper has room for. */
const MANY = 80;

let bench: ConsoleBrowser;

beforeAll(async () => {
  bench = await ConsoleBrowser.start({}, CUSTOMERS);
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

/** What the first view took, with its data, nothing having been kept from before. */
const firstBytes = (page: Page) =>
  page.evaluate<number>("[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, { transferSize }) => sum + transferSize, 0)");

const style = (page: Page, selector: string, property: string) => page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue(${JSON.stringify(property)})`);
/** The cell of the zone with the most sensors, more than a page has. */
async function fullestCell(): Promise<{ readonly geohash: string; readonly sensors: number }> {
  const [fullest] = [...(await bench.cells(`prefixLength=3&zone=${ZONE}`))].sort((a, b) => b.sensors - a.sensors);
  if (fullest === undefined || fullest.sensors <= 100) throw new Error('no cell has more sensors than a page');
  return fullest;
}
const idIn = (text: string) => /\d+/.exec(text)?.[0];
const many = () => Array.from({ length: MANY }, (_, index) => 100 + index);

it(`the first view comes in less than ${MOST_BYTES} bytes`, async () => {
  const bytes = await firstBytes(await bench.open());
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect(bytes).toBeGreaterThan(MOST_BYTES / 10);
});

describe('the map of 50,000 sensors', () => {
  it('is there as a list too, those with alarms first, from which a cell is chosen', async () => {
    const customer = await bench.customer(22);
    await bench.motion(22);
    const page = await bench.open();
    await cellOf(page, customer).and(page.locator('.is-active')).waitFor();
    await page.getByTestId('as-list').click();
    const table = page.getByTestId('cell-table');
    const cell = customer.geohash.slice(0, 2);
    await table.locator('tbody tr').first().and(page.getByTestId(`row-${cell}`)).waitFor();
    const cells = await bench.cells('prefixLength=2');
    await waitFor('a row for every cell', async () => (await table.locator('tbody tr').count()) === cells.length);
    // In sight or not, whatever the order they were drawn in.
    expect((await table.locator('tbody small').allTextContents()).filter((place) => /^\d+° [NS], \d+° [EW]$/.test(place))).toHaveLength(cells.length);
    expect(await table.getByRole('row').count()).toBe(cells.length + 1);
    await expectAccessible(page);
    await table.getByRole('button', { name: `Cell ${cell}` }).click();
    await page.getByRole('button', { name: `Cell ${cell}: Remove the cell filter` }).waitFor();
    await rows(page, ['22-motion']);
    await table.getByTestId('cell-sensors').getByRole('link').first().waitFor();
    await page.getByTestId('as-list').click();
    await cellOf(page, customer).waitFor();
  });

  it('fits its list, with the sensors of a cell, and the header into every width', async () => {
    const page = await bench.open({ ...DESKTOP, locale: 'es-ES' });
    await page.getByTestId('as-list').click();
    const table = page.getByTestId('cell-table');
    await table.getByRole('button').first().click();
    await table.getByTestId('cell-sensors').getByRole('link').first().waitFor();
    for (const width of [1280, 1024, 768, 640, 360]) {
      await page.setViewportSize({ width, height: 860 });
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const overflows = await Promise.all(['html', 'header', '.cell-table', '.cell-sensors'].map((selector) => overflowPx(page.locator(selector))));
      const cells = await table.locator('tr:not(.of-chosen) > *').evaluateAll((all) => Math.max(...(all as { scrollWidth: number; clientWidth: number }[]).map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)));
      expect([width, ...overflows, cells]).toEqual([width, 0, 0, 0, 0, 0]);
    }
  });

  it('stays as it is under its list and, until the cells of a chosen zone have come, in its frame', async () => {
    const page = await bench.open();
    await page.evaluate(`document.querySelector('.map-ground svg').isFirst = true`);
    await page.getByTestId('as-list').click();
    await page.getByTestId('cell-table').waitFor();
    await page.getByTestId('as-list').click();
    await page.locator('.map-ground svg').waitFor();
    expect(await page.evaluate(`document.querySelector('.map-ground svg').isFirst`)).toBe(true);

    const land = () => page.locator('.land').getAttribute('d');
    const world = await land();
    let answer: () => void = () => undefined;
    const isAnswered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/map?*zone=*', (route) => isAnswered.then(() => route.continue()));
    const question = page.waitForRequest('**/api/map?*zone=*');
    await page.getByTestId('zone').selectOption(ZONE);
    await question;
    await page.getByRole('heading', { name: ZONE, exact: true }).waitFor();
    expect((await land()) === world).toBe(true);
    answer();
    await page.getByTestId(`cell-${(await fullestCell()).geohash}`).waitFor();
    expect((await land()) === world).toBe(false);
  });

  it('has the sensors of a cell that the list has no row for, and leaves a page of them that has emptied', async () => {
    const [small] = (await bench.cells('prefixLength=3')).filter(({ sensors }) => sensors > 100).sort((a, b) => a.sensors - b.sensors);
    const cell = small?.geohash ?? '';
    const page = await bench.openAt(`/?cell=${cell}`, '.cell');
    await page.getByTestId('as-list').click();
    await page.getByTestId(`row-${cell.slice(0, 2)}`).waitFor();
    const list = page.getByRole('region', { name: `Sensors of cell ${cell}` });
    await list.getByRole('button', { name: 'Next' }).click();
    await list.filter({ hasText: '101 – ' }).waitFor();
    const links = list.getByRole('link');
    for (const text of await links.allTextContents()) await bench.command(`/api/operations/customers/${idIn(text)}/erase`, {});
    // It looks again when something happens on the map, which knows of it within seconds.
    const pager = list.getByRole('button', { name: 'Next' });
    for (let turn = 0; turn < 60 && (await pager.count()) > 0; turn += 1) {
      await (turn % 2 === 0 ? bench.motion(900_001) : bench.ok(900_001));
      await systemClock.sleep(500);
    }
    expect([await pager.count(), await links.count()]).toEqual([0, 100]);
  });

  it('leads by pointer to a zone, a cell and page by page to each of its sensors, calm ones too, and back', async () => {
    const { geohash, sensors } = await fullestCell();
    const page = await bench.open();
    await page.getByTestId('zone').selectOption(ZONE);
    await page.getByTestId(`cell-${geohash}`).click();
    const list = page.getByTestId('cell-sensors');
    await list.filter({ hasText: '1 – 100' }).waitFor();
    const first = await list.getByRole('link').allTextContents();
    expect(first).toHaveLength(100);
    await list.getByRole('button', { name: 'Next' }).click();
    await list.filter({ hasText: '101 – ' }).waitFor();
    const second = await list.getByRole('link').allTextContents();
    expect(second).toHaveLength(Math.min(100, sensors - 100));
    expect(new Set([...first, ...second].map(idIn)).size).toBe(first.length + second.length);
    await expectAccessible(page);
    await list.getByRole('link').first().click();
    await page.getByTestId('sensor-states').filter({ hasText: 'Calm' }).waitFor();
    expect((await addressOf(page)).pathname).toBe(`/sensors/${idIn(second[0] as string)}`);
    await page.goBack();
    await list.filter({ hasText: '1 – 100' }).waitFor();
    const { pathname, search } = await addressOf(page);
    expect(`${pathname}${search}`).toBe(`/?zone=${ZONE}&cell=${geohash}`);
    expect(await page.getByTestId('zone').inputValue()).toBe(ZONE);
  });

  it('leads there by keyboard alone', async () => {
    const { geohash } = await fullestCell();
    const page = await bench.open();
    await tabTo(page, page.getByTestId('zone'));
    for (let zone = 0; zone <= ZONES.indexOf(ZONE); zone += 1) await page.keyboard.press('ArrowDown');
    await page.getByTestId(`cell-${geohash}`).waitFor();
    const cells = await bench.cells(`prefixLength=3&zone=${ZONE}`);
    await waitFor('only the cells of the zone', async () => (await page.locator('.cell').count()) === cells.length);
    await tabTo(page, page.locator('.cell[tabindex="0"]'));
    await page.keyboard.press('Home');
    for (let stepped = 0; stepped < cells.length && !(await hasFocus(page.getByTestId(`cell-${geohash}`))); stepped += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const link = page.getByTestId('cell-sensors').getByRole('link').nth(1);
    await link.waitFor();
    const sensorId = idIn((await link.textContent()) ?? '');
    await tabTo(page, link);
    await page.keyboard.press('Enter');
    await page.getByTestId('sensor-states').filter({ hasText: 'Calm' }).waitFor();
    expect((await addressOf(page)).pathname).toBe(`/sensors/${sensorId}`);
    await page.locator('main:focus').waitFor();
  });
});

it('every page fits the widths of a tablet', async () => {
  await bench.motion(31);
  await bench.alarmOf(31);
  const page = await bench.open({ ...DESKTOP, locale: 'es-ES' });
  for (const path of ['/', '/alarms', '/history', '/load', '/audit', '/audit?sensor=31', '/sensors/31', '/system', '/wall']) {
    await page.goto(`${bench.served.product.consoleUrl}${path}`);
    await page.locator('main .panel .panel-head h2').first().waitFor();
    await page.locator('[data-testid=health]').and(page.locator('.up, .degraded')).waitFor();
    for (const width of [1180, 1024, 768]) {
      await page.setViewportSize({ width, height: 860 });
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      expect([path, width, await overflowPx(page.locator('html'))]).toEqual([path, width, 0]);
    }
  }
});

it('every page has keys to the others, and a sheet of keys that can be turned off', async () => {
  const page = await bench.open();
  const sheet = page.getByTestId('keyboard');
  await page.keyboard.press('?');
  await sheet.getByRole('region', { name: 'On every page' }).waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  await page.keyboard.press('3');
  await page.getByTestId('numbers').waitFor();
  expect((await addressOf(page)).pathname).toBe('/history');
  // Not in a text field.
  await page.keyboard.press('5');
  await page.getByTestId('open-then').waitFor();
  await page.getByTestId('audit-sensor').press('2');
  await page.getByTestId('audit-sensor').and(page.locator(':focus')).waitFor();
  expect(await page.getByTestId('audit-sensor').inputValue()).toBe('2');
  await page.getByTestId('play').focus();
  await page.keyboard.press('w');
  await page.getByTestId('wall-clock').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('zone').waitFor();
  await page.keyboard.press('?');
  await sheet.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  await page.keyboard.press('2');
  await page.keyboard.press('?');
  await page.getByTestId('zone').waitFor();
  expect([await sheet.count(), (await addressOf(page)).pathname]).toEqual([0, '/']);
});

describe('the wall screen', () => {
  it('shows the moment in large type without scrolling, follows what happens, and is left by a link', async () => {
    await bench.motion(...many());
    const page = await bench.openAt('/wall', '.cell.is-active', WALL);
    await figure(page, 'unacknowledged-total', String(MANY));
    await bench.smoke(21);
    await page.getByTestId('alarm-21-smoke').waitFor();
    await figure(page, 'unacknowledged-total', String(MANY + 1));
    await bench.command('/api/sensors/22/shelve', { operator: 'eva', reason: 'test', until: new Date(Date.now() + 600_000).toISOString() });
    await page.getByRole('link', { name: '1 shelved' }).waitFor();
    expect(await page.evaluate('document.scrollingElement.scrollHeight - innerHeight')).toBe(0);
    expect(await overflowPx(page.locator('html'))).toBe(0);
    expect(Number.parseFloat(await style(page, '.figure strong', 'font-size'))).toBeGreaterThan(50);
    const map = (await page.locator('.map-ground svg').first().boundingBox()) ?? { width: 0, height: 0 };
    expect(map.width).toBeGreaterThan(1000);
    expect(map.height).toBeGreaterThan(350);
    await expectAccessible(page);
    await bench.command('/api/sensors/22/unshelve', { operator: 'eva' });
    await page.getByRole('link', { name: '1 shelved' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByTestId('zone').waitFor();
    await page.getByRole('link', { name: 'Wall screen' }).click();
    await page.getByTestId('wall-clock').waitFor();
  });

  it('scrolls on a phone', async () => {
    const page = await bench.openAt('/wall', '.cell', PHONE);
    await page.getByTestId('hour-total').waitFor();
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await expectAccessible(page);
  });
});
