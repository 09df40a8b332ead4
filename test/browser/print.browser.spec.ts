import type { Page } from 'playwright-core';
import { waitFor } from '../support/wait-for.js';
import { ConsoleBrowser, DESKTOP, overflowPx } from './console-browser.js';

/** What comes onto paper. */

/** What A4 has between its margins, at 96 dots per inch. */
const PAPER = { width: 703, height: 1024 };
/** More than a sheet of paper has room for. */
const MANY = 80;

let bench: ConsoleBrowser;

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

const style = (page: Page, selector: string, property: string) => page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue(${JSON.stringify(property)})`);
const many = () => Array.from({ length: MANY }, (_, index) => 100 + index);

async function onPaper(page: Page): Promise<void> {
  await page.setViewportSize(PAPER);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.getByTestId('print-head').waitFor();
}

it('a printed page of alarms has all of them, on white, with what it is and of when, and nothing to click', async () => {
  await bench.motion(...many());
  const { name, surname } = await bench.customer(100);
  const page = await bench.openAlarmsPage({ ...DESKTOP, colorScheme: 'dark' });
  await waitFor('all rows', async () => (await page.locator('.standing-row').count()) === MANY);
  await page.getByTestId('standing-100-motion').filter({ hasText: `${name} ${surname}` }).waitFor();
  await onPaper(page);
  await page.getByTestId('print-head').filter({ hasText: 'Vigía · Alarms' }).filter({ hasText: '/alarms' }).waitFor();
  expect(await style(page, 'body', 'background-color')).toBe('rgb(255, 255, 255)');
  expect(await style(page, '.standing-row .customer', 'display')).toBe('table-cell');
  for (const hidden of ['header', '.tools', '.standing .actions', '.keyboard-button']) expect({ hidden, display: await style(page, hidden, 'display') }).toEqual({ hidden, display: 'none' });
  expect(await overflowPx(page.locator('html'))).toBe(0);
  // The rows flow from one sheet to the next.
  const sheets = (await page.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1').match(/\/Type\s*\/Page\b/g) ?? [];
  expect(sheets.length).toBeGreaterThan(1);
});

it('a printed overview cuts no list off, and its chart is drawn for paper', async () => {
  await bench.motion(...many());
  const page = await bench.open({ ...DESKTOP, colorScheme: 'dark' });
  await waitFor('all rows', async () => (await page.locator('.alarm').count()) === MANY);
  await onPaper(page);
  const list = page.getByTestId('alarm-list');
  expect(await list.evaluate(({ scrollHeight, clientHeight }: { scrollHeight: number; clientHeight: number }) => scrollHeight - clientHeight)).toBeLessThanOrEqual(0);
  expect(await overflowPx(page.locator('html'))).toBe(0);
  await waitFor('the chart in dark ink', () => page.evaluate<boolean>(darkestOfChart));
});

it('the printed list of the map has the names of the types, for which a phone has only signs', async () => {
  const page = await bench.open({ viewport: PAPER });
  await page.getByTestId('as-list').click();
  const head = page.getByTestId('cell-table').locator('thead');
  const [signs, names] = [head.locator('.type-icon'), head.locator('.type-name')];
  const shown = async () => [await signs.first().isVisible(), ((await names.first().boundingBox())?.width ?? 0) > 1];
  await waitFor('the signs', async () => (await shown()).join() === 'true,false');
  await onPaper(page);
  expect(await shown()).toEqual([false, true]);
  expect(await overflowPx(page.locator('.cell-table'))).toBe(0);
});

it('a printed page of any kind fits the paper and cuts nothing off', async () => {
  await bench.motion(...many());
  await bench.smoke(31);
  await bench.command('/api/sensors/31/shelve', { operator: 'eva', reason: 'test', until: new Date(Date.now() + 600_000).toISOString(), note: 'works on the roof' });
  await bench.alarmOf(31);
  const { geohash, dashboard } = await bench.customer(100);
  // Of the two languages the one with longer words.
  const page = await bench.open({ ...DESKTOP, locale: 'es-ES' });
  const pages = {
    '/': '.alarm',
    [`/?zone=${dashboard}&cell=${geohash.slice(0, 3)}`]: '[data-testid=cell-sensors] a',
    '/alarms': '.shelved li',
    '/history': '[data-testid=numbers] td',
    '/load': '[data-testid=consoles] td',
    '/audit': '[data-testid=shelved-then] li',
    '/audit?sensor=31': '[data-testid=state-changes] li',
    '/sensors/31': '[data-testid=sensor-alarms] li',
    '/system': '[data-testid=health-table] td',
    '/wall': '.alarm',
  };
  const faults: object[] = [];
  for (const [path, content] of Object.entries(pages)) {
    await page.emulateMedia({ media: 'screen' });
    await page.setViewportSize(DESKTOP.viewport);
    await page.goto(`${bench.served.product.consoleUrl}${path}`);
    await page.locator(content).first().waitFor();
    await onPaper(page);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const found = { path, overflow: await overflowPx(page.locator('html')), cutOff: await page.evaluate<string[]>(cutOff) };
    if (found.overflow > 0 || found.cutOff.length > 0) faults.push(found);
  }
  expect(faults).toEqual([]);
  await bench.command('/api/sensors/31/unshelve', { operator: 'eva' });
});

it('a printed alarm is its details alone', async () => {
  await bench.smoke(31);
  const { alarmId } = await bench.alarmOf(31);
  const page = await bench.openAt(`/alarms/${alarmId}`, '[data-testid=mail]');
  await onPaper(page);
  expect(await style(page, 'main', 'display')).toBe('none');
  expect(await page.getByTestId('details').locator('tbody').isVisible()).toBe(true);
  const height = await page.getByTestId('details').evaluate(({ scrollHeight, clientHeight }: { scrollHeight: number; clientHeight: number }) => scrollHeight - clientHeight);
  expect(height).toBeLessThanOrEqual(0);
});

/** What has more in it than can be seen, `ul.rows`. */
const cutOff = `[...document.querySelectorAll('main, main *')]
  .filter((each) => each.checkVisibility() && !each.closest('.unseen, svg, .uplot') && getComputedStyle(each).overflow !== 'visible')
  .filter(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) => clientWidth > 0 && (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1))
  .map(({ tagName, className }) => tagName.toLowerCase() + '.' + className)`;

/** Whether the numbers beside the chart are darker than a middle grey. */
const darkestOfChart = `(() => {
  const canvas = document.querySelector('.chart canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, 40, canvas.height);
  let darkest = 255;
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) darkest = Math.min(darkest, (data[at] + data[at + 1] + data[at + 2]) / 3);
  return darkest < 128;
})()`;
