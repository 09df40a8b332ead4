import type { Page } from 'playwright-core';
import { waitFor } from '../support/wait-for.js';
import { ConsoleBrowser } from './console-browser.js';
import { downloaded } from './downloaded.js';

/** What is done with many alarms, sensors or events at once. */

const MINUTE_MS = 60_000;

let bench: ConsoleBrowser;

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

const row = (page: Page, id: number, type = 'motion') => page.getByTestId(`standing-${id}-${type}`);
const ask = (page: Page) => page.getByTestId('ask');

it('many sensors are shelved at once, one with two alarms once, and one that was shelved meanwhile when it is asked for again', async () => {
  await bench.motion(21, 22, 23, 24);
  await bench.smoke(21);
  const page = await bench.openAlarmsPage();
  for (const id of [21, 22, 23, 24]) await row(page, id).waitFor();
  await row(page, 21, 'smoke').waitFor();
  await page.getByRole('checkbox', { name: 'Select all: Unacknowledged' }).check();
  await row(page, 24).getByRole('checkbox').uncheck();
  await page.getByTestId('chosen').filter({ hasText: '4 selected' }).waitFor();
  await page.getByTestId('shelve-chosen').click();
  await ask(page).getByRole('heading', { name: 'Shelve 3 sensors' }).waitFor();
  expect((await ask(page).locator('.targets li').allTextContents()).map((text) => /\d+/.exec(text)?.[0]).sort()).toEqual(['21', '22', '23']);
  await bench.command('/api/sensors/22/shelve', { operator: 'eva', reason: 'test', until: new Date(Date.now() + 600_000).toISOString() });
  await page.getByTestId('shelved-22').filter({ hasText: 'by eva' }).waitFor();
  await ask(page).getByTestId('reason').selectOption('nuisance');
  await ask(page).getByTestId('operator').fill('ana');
  await ask(page).getByTestId('note').fill('works on the roof');
  await ask(page).locator('button[type=submit]').click();
  await ask(page).getByRole('alert').filter({ hasText: 'One has changed since you saw it' }).filter({ hasText: '(eva)' }).waitFor();
  for (const id of [21, 23]) for (const text of ['False alarms', 'by ana', 'works on the roof']) await page.getByTestId(`shelved-${id}`).filter({ hasText: text }).waitFor();
  await page.getByTestId('shelved-22').filter({ hasText: 'by eva' }).waitFor();
  await ask(page).getByRole('button', { name: 'Do it all the same' }).click();
  await page.getByTestId('shelved-22').filter({ hasText: 'by ana' }).waitFor();
  await ask(page).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: '3 shelved' }).waitFor();
  expect(await page.getByTestId('shelved-24').count()).toBe(0);
  await Promise.all([21, 22, 23].map((id) => bench.command(`/api/sensors/${id}/unshelve`, { operator: 'eva' })));
  await page.getByTestId('shelved-21').waitFor({ state: 'detached' });
  bench.forgive('412');
});

it('of more than a hundred alarms the newest are there and the rest on demand, and it is said among how many they are sorted', async () => {
  const startMs = Date.now() - 40 * 60_000;
  // The oldest have the lowest numbers.
  await bench.served.post('ENTRY', Array.from({ length: 130 }, (_, index) => ({ id: 100 + index, movement: true, at: new Date(startMs + index * 15_000).toISOString() })));
  await waitFor('the alarms', async () => (await bench.openAlarms()).length === 130);
  const page = await bench.openAlarmsPage();
  const group = page.getByTestId('unacknowledged');
  const rows = group.locator('.standing-row');
  await group.getByText('100 of 130').waitFor();
  expect(await rows.count()).toBe(100);
  await row(page, 130).waitFor();
  expect(await row(page, 129).count()).toBe(0);
  await page.getByRole('button', { name: 'Sensor', exact: true }).click();
  await page.getByText('Sorted among the 100 that are loaded.').waitFor();
  expect(await rows.first().getAttribute('data-testid')).toBe('standing-130-motion');
  await page.getByRole('button', { name: 'Show more' }).click();
  await rows.nth(129).waitFor();
  expect(await rows.first().getAttribute('data-testid')).toBe('standing-100-motion');
  await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
});

it('of a sensor’s more than a hundred events the newest are there and the rest on demand, which stay when another comes', async () => {
  await bench.motion(41);
  const { alarmId } = await bench.alarmOf(41);
  const comment = () => bench.command(`/api/alarms/${alarmId}/comments`, { operator: 'eva', note: 'seen' });
  for (let written = 0; written < 104; written += 1) await comment();
  const page = await bench.openAt('/sensors/41', '[data-testid=history] li');
  const events = page.getByTestId('history').locator('li');
  await page.getByRole('heading', { name: 'History 105', exact: true }).waitFor();
  expect([await events.count(), await events.filter({ hasText: 'Alarm triggered' }).count()]).toEqual([100, 0]);
  await page.getByText('of the last 100 of 105 events').waitFor();
  const more = page.getByRole('button', { name: 'Show more 100 of 105' });
  await more.click();
  await events.last().filter({ hasText: 'Alarm triggered' }).waitFor();
  expect(await events.count()).toBe(105);
  await more.waitFor({ state: 'detached' });
  await page.getByText('of the last').waitFor({ state: 'detached' });
  await comment();
  await page.getByRole('heading', { name: 'History 106', exact: true }).waitFor();
  expect(await events.count()).toBe(106);
  // Its audit has the last fifty before the moment that is shown, and the rest on demand too.
  await page.getByRole('link', { name: 'Audit' }).last().click();
  await page.getByTestId('audit-state').waitFor();
  expect(await events.count()).toBe(50);
  await page.getByRole('button', { name: 'Show more 50 of 106' }).click();
  await events.nth(105).waitFor();
  await page.getByTestId('step-previous').click();
  await page.getByText('Event 105 of 106').waitFor();
  expect(await events.count()).toBe(105);
});

it('of more than fifty alarms of one bar the oldest are there and the rest on demand, of the chosen types alone', async () => {
  const minuteMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 3 * 60 * MINUTE_MS;
  const at = (second: number) => new Date(minuteMs + second * 500).toISOString();
  const smoke = [1, 2, 3].map(() => ({ id: 51, smoke: true, at: at(0) }));
  const heat = [1, 2, 3].map(() => ({ id: 52, temperature: 40, at: at(30.5) })); // between two of the others
  await bench.served.post('ENTRY', [...smoke, ...Array.from({ length: 60 }, (_, index) => ({ id: 100 + index, movement: true, at: at(10 + index) })), ...heat]);
  await waitFor('the alarms', async () => (await bench.openAlarms()).length === 62);
  const range = new URLSearchParams({ from: at(0), to: at(120), types: 'motion,temperature', at: at(0) });
  const page = await bench.openAt(`/history?${range.toString()}`, '[data-testid=history-alarms] .alarm');
  const alarms = page.getByTestId('history-alarms');
  await alarms.getByRole('heading', { name: /61$/ }).waitFor();
  const shown = alarms.locator('.alarm');
  const sensors = () => shown.evaluateAll((rows) => (rows as { dataset: { testid: string } }[]).map(({ dataset }) => dataset.testid.split('-')[1]));
  const motion = Array.from({ length: 60 }, (_, index) => String(100 + index));
  const all = [...motion.slice(0, 21), '52', ...motion.slice(21)];
  expect(await sensors()).toEqual(all.slice(0, 50));
  const more = alarms.getByRole('button', { name: 'Show more 50 of 61' });
  await more.click();
  await shown.nth(60).waitFor();
  expect(await sensors()).toEqual(all);
  await more.waitFor({ state: 'detached' });
});

it('a chosen range of events is taken away as the API has it, neither what was before nor what came after', async () => {
  await bench.motion(31);
  await bench.alarmOf(31);
  const [from, to] = [await nextSecond(), await afterAlarm(32)];
  await bench.motion(33);
  await bench.alarmOf(33);
  const page = await bench.openAt('/audit', '[data-testid=export-from]');
  await page.getByTestId('export-from').fill(inputOf(from));
  await page.getByTestId('export-to').fill(inputOf(to));
  const query = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  await page.locator(`[data-testid=events-csv][href$="${encoded(query)}"]`).waitFor();
  for (const kind of ['jsonl', 'csv']) {
    const file = await downloaded(page, `events-${kind}`);
    expect(file).toBe(await textOf(`/api/export/events.${kind}?${query}`));
    expect([31, 32, 33].map((id) => file.includes(kind === 'csv' ? `Z,${id},` : `"sensorId":${id},`))).toEqual([false, true, false]);
  }
  // What is no time asks for all.
  await page.getByTestId('export-from').fill('');
  await page.locator(`[data-testid=events-jsonl][href$="${encoded(`?to=${new Date(to).toISOString()}`)}"]`).waitFor();
  expect(await downloaded(page, 'events-jsonl')).toBe(await textOf(`/api/export/events.jsonl?to=${new Date(to).toISOString()}`));
});

it('of a sensor’s more than a hundred alarms, which its time-line opens by pointer alone, the rest is there on demand', async () => {
  for (let opened = 0; opened < 101; opened += 1) {
    await bench.motion(45);
    await bench.ok(45);
  }
  await waitFor('the alarms', async () => (await bench.total('/api/alarms?sensor=45&status=recovered&limit=1')) === 101);
  const page = await bench.openAt('/sensors/45', '[data-testid=sensor-alarms] li');
  const panel = page.getByRole('region', { name: 'Alarms', exact: true });
  await panel.getByRole('heading', { name: 'Alarms 101', exact: true }).waitFor();
  const alarms = panel.locator('li');
  expect(await alarms.count()).toBe(100);
  const more = panel.getByRole('button', { name: 'Show more 100 of 101' });
  await more.press('Enter');
  await alarms.nth(100).waitFor();
  await more.waitFor({ state: 'detached' });
  const oldest = alarms.last().getByRole('button');
  await oldest.press('Enter');
  await page.getByTestId('details').locator('tbody').waitFor();
  // One after the other: all at once they would write to one stream.
  for (const { alarmId } of await bench.served.product.list<{ alarmId: string }>('/api/alarms?sensor=45')) await bench.command(`/api/alarms/${alarmId}/acknowledge`, { operator: 'clear' });
});

/** The beginning of a second that was not yet there when the call came, once it has begun. */
async function nextSecond(): Promise<number> {
  const ms = Math.floor(Date.now() / 1000) * 1000 + 1000;
  await waitFor('the next second', () => Date.now() >= ms);
  return ms;
}

async function afterAlarm(sensorId: number): Promise<number> {
  await bench.motion(sensorId);
  await bench.alarmOf(sensorId);
  return nextSecond();
}

/** As the browser, whose zone is UTC, takes it. */
const inputOf = (ms: number) => new Date(ms).toISOString().slice(0, 19);
const encoded = (query: string) => query.replaceAll(':', '%3A');

/** As the page gets it, the mark of its byte order too. */
async function textOf(path: string): Promise<string> {
  const answer = await fetch(`${bench.served.product.consoleUrl}${path}`);
  return Buffer.from(await answer.arrayBuffer()).toString('utf8');
}
