import { isDeepStrictEqual } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import type { AlarmType } from '../../src/alarm-domain/reading.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { cellOf, ConsoleBrowser, counted, DESKTOP, overflowPx, PHONE } from './console-browser.js';

const MINUTES = 60;

describe('the page', () => {
  let bench: ConsoleBrowser;

  beforeAll(async () => {
    bench = await ConsoleBrowser.start();
  });
  afterAll(() => bench.stop());
  afterEach(() => bench.clear());

  it('has a chart of alarms per minute by type (R6)', async () => {
    const page = await bench.open();
    const before = await counted(page);
    const atMs = Date.now() - 50 * 60_000;
    const at = new Date(atMs).toISOString();
    const heat = { id: 33, temperature: 30.1, at };
    await bench.served.post('ENTRY', [{ id: 31, movement: true, at }, { id: 32, movement: true, at }, heat, heat, heat]);
    await bench.smoke(34);
    const after = { motion: before.motion + 2, smoke: before.smoke + 1, temperature: before.temperature + 1 };
    await waitFor('the counts', async () => isDeepStrictEqual(await counted(page), after));

    // The chart may move on by a minute in between, so all is looked at again until it fits.
    const wanted = { minute: at.slice(11, 16), counts: { motion: 2, smoke: 0, temperature: 1 }, bars: [['motion', 'temperature'], []] };
    await waitFor(`${JSON.stringify(wanted)} in the chart`, async () => {
      const column = MINUTES - 1 - (Math.floor(Date.now() / 60_000) - Math.floor(atMs / 60_000));
      const plot = (await page.locator('.u-over').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      await page.mouse.move(plot.x + (plot.width * (column + 0.5)) / MINUTES, plot.y + plot.height / 2);
      const minute = await page.locator('.chart .muted').textContent();
      const bars = [await coloursIn(page, column), await coloursIn(page, column + 1)];
      return isDeepStrictEqual({ minute, counts: await counted(page), bars }, wanted);
    });
  });

  it('speaks Spanish or English, and remembers which', async () => {
    await bench.motion(51);
    const page = await bench.open({ ...DESKTOP, locale: 'es-ES' });
    const row = page.getByTestId('alarm-51-motion');
    await row.filter({ hasText: 'Movimiento' }).waitFor();
    await page.getByRole('heading', { name: 'Alarmas por minuto' }).waitFor();
    await page.locator('html[lang=es]').waitFor();
    await page.getByTestId('as-list').click();
    const places = page.getByTestId('cell-table').locator('tbody small');
    await places.filter({ hasText: /° [NS], \d+° O$/ }).first().waitFor();
    expect(await places.filter({ hasText: 'W' }).count()).toBe(0);
    const english = page.getByRole('button', { name: 'EN', exact: true });
    await english.click();
    await row.filter({ hasText: 'Motion' }).waitFor();
    expect(await english.getAttribute('aria-pressed')).toBe('true');
    // It is remembered when the document says which it is, some time after the texts.
    await page.locator('html[lang=en]').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Alarms per minute' }).waitFor();
    await page.locator('html[lang=en]').waitFor();
    expect(await page.getByText(/\b[Aa]larmas?\b/).count()).toBe(0);
  });

  it('fits the width of a phone, with its details and its menu', async () => {
    await bench.motion(71, 900_071);
    const page = await bench.open(PHONE);
    await page.getByTestId('alarm-71-motion').waitFor();
    await page.getByTestId('unplaced-total').waitFor();
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await expectInside(page, page.getByRole('button', { name: 'EN', exact: true }));
    await cellOf(page, await bench.customer(71)).focus();
    await expectInside(page, page.locator('.tip'));
    await page.getByTestId('health').locator('summary').click();
    await expectInside(page, page.locator('.health .menu'));
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await page.getByTestId('health').locator('summary').click();
    await expectAccessible(page);
    await page.getByTestId('alarm-71-motion').click();
    await page.getByTestId('mail').waitFor();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
    expect(await overflowPx(page.getByTestId('details'))).toBe(0);
  });

  it('has a description of every endpoint of the API', async () => {
    const page = await bench.open();
    await page.goto(`${bench.served.product.consoleUrl}/api/docs`);
    await page.locator('article').first().waitFor();
    const { paths } = (await bench.served.product.get('/api/openapi.json')) as { paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
    const operations = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect(await page.locator('article h3 code').allTextContents()).toEqual(expect.arrayContaining(operations));
    const counts = page.locator('article').filter({ hasText: 'GET /api/counts' });
    await counts.getByText('first minute; default 60 minutes before').waitFor();
    await expectAccessible(page);
  });

  it('says when the server is gone, keeps what it knows, and takes up again by itself', async () => {
    await bench.motion(81);
    const page = await bench.open();
    await page.getByTestId('alarm-81-motion').waitFor();
    await bench.served.product.kill();
    const banner = page.getByRole('alert');
    await banner.filter({ hasText: 'No live data since' }).waitFor();
    await page.locator('[data-testid=live].stale').waitFor();
    await page.getByTestId('alarm-81-motion').waitFor();
    await expectAccessible(page);

    bench.served.product.start();
    await bench.served.product.waitUntilUp();
    await bench.ok(81);
    await bench.motion(82);
    await banner.waitFor({ state: 'detached' });
    await page.getByTestId('alarm-82-motion').waitFor();
    await page.getByTestId('alarm-81-motion').waitFor({ state: 'detached' });
    bench.forgive('net::ERR_');
  });
});

/** The types whose colours are in the chart's column of a minute, counted from the left. */
async function coloursIn(page: Page, column: number): Promise<readonly AlarmType[]> {
  return page.evaluate<AlarmType[]>(`(() => {
    const canvas = document.querySelector('.chart canvas');
    const [ground, plot] = [canvas.getBoundingClientRect(), document.querySelector('.u-over').getBoundingClientRect()];
    const left = Math.round(plot.left - ground.left + (plot.width * ${column}) / ${MINUTES});
    const { data } = canvas.getContext('2d').getImageData(left, 0, Math.floor(plot.width / ${MINUTES}), canvas.height);
    return ['motion', 'smoke', 'temperature'].filter((type) => {
      const hex = getComputedStyle(document.documentElement).getPropertyValue('--' + type).trim();
      const colour = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
      return data.some((_, at) => at % 4 === 0 && colour.every((part, index) => data[at + index] === part));
    });
  })()`);
}

/** Holds an element to be within the width of the page. */
async function expectInside(page: Page, element: Locator): Promise<void> {
  await element.waitFor();
  const { x, width } = (await element.boundingBox()) ?? { x: -1, width: 0 };
  expect(x).toBeGreaterThanOrEqual(0);
  expect(x + width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}
