import type { Page } from 'playwright-core';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';
import { silentSensors } from './before-start.js';
import { cellOf, ConsoleBrowser, CUSTOMERS } from './console-browser.js';

/** Lists that are longer than what a page has at first, to their end. */

/** One more than a page has at first. */
const MANY = Array.from({ length: 201 }, (_, index) => index);
/** Of no customer, so that nothing else here is about them. */
const SILENT = MANY.map((index) => 5000 + index);
const PARKED = MANY.map((index) => 6000 + index);
const SHELVED = MANY.map((index) => 7000 + index);
const AFTERWARDS = MANY.map((index) => 8000 + index);

let smtp: SmtpTestServer;
let bench: ConsoleBrowser;

beforeAll(async () => {
  smtp = await SmtpTestServer.start();
  bench = await ConsoleBrowser.start({ SMTP_URL: smtp.url }, CUSTOMERS, silentSensors(SILENT));
});
afterAll(async () => {
  await bench.stop();
  await smtp.stop();
});
afterEach(() => {
  smtp.behave = () => 'accept';
  return bench.clear();
});

/** The numbers in these texts, in order. */
const numbersIn = (texts: readonly string[]) => texts.map((text) => Number(/\d+/.exec(text)?.[0])).sort((a, b) => a - b);

it('of more than two hundred silent sensors the rest is there on demand', async () => {
  const page = await bench.openAt('/system', '[data-testid=silent] li');
  const silent = page.getByTestId('silent');
  await silent.getByRole('heading', { name: `Silent sensors ${SILENT.length}`, exact: true }).waitFor();
  const sensors = silent.getByRole('link');
  expect(await sensors.count()).toBe(200);
  const more = silent.getByRole('button', { name: `Show more 200 of ${SILENT.length}` });
  await more.click();
  await sensors.nth(200).waitFor();
  await more.waitFor({ state: 'detached' });
  expect(numbersIn(await sensors.allTextContents())).toEqual(SILENT);
});

it('of more than two hundred dead letters the rest is there on demand, and all are dropped at once, more than one command takes', async () => {
  await bench.served.writePastEndpoint('ENTRY', Array.from({ length: 1001 }, () => 'not a reading'));
  await waitFor('the dead letters', async () => (await bench.total('/api/operations/dead-letters?status=open&limit=1')) === 1001);
  const page = await bench.openAt('/system', '[data-testid=dead-letters] tbody td');
  const letters = page.getByTestId('dead-letters');
  await letters.getByRole('heading', { name: 'Dead letters 1,001', exact: true }).waitFor();
  const rows = letters.locator('tbody tr');
  expect(await rows.count()).toBe(200);
  // On paper there is nothing to click, but it is said that this is not all.
  await page.emulateMedia({ media: 'print' });
  await letters.getByText('200 of 1,001', { exact: true }).waitFor();
  expect(await letters.getByText('Show more').isVisible()).toBe(false);
  await page.emulateMedia({ media: 'screen' });
  for (const shown of ['200', '400', '600', '800', '1,000']) await letters.getByRole('button', { name: `Show more ${shown} of 1,001` }).click();
  await rows.nth(1000).waitFor();
  await letters.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
  await letters.getByRole('checkbox', { name: 'Select all' }).check();
  await letters.getByRole('button', { name: 'Drop' }).click();
  await page.getByTestId('system-confirm').click();
  await page.getByRole('status').filter({ hasText: '1,001 dropped' }).waitFor();
  await letters.filter({ hasText: 'None: everything received could be read' }).waitFor();
});

it('of more than two hundred parked e-mails the rest is there on demand, and the last of them is sent after all', async () => {
  smtp.behave = () => ({ refuseAt: 'rcpt-to', code: 550 });
  await bench.motion(...PARKED);
  await waitFor('the parked e-mails', async () => (await bench.total('/api/alarms?email=parked&limit=1')) === PARKED.length);
  const page = await bench.openAt('/system', '[data-testid=parked] li');
  const parked = page.getByTestId('parked');
  await parked.getByRole('heading', { name: `Parked e-mails ${PARKED.length}`, exact: true }).waitFor();
  const alarms = parked.locator('li');
  expect(await alarms.count()).toBe(200);
  const more = parked.getByRole('button', { name: `Show more 200 of ${PARKED.length}` });
  await more.click();
  await alarms.nth(200).waitFor();
  await more.waitFor({ state: 'detached' });
  expect(numbersIn(await alarms.locator('.as-link').allTextContents())).toEqual(PARKED);
  smtp.behave = () => 'accept';
  await alarms.last().getByRole('button', { name: /^Send again/ }).click();
  await alarms.nth(200).waitFor({ state: 'detached' });
  await waitFor('the e-mail', () => smtp.mails.length === 1);
});

it('of more than two hundred shelved sensors the rest is there on demand, stays when another is shelved, and the last of them is unshelved', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const shelve = (id: number) => bench.command(`/api/sensors/${id}/shelve`, { operator: 'eva', reason: 'test', until });
  for (const id of SHELVED) await shelve(id);
  await waitFor('the shelved', async () => (await bench.total('/api/shelved?limit=1')) === SHELVED.length);
  const page = await bench.openAlarmsPage();
  const shelved = page.getByTestId('shelved');
  await shelved.getByRole('heading', { name: `Shelved sensors ${SHELVED.length}`, exact: true }).waitFor();
  const sensors = shelved.getByRole('link');
  expect(await sensors.count()).toBe(200);
  await expectInWindow(page);
  const more = shelved.getByRole('button', { name: `Show more 200 of ${SHELVED.length}` });
  await more.click();
  await sensors.nth(200).waitFor();
  await more.waitFor({ state: 'detached' });
  expect(numbersIn(await sensors.allTextContents())).toEqual(SHELVED);
  await shelve(21);
  await page.getByTestId('shelved-21').waitFor();
  expect(await sensors.count()).toBe(SHELVED.length + 1);
  // The first to be shelved is the last in the list.
  const last = page.getByTestId(`shelved-${SHELVED[0]}`);
  await last.getByRole('button', { name: `Unshelve: sensor ${SHELVED[0]}` }).click();
  await page.getByTestId('ask').getByTestId('operator').fill('ana');
  await page.getByTestId('ask').locator('button[type=submit]').click();
  await last.waitFor({ state: 'detached' });
  await bench.command('/api/sensors/21/unshelve', { operator: 'eva' });
});

it('of more alarms than the audit lists at first the rest is there on demand, and of a cell its own, however many came after', async () => {
  const customer = await bench.customer(21);
  await bench.motion(21);
  await bench.alarmOf(21);
  await bench.motion(...AFTERWARDS);
  await waitFor('the alarms', async () => (await bench.total('/api/alarms?status=open&limit=1')) === AFTERWARDS.length + 1);
  const page = await bench.openAt('/audit', '[data-testid=open-then] li');
  const open = page.getByTestId('open-then');
  await open.getByRole('heading', { name: '202' }).waitFor();
  const alarms = open.locator('li');
  const first = page.getByTestId('then-21-motion');
  expect([await alarms.count(), await first.count()]).toEqual([100, 0]);
  await cellOf(page, customer).click();
  await first.waitFor();
  await open.getByRole('heading', { name: / 1$/ }).waitFor();
  expect(await alarms.count()).toBe(1);
  await page.getByTestId('shelved-then').filter({ hasText: 'No shelved sensors' }).waitFor();
  await cellOf(page, customer).click();
  // The two hundred of the test before have no place.
  await page.getByTestId('shelved-then').getByRole('heading', { name: '200' }).waitFor();
  await open.getByRole('button', { name: 'Show more 100 of 202' }).click();
  await alarms.nth(201).waitFor();
  await first.waitFor();
  await open.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
});

/** Holds the panel of the shelved, which stays where it is while the page is scrolled, to be in sight with all that it has. */
async function expectInWindow(page: Page): Promise<void> {
  const { y, height } = (await page.getByTestId('shelved').boundingBox()) ?? { y: 0, height: Infinity };
  expect(y + height).toBeLessThanOrEqual(page.viewportSize()?.height ?? 0);
}
