import { join } from 'node:path';
import SyncDatabase from 'libsql';
import type { Page } from 'playwright-core';
import type { Customer } from '../../src/customers/customer.js';
import { waitFor } from '../support/wait-for.js';
import { cellOf, ConsoleBrowser, CUSTOMERS, rows } from './console-browser.js';
import { CuttableWay } from './cuttable-way.js';
import { LISTEN } from './listen.js';

/** What a page does about what happens, and when nothing is heard of the server. */

let bench: ConsoleBrowser;
let way: CuttableWay;

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
  way = await CuttableWay.start(bench.served.product.consoleUrl);
});
afterAll(async () => {
  await way.stop();
  await bench.stop();
});
afterEach(async () => {
  way.mend();
  await bench.clear();
});

/** The overview, come to over the way, with an open alarm; it may sound. */
async function openOverWay(sensorId: number): Promise<Page> {
  await bench.motion(sensorId);
  const page = await bench.open();
  await page.clock.install({ time: Date.now() });
  await page.addInitScript(LISTEN);
  await page.goto(`${way.url}/`);
  await isLive(page);
  await rows(page, [`${sensorId}-motion`]);
  await waitFor('the sound', () => page.evaluate<boolean>('window.opened === 1'));
  await page.getByRole('heading', { name: 'Open alarms' }).click();
  return page;
}

const isLive = (page: Page) => page.locator('[data-testid=live].live').waitFor();
const banner = (page: Page) => page.getByRole('alert').filter({ hasText: 'No live data since' });
const heard = (page: Page) => page.evaluate<{ tones: number; told: readonly string[] }>('({ tones: window.tones, told: window.told })');

it('a page whose connection was cut goes on after what it heard last, and is told of what came meanwhile, once', async () => {
  const page = await openOverWay(21);
  const { alarmId } = await bench.alarmOf(21);
  way.cut();
  // There are as many unacknowledged as before: by their number a page could not tell that one is new.
  await bench.command(`/api/alarms/${alarmId}/acknowledge`, { operator: 'eva' });
  await bench.ok(21);
  await bench.motion(22);
  await bench.alarmOf(22);
  await page.clock.fastForward(5_000);
  await banner(page).waitFor();
  way.mend();
  await banner(page).waitFor({ state: 'detached' });
  await rows(page, ['22-motion']);
  await waitFor('word of what came meanwhile', async () => (await heard(page)).told.includes('22'));
  const { tones, told } = await heard(page);
  expect([tones, told.filter((id) => id === '22')]).toEqual([2, ['22']]);
  expect(way.askedAfter).toEqual([null, expect.stringMatching(/^\d+$/)]);
  await rows(page, ['22-motion']);
  bench.forgive('net::ERR_');
});

it('a page that hears nothing on an open connection says so, opens another, reads all anew, and sounds for an alarm that it was not told of', async () => {
  way.askedAfter.length = 0;
  const other = await bench.open();
  await other.addInitScript(LISTEN);
  await other.reload();
  await isLive(other);
  const page = await openOverWay(31);
  way.silence();
  // From here on its time passes by the spec alone, and no beat of the server's heart comes in between.
  await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 5_000);
  await bench.motion(32);
  await waitFor('who listens to be told', async () => (await heard(other)).told.includes('32'));
  // Nobody has touched that page: what it began now would sound at its first touch.
  expect((await heard(other)).tones).toBe(0);
  await page.clock.fastForward(20_000);
  await isLive(page);
  expect(await banner(page).count()).toBe(0);
  await page.clock.fastForward(20_000);
  await banner(page).waitFor();
  await waitFor('another connection', () => way.askedAfter.length === 2);
  await rows(page, ['31-motion']);
  await page.clock.resume();
  way.mend();
  await banner(page).waitFor({ state: 'detached' });
  await isLive(page);
  await rows(page, ['31-motion', '32-motion']);
  await waitFor('the sound', async () => (await heard(page)).tones > 0);
  expect(await heard(page)).toEqual({ tones: 2, told: [] });
  expect(way.askedAfter).toEqual([null, null]);
});

it('a cell in which a sensor comes to be in alarm draws the eye for a moment, those that were in alarm before do not', async () => {
  const [before, after] = await customersOfTwoCells(41);
  await bench.motion(before.id);
  const page = await bench.open();
  await cellOf(page, before).locator('.ring').waitFor();
  expect(await page.locator('.is-arriving').count()).toBe(0);
  await page.evaluate(NOTE_ARRIVALS);
  await bench.motion(after.id);
  await cellOf(page, after).locator('.ring').waitFor();
  await page.locator('.ring:not(.is-arriving)').nth(1).waitFor();
  expect(await page.evaluate<string[]>('window.arrived')).toEqual([after.geohash.slice(0, 2)]);
  // One sensor less draws no eye.
  await bench.ok(before.id);
  await page.locator('.ring').nth(1).waitFor({ state: 'detached' });
  expect(await page.evaluate<string[]>('window.arrived')).toEqual([after.geohash.slice(0, 2)]);
});

/** A customer, and the next one whose sensor is in another cell of the world map. */
async function customersOfTwoCells(firstId: number): Promise<readonly [Customer, Customer]> {
  const here = await bench.customer(firstId);
  for (let id = firstId + 1; id < CUSTOMERS; id += 1) {
    const there = await bench.customer(id);
    if (there.geohash.slice(0, 2) !== here.geohash.slice(0, 2)) return [here, there];
  }
  throw new Error('all customers are of one cell');
}

/** Keeps the cells that were ever drawn as having just got an alarm. */
const NOTE_ARRIVALS = `(() => {
  window.arrived = [];
  new MutationObserver(() => {
    for (const ring of document.querySelectorAll('.is-arriving')) {
      const cell = ring.closest('.cell').dataset.cell;
      if (!window.arrived.includes(cell)) window.arrived.push(cell);
    }
  }).observe(document.querySelector('.map'), { childList: true, subtree: true, attributes: true });
})()`;

it('read models that stand still are seconds behind, more and more of them, until they go on', async () => {
  const page = await bench.openAt('/system', '[data-testid=health-table] td');
  await page.clock.install({ time: Date.now() });
  await page.reload();
  const row = page.getByTestId('health-table').getByRole('row', { name: 'projection alarms', exact: false }).first();
  await row.waitFor();
  const seconds = async () => {
    // The page asks how the parts are every ten seconds of its own clock.
    await page.clock.fastForward(10_000);
    return Number(/([\d,]+) s behind/.exec((await row.textContent()) ?? '')?.[1] ?? 0);
  };
  const other = new SyncDatabase(join(bench.served.dir, 'data', 'read-models.db'));
  try {
    // Nobody else can write to them now.
    other.exec('BEGIN IMMEDIATE');
    await bench.motion(51);
    let first = 0;
    await waitFor('seconds', async () => (first = await seconds()) > 0);
    await row.filter({ hasText: '1 event behind' }).waitFor();
    await waitFor('more seconds', async () => (await seconds()) > first + 1);
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
  await waitFor('none', async () => (await seconds()) === 0);
  await row.filter({ hasText: '–' }).waitFor();
});
