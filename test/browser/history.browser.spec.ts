import type { Page } from 'playwright-core';
import type { Customer } from '../../src/customers/customer.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { addressOf, ConsoleBrowser, DESKTOP, overflowPx, PHONE } from './console-browser.js';
import { downloadedLines } from './downloaded.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let bench: ConsoleBrowser;
/** Whole minutes in which there were alarms: 2 motion and 1 smoke; 1 temperature half an hour later. */
let firstMs: number;
let secondMs: number;

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
  firstMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 3 * 60 * MINUTE_MS;
  secondMs = firstMs + 30 * MINUTE_MS;
  const hostile: Customer = { ...(await bench.customer(21)), name: '=cmd()', surname: '<img src=x onerror="window.isHacked=true">' };
  await bench.saveCustomer(hostile);
  const [at, later] = [new Date(firstMs + 5000).toISOString(), new Date(secondMs + 5000).toISOString()];
  const smoke = { id: 23, smoke: true, at };
  const heat = { id: 24, temperature: 40, at: later };
  await bench.served.post('ENTRY', [{ id: 21, movement: true, at }, { id: 22, movement: true, at }, smoke, smoke, smoke, heat, heat, heat]);
  await bench.served.product.waitUntilSettled();
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

const open = (search: string, options?: Parameters<ConsoleBrowser['openAt']>[2]) => bench.openAt(`/history${search}`, '[data-testid=numbers] td', options);
const rangeText = (fromMs: number, toMs: number) => `?${new URLSearchParams({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }).toString()}`;

/** The rows of the table of numbers. */
function numbers(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('[data-testid=numbers] tbody tr')].map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent).join())`);
}

async function shows(page: Page, ...rows: readonly string[]): Promise<void> {
  await waitFor(`the rows ${rows.join(' ')}`, async () => (await numbers(page)).join(' ') === rows.join(' '));
}

/** A place in the chart, as a part of its width. */
async function placeAt(page: Page, part: number): Promise<{ x: number; y: number }> {
  const plot = (await page.locator('[data-testid=history-chart] .u-over').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  return { x: plot.x + plot.width * part, y: plot.y + plot.height / 2 };
}

describe('the history', () => {
  it('has the numbers of any range by type, in steps that fit it, and follows what happens', async () => {
    const page = await open('?last=sixHours');
    await shows(page, '0,0,1,1', '2,1,0,3');
    await page.getByTestId('history-motion').filter({ hasText: 'Motion 2' }).waitFor();
    await page.getByRole('button', { name: '30 days' }).click();
    await page.getByText('Alarms per 6 hours').waitFor();
    await waitFor('the same alarms', async () => (await page.getByTestId('history-motion').textContent())?.includes('Motion 2') ?? false);
    await page.waitForURL('**/history?last=month');
    await page.getByTestId('history-motion').click();
    await page.getByTestId('history-motion').filter({ hasText: 'Motion 0' }).waitFor();
    await page.getByTestId('history-motion').click();
    await page.getByRole('button', { name: '6 hours' }).click();
    await bench.motion(31);
    await shows(page, '1,0,0,1', '0,0,1,1', '2,1,0,3');
  });

  it('is zoomed by dragging, back and again by its address, and leads to the alarms of a bar', async () => {
    const page = await open(rangeText(firstMs - 50 * MINUTE_MS, firstMs + 50 * MINUTE_MS));
    await shows(page, '0,0,1,1', '2,1,0,3');
    const [from, to] = [await placeAt(page, 0.4), await placeAt(page, 0.6)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 4 });
    await page.mouse.up();
    await shows(page, '2,1,0,3');
    const zoomed = await addressOf(page);
    expect(Date.parse(zoomed.searchParams.get('to') ?? '') - Date.parse(zoomed.searchParams.get('from') ?? '')).toBeLessThan(25 * MINUTE_MS);
    await page.reload();
    await shows(page, '2,1,0,3');

    const fromMs = Date.parse(zoomed.searchParams.get('from') ?? '');
    const steps = (Date.parse(zoomed.searchParams.get('to') ?? '') - fromMs) / MINUTE_MS;
    const bar = await placeAt(page, ((firstMs - fromMs) / MINUTE_MS + 0.5) / steps);
    await page.mouse.click(bar.x, bar.y);
    const alarms = page.getByTestId('history-alarms');
    await alarms.getByTestId('past-23-smoke').waitFor();
    expect(await alarms.locator('.alarm').count()).toBe(3);
    await alarms.getByTestId('past-21-motion').click();
    await page.getByTestId('details').locator('tbody').waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(`${zoomed.href}&at=${encodeURIComponent(new Date(firstMs).toISOString())}`);

    await page.getByTestId('from').fill(new Date(secondMs).toISOString().slice(0, 16));
    await page.getByTestId('to').fill(new Date(secondMs - MINUTE_MS).toISOString().slice(0, 16));
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('The range must begin before it ends').waitFor();
    await page.getByTestId('to').fill(new Date(secondMs + MINUTE_MS).toISOString().slice(0, 16));
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await shows(page, '0,0,1,1');
    await page.getByTestId('numbers').getByRole('button').press('Enter');
    await page.getByTestId('history-alarms').getByTestId('past-24-temperature').waitFor();
  });

  it('keeps the alarms of an opened bar up to date: one that recovers, and one that comes late', async () => {
    const ownMs = firstMs - 90 * MINUTE_MS;
    const at = new Date(ownMs + 5000).toISOString();
    await bench.served.post('ENTRY', [{ id: 26, movement: true, at }]);
    await bench.alarmOf(26);
    const page = await open(`${rangeText(ownMs, ownMs + MINUTE_MS)}&at=${new Date(ownMs).toISOString()}`);
    const alarms = page.getByTestId('history-alarms');
    await alarms.getByTestId('past-26-motion').filter({ hasText: 'Open' }).waitFor();
    await bench.ok(26);
    await alarms.getByTestId('past-26-motion').filter({ hasText: 'Recovered' }).waitFor();
    await bench.served.post('ENTRY', [{ id: 27, movement: true, at }]);
    await alarms.getByTestId('past-27-motion').waitFor();
    await alarms.getByRole('heading', { name: / 2$/ }).waitFor();
  });

  it('follows the clock where its range ends now, but not in what is being written', async () => {
    const page = await open('?last=sixHours');
    await page.clock.install({ time: Date.now() });
    await page.reload();
    const [from, to] = [page.getByTestId('from'), page.getByTestId('to')];
    const before = await from.inputValue();
    await page.clock.fastForward(MINUTE_MS);
    await waitFor('a minute more', async () => (await from.inputValue()) > before);
    const written = new Date(firstMs).toISOString().slice(0, 16);
    await from.fill(written);
    const label = page.locator('.chart-head .muted');
    const range = await label.textContent();
    await page.clock.fastForward(MINUTE_MS);
    await waitFor('a minute more in the chart', async () => (await label.textContent()) !== range);
    expect(await from.inputValue()).toBe(written);
    await to.fill(new Date(firstMs + MINUTE_MS).toISOString().slice(0, 16));
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await shows(page, '2,1,0,3');
  });

  it('has the opened bar and the hidden types in its address', async () => {
    const page = await open(rangeText(firstMs - MINUTE_MS, secondMs + MINUTE_MS));
    await shows(page, '0,0,1,1', '2,1,0,3');
    await page.getByTestId('history-smoke').click();
    await page.getByTestId('numbers').getByRole('button').last().click();
    const alarms = page.getByTestId('history-alarms');
    await alarms.getByTestId('past-21-motion').waitFor();
    // What is taken away is what is shown.
    const typesIn = async (testId: string) => (await downloadedLines(page, testId)).slice(1).map((line) => line.split(',')[2]);
    expect(await typesIn('bar-csv')).toEqual(['motion', 'motion']);
    expect(await typesIn('alarms-csv')).toEqual(['motion', 'motion', 'temperature']);
    expect(await downloadedLines(page, 'counts-csv')).toEqual(['from,motion,temperature,total', `${new Date(firstMs).toISOString()},2,0,2`, `${new Date(secondMs).toISOString()},0,1,1`]);
    const { href, searchParams } = await addressOf(page);
    expect([searchParams.get('types'), searchParams.get('at')]).toEqual(['motion,temperature', new Date(firstMs).toISOString()]);

    const other = await bench.openAt(href.slice(bench.served.product.consoleUrl.length), '[data-testid=history-alarms]');
    await other.getByTestId('past-21-motion').waitFor();
    expect(await other.getByTestId('history-alarms').locator('.alarm').count()).toBe(2);
    await shows(other, '0,0,1,1', '2,0,0,2');
    for (const type of ['motion', 'temperature']) await other.getByTestId(`history-${type}`).click();
    await other.getByText('No alarms in this range').waitFor();
    await other.getByRole('heading', { name: /^Alarms: .* 0$/ }).waitFor();
    expect(await other.getByRole('link', { name: 'CSV' }).count()).toBe(0);
    for (const type of ['motion', 'temperature']) await other.getByTestId(`history-${type}`).click();
    await other.getByRole('button', { name: 'Remove', exact: true }).click();
    await other.getByTestId('history-smoke').click();
    await shows(other, '0,0,1,1', '2,1,0,3');
    expect([...(await addressOf(other)).searchParams.keys()]).toEqual(['from', 'to']);
  });

  it('is taken away as CSV, in which no name is a formula', async () => {
    const page = await open(rangeText(firstMs - MINUTE_MS, firstMs + MINUTE_MS));
    expect(await downloadedLines(page, 'counts-csv')).toEqual(['from,motion,smoke,temperature,total', `${new Date(firstMs).toISOString()},2,1,0,3`]);
    const [, ...alarms] = await downloadedLines(page, 'alarms-csv');
    expect(alarms).toHaveLength(3);
    expect(alarms.find((line) => line.includes(',21,'))).toContain(`,'=cmd(),"<img src=x onerror=""window.isHacked=true"">",`);
  });

  it('is accessible, fits a phone and speaks Spanish', async () => {
    const page = await open('?last=sixHours', { ...PHONE, locale: 'es-ES' });
    await page.getByRole('heading', { name: 'Historia de alarmas' }).waitFor();
    await page.getByTestId('numbers').getByRole('button').first().click();
    await page.getByTestId('history-alarms').locator('.alarm').first().waitFor();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
  });

  it('cuts off no time under its bars, be it that of the first or the last', async () => {
    // More than a day has the longest texts; its ends are midnights, each under a bar at the edge.
    const midnightMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    await bench.served.post('ENTRY', [{ id: 25, movement: true, at: new Date(midnightMs).toISOString() }]);
    await bench.alarmOf(25);
    for (const options of [DESKTOP, PHONE]) {
      const page = await open(rangeText(midnightMs - 4 * DAY_MS, midnightMs + 15 * MINUTE_MS), options);
      await page.getByText('Alarms per 15 minutes').waitFor();
      const ink = await page.evaluate<Record<'first' | 'last' | 'plotEnd' | 'end', number>>(inkOfTimes);
      expect(ink.last).toBeGreaterThan(ink.plotEnd);
      expect(ink.last).toBeLessThan(ink.end);
      expect(ink.first).toBeGreaterThan(0);
    }
  });
});

/** The first and the last column of the canvas that has ink under the bars, where the bars end, and the canvas's own last column. */
const inkOfTimes = `(() => {
  const chart = document.querySelector('[data-testid=history-chart]');
  const canvas = chart.querySelector('canvas');
  const [ground, plot] = [canvas.getBoundingClientRect(), chart.querySelector('.u-over').getBoundingClientRect()];
  const scale = canvas.width / ground.width;
  const top = Math.ceil((plot.bottom - ground.top) * scale) + 1;
  const { data, width } = canvas.getContext('2d').getImageData(0, top, canvas.width, canvas.height - top);
  const inked = [...data.keys()].filter((at) => at % 4 === 3 && data[at] > 0).map((at) => ((at - 3) / 4) % width);
  return { first: Math.min(...inked), last: Math.max(...inked), plotEnd: (plot.right - ground.left) * scale, end: width - 1 };
})()`;
