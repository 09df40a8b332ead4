import type { Customer } from '../../src/customers/customer.js';
import { cellOf, ConsoleBrowser, figure, hasFocus, rows, tabTo } from './console-browser.js';

describe('the map', () => {
  let bench: ConsoleBrowser;

  beforeAll(async () => {
    bench = await ConsoleBrowser.start();
  });
  afterAll(() => bench.stop());
  afterEach(() => bench.clear());

  it('shows every cell that has sensors, and marks one live while a sensor in it is in alarm', async () => {
    const page = await bench.open();
    const cells = await bench.cells('prefixLength=2');
    expect(cells.length).toBeGreaterThan(20);
    expect(await page.locator('.cell').count()).toBe(cells.length);
    expect(await page.locator('.cell.is-active').count()).toBe(0);

    const cell = cellOf(page, await bench.customer(11));
    await bench.motion(11);
    await cell.and(page.locator('.is-active')).waitFor();
    expect(await page.locator('.cell.is-active').count()).toBe(1);
    expect(await cell.getAttribute('aria-label')).toContain(', 1 in alarm');
    expect(await cell.locator('text').textContent()).toBe('1');
    // By its shape, for who does not see its colour.
    expect([await page.locator('.cell .diamond').count(), await cell.locator('.diamond').count()]).toEqual([1, 1]);
    await figure(page, 'active-total', '1');

    await bench.ok(11);
    await cell.and(page.locator(':not(.is-active)')).waitFor();
    await figure(page, 'active-total', '0');
  });

  it('tells of a pointed cell how many sensors are in alarm, and of what type', async () => {
    const page = await bench.open();
    await bench.motion(12);
    await cellOf(page, await bench.customer(12)).and(page.locator('.is-active')).hover();
    const tip = page.locator('.tip');
    await tip.filter({ hasText: '1 in alarm' }).filter({ hasText: 'Motion 1' }).waitFor();
    await bench.ok(12);
    await tip.filter({ hasText: 'calm' }).waitFor();
  });

  it('counts the sensors that have no place', async () => {
    const page = await bench.open();
    await bench.motion(900_001);
    await figure(page, 'unplaced-total', '1');
    await page.getByTestId('alarm-900001-motion').filter({ hasText: 'No known place' }).waitFor();
    await bench.ok(900_001);
    await page.getByTestId('unplaced-total').filter({ hasText: '0 in alarm' }).waitFor();
  });

  it('counts the open alarms of a chosen zone, and tells that the last hour is that of all', async () => {
    const [here, there] = await bench.customersOfTwoZones(21);
    const page = await bench.open();
    const [open, hour, chart] = [page.getByTestId('open-total'), page.getByTestId('hour-total'), page.getByRole('region', { name: 'Alarms per minute' })];
    await bench.motion(here.id, there.id);
    await bench.smoke(here.id);
    await figure(page, 'open-total', '3');
    await page.getByTestId('zone').selectOption(here.dashboard);
    await figure(page, 'open-total', '2');
    await open.getByText(`${here.dashboard} · 3 in all zones`, { exact: true }).waitFor();
    await figure(page, 'active-total', '1');
    await hour.getByText('All zones · Motion').waitFor();
    await chart.getByText('Last 60 minutes · All zones', { exact: true }).waitFor();
    // Of a type only the list.
    await page.getByRole('button', { name: 'Smoke', exact: true }).click();
    await rows(page, [`${here.id}-smoke`]);
    await bench.smoke(there.id);
    await open.getByText(`${here.dashboard} · 4 in all zones`, { exact: true }).waitFor();
    await figure(page, 'open-total', '2');
    await bench.ok(here.id);
    await figure(page, 'open-total', '0');
    await page.getByRole('button', { name: 'ES', exact: true }).click();
    await open.getByText(`${here.dashboard} · 2 en todas las zonas`, { exact: true }).waitFor();
    await hour.getByText('Todas las zonas · Movimiento').waitFor();
    await page.getByText('Últimos 60 minutos · Todas las zonas', { exact: true }).waitFor();
    await page.getByTestId('zone').selectOption('');
    await figure(page, 'open-total', '2');
    await page.getByText('Últimos 60 minutos', { exact: true }).waitFor();
    expect(await hour.textContent()).not.toContain('zonas');
  });

  it('is used by keyboard: from a cell to its alarms, to the details, and back', async () => {
    const [[first, ...neighbours], others] = await twoFullCells(bench);
    await bench.motion(first.id, ...others.map(({ id }) => id));
    const page = await bench.open();
    await figure(page, 'active-total', '3');
    const [cell, fuller] = [cellOf(page, first), cellOf(page, others[0] as Customer)];
    // The map is one stop, at the cell with most in alarm; from there keys go from cell to cell.
    await tabTo(page, page.locator('.cell[tabindex="0"]'));
    expect(await hasFocus(fuller)).toBe(true);
    await page.keyboard.press('PageDown');
    expect(await hasFocus(cell)).toBe(true);
    await page.keyboard.press('PageUp');
    await page.keyboard.press('PageUp');
    expect(await hasFocus(cell)).toBe(true);
    await page.locator('.tip').filter({ hasText: '1 in alarm' }).waitFor();
    // What happens on the map leaves the focus where it is.
    await bench.motion(...neighbours.map(({ id }) => id));
    await figure(page, 'active-total', '5');
    await bench.ok(...neighbours.map(({ id }) => id));
    await figure(page, 'active-total', '3');
    expect(await hasFocus(cell)).toBe(true);
    await page.keyboard.press('Enter');
    const filter = page.getByRole('button', { name: `Cell ${first.geohash.slice(0, 2)}: Remove the cell filter` });
    await filter.waitFor();
    await rows(page, [`${first.id}-motion`]);

    const row = page.getByTestId(`alarm-${first.id}-motion`);
    await tabTo(page, row);
    await page.keyboard.press('Enter');
    await page.getByTestId('details').locator('tbody').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('details').waitFor({ state: 'detached' });
    expect(await hasFocus(row)).toBe(true);

    await tabTo(page, filter, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await rows(page, [first, ...others].map(({ id }) => `${id}-motion`));
  });
});

/** The first three customers of one cell of the world map, and two of another. */
async function twoFullCells(bench: ConsoleBrowser): Promise<readonly [readonly [Customer, ...Customer[]], readonly Customer[]]> {
  const byCell = new Map<string, Customer[]>();
  for (let id = 101; id < 150; id += 1) {
    const customer = await bench.customer(id);
    const cell = customer.geohash.slice(0, 2);
    byCell.set(cell, [...(byCell.get(cell) ?? []), customer]);
  }
  const [fullest, second] = [...byCell.values()].sort((a, b) => b.length - a.length);
  const [a, b, c] = fullest ?? [];
  const [d, e] = second ?? [];
  if (!a || !b || !c || !d || !e) throw new Error('the customers are spread too thin');
  return [[a, b, c], [d, e]];
}
