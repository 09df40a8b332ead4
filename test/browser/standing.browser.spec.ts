import type { Locator, Page } from 'playwright-core';
import type { Customer } from '../../src/customers/customer.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { ConsoleBrowser, DESKTOP, hasFocus, overflowPx, PHONE } from './console-browser.js';
import { LISTEN } from './listen.js';

const HOUR_MS = 3_600_000;

let bench: ConsoleBrowser;

beforeAll(async () => {
  bench = await ConsoleBrowser.start({ VIGIA_LONGEST_SHELVING_HOURS: '5' });
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

const row = (page: Page, id: number, type = 'motion') => page.getByTestId(`standing-${id}-${type}`);
const inGroup = (page: Page, group: 'unacknowledged' | 'acknowledged', id: number) => page.getByTestId(group).getByTestId(`standing-${id}-motion`);
const ask = (page: Page) => page.getByTestId('ask');

async function confirm(page: Page, note?: string): Promise<void> {
  await ask(page).getByTestId('operator').fill('ana');
  if (note !== undefined) await ask(page).getByTestId('note').fill(note);
  await ask(page).locator('button[type=submit]').click();
}

/** The sensors of the rows from top to bottom. */
async function order(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('.standing-row')].map((row) => row.dataset.testid.split('-')[1])`);
}

describe('the page of standing alarms', () => {
  it('lists what nobody has acknowledged first, with customer, zone and e-mail, also after recovery', async () => {
    const page = await bench.openAlarmsPage();
    await page.getByText('Nothing to acknowledge').waitFor();
    await bench.motion(21);
    const { name, surname, dashboard } = await bench.customer(21);
    for (const text of [`${name} ${surname}`, dashboard, 'Sent', 'Open', /\d+\s?s(ec)? ago/]) await inGroup(page, 'unacknowledged', 21).filter({ hasText: text }).waitFor();
    await page.getByTestId('unacknowledged-badge').filter({ hasText: '1' }).waitFor();
    await bench.motion(22);
    await bench.command(`/api/alarms/${(await bench.alarmOf(22)).alarmId}/acknowledge`, { operator: 'eva' });
    await inGroup(page, 'acknowledged', 22).filter({ hasText: 'by eva' }).waitFor();
    await bench.ok(21, 22);
    await inGroup(page, 'unacknowledged', 21).filter({ hasText: 'Recovered' }).waitFor();
    await row(page, 22).waitFor({ state: 'detached' });
    await row(page, 21).getByRole('button', { name: 'Acknowledge Motion, sensor 21' }).click();
    await confirm(page);
    await row(page, 21).waitFor({ state: 'detached' });
    await page.getByText('Nothing to acknowledge').waitFor();
  });

  it('acknowledges many at once, with a note that their details show', async () => {
    await bench.motion(31, 32, 33);
    const page = await bench.openAlarmsPage();
    for (const id of [31, 32, 33]) await row(page, id).waitFor();
    await page.getByRole('checkbox', { name: 'Select all: Unacknowledged' }).check();
    await row(page, 32).getByRole('checkbox').uncheck();
    await page.getByTestId('chosen').filter({ hasText: '2 selected' }).waitFor();
    await page.getByTestId('acknowledge-chosen').click();
    await confirm(page, 'I <b>call</b> them');
    await page.getByRole('status').filter({ hasText: '2 alarms acknowledged' }).waitFor();
    for (const id of [31, 33]) await inGroup(page, 'acknowledged', id).filter({ hasText: 'by ana' }).waitFor();
    await inGroup(page, 'unacknowledged', 32).waitFor();
    await row(page, 31).getByRole('button', { name: 'Show Motion, sensor 31' }).click();
    await page.getByTestId('operators').filter({ hasText: 'I <b>call</b> them' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL('**/alarms');
  });

  it('does nothing about an alarm that changed since it was seen, says so, and does it when asked again', async () => {
    await bench.motion(41, 42);
    const page = await bench.openAlarmsPage();
    for (const id of [41, 42]) await row(page, id).getByRole('checkbox').check();
    await page.getByTestId('acknowledge-chosen').click();
    await bench.ok(41);
    await row(page, 41).filter({ hasText: 'Recovered' }).waitFor();
    await confirm(page);
    const alert = ask(page).getByRole('alert');
    await alert.filter({ hasText: 'One has changed since you saw it' }).filter({ hasText: 'sensor 41 · recovered · not acknowledged' }).waitFor();
    await inGroup(page, 'acknowledged', 42).waitFor();
    await inGroup(page, 'unacknowledged', 41).waitFor();
    await ask(page).getByRole('button', { name: 'Do it all the same' }).click();
    await row(page, 41).waitFor({ state: 'detached' });
    bench.forgive('412');
  });

  it('shelves a sensor, shows it as long as that lasts, and ends it by hand', async () => {
    await bench.motion(51);
    const page = await bench.openAlarmsPage();
    await row(page, 51).getByRole('button', { name: 'Shelve sensor 51' }).click();
    await ask(page).getByTestId('reason').selectOption('faulty');
    // Twelve hours would be longer than is allowed here, and so would be a fixed time of tomorrow.
    const until = ask(page).getByTestId('until');
    expect(await until.locator('option').allTextContents()).toEqual(['30 minutes', '1 hour', '4 hours', 'A fixed time…']);
    await until.selectOption('');
    const fixed = ask(page).getByTestId('until-time');
    const isValid = async (hours: number) => {
      await fixed.fill(new Date(Date.now() + hours * HOUR_MS).toISOString().slice(0, 16));
      return fixed.evaluate((input: { checkValidity(): boolean }) => input.checkValidity());
    };
    expect([await isValid(6), await isValid(4), await isValid(-1)]).toEqual([false, true, false]);
    await until.selectOption('240');
    await confirm(page, 'the cover is broken');
    const shelved = page.getByTestId('shelved-51');
    for (const text of ['Faulty', 'by ana', 'the cover is broken', 'ends in 3 hr']) await shelved.filter({ hasText: text }).waitFor();
    await page.getByRole('link', { name: '1 shelved' }).waitFor();
    await bench.smoke(51);
    await row(page, 51, 'smoke').filter({ hasText: 'Held' }).waitFor();
    await shelved.filter({ hasText: '1 alarm meanwhile' }).waitFor();
    await shelved.getByRole('button', { name: 'Unshelve: sensor 51' }).click();
    await ask(page).getByRole('listitem').filter({ hasText: '(ana)' }).waitFor();
    await bench.command('/api/sensors/51/shelve', { operator: 'eva', reason: 'test', until: new Date(Date.now() + 600_000).toISOString() });
    await shelved.filter({ hasText: 'by eva' }).waitFor();
    await confirm(page);
    await ask(page).getByRole('alert').filter({ hasText: '(eva)' }).waitFor();
    await ask(page).getByRole('button', { name: 'Do it all the same' }).click();
    await shelved.waitFor({ state: 'detached' });
    await row(page, 51, 'smoke').filter({ hasText: 'Sent' }).waitFor();
    bench.forgive('412');
  });

  it('is filtered by type, zone, state, e-mail and sensor, and sorted', async () => {
    const [here, there] = await bench.customersOfTwoZones(61);
    const [first, second, third] = [here.id, there.id, there.id + 1];
    const zoneOf = async (id: number) => (await bench.customer(id)).dashboard;
    await bench.motion(first);
    await bench.alarmOf(first);
    await bench.motion(second, third);
    const page = await bench.openAlarmsPage();
    const shows = (...ids: readonly number[]) => waitFor(`the rows ${ids.join()}`, async () => (await order(page)).join() === ids.join());
    await waitFor('three rows', async () => (await order(page)).length === 3);
    await page.getByRole('button', { name: 'Since' }).click();
    await waitFor('the oldest first', async () => (await order(page))[0] === String(first));
    await page.getByRole('button', { name: 'Sensor', exact: true }).click();
    await shows(first, second, third);
    await page.getByRole('button', { name: 'Sensor', exact: true }).click();
    await shows(third, second, first);
    await page.getByTestId('filter-sensor').fill(String(second));
    await shows(second);
    await page.getByRole('button', { name: 'Remove filters' }).click();
    await page.getByTestId('filter-type').selectOption('smoke');
    await shows();
    await page.getByTestId('filter-type').selectOption('motion');
    await page.getByTestId('filter-zone').selectOption(here.dashboard);
    await shows(...((await zoneOf(third)) === here.dashboard ? [third, first] : [first]));
    await page.getByTestId('filter-zone').selectOption(there.dashboard);
    await shows(...((await zoneOf(third)) === there.dashboard ? [third, second] : [second]));
    await page.getByRole('button', { name: 'Remove filters' }).click();
    await bench.ok(third);
    await page.getByTestId('filter-status').selectOption('recovered');
    await shows(third);
    await page.getByTestId('filter-email').selectOption('held');
    await shows();
    // The address holds what is chosen, and the page's own link leads to all again.
    await page.waitForURL('**/alarms?status=recovered&email=held&sort=-sensor');
    await page.reload();
    // Nothing that is shown is no calm.
    await page.getByText('None with these filters').first().waitFor();
    expect(await page.getByText('Nothing to acknowledge').count()).toBe(0);
    expect(await page.getByTestId('filter-email').inputValue()).toBe('held');
    await page.getByRole('navigation').getByRole('link', { name: 'Alarms' }).click();
    await page.waitForURL('**/alarms');
    await waitFor('three rows', async () => (await order(page)).length === 3);
    expect(await page.getByTestId('filter-email').inputValue()).toBe('');
  });

  it('is come back to, with what was chosen, from the sensor of an alarm whose details were shown', async () => {
    await bench.motion(66);
    const page = await bench.openAlarmsPage();
    await row(page, 66).waitFor();
    await page.getByTestId('filter-sensor').fill('66');
    await page.waitForURL('**/alarms?sensor=66');
    await row(page, 66).getByRole('button', { name: 'Show Motion, sensor 66' }).click();
    await page.getByTestId('details').getByRole('link', { name: '66', exact: true }).click();
    await page.getByRole('heading', { name: 'Sensor 66' }).waitFor();
    await page.goBack();
    await row(page, 66).waitFor();
    await page.waitForURL('**/alarms?sensor=66');
    expect(await page.getByTestId('filter-sensor').inputValue()).toBe('66');
    expect(await page.getByTestId('details').count()).toBe(0);
  });

  it('is worked by keyboard alone, and single keys can be turned off', async () => {
    await bench.motion(71);
    await bench.alarmOf(71);
    await bench.motion(72);
    await bench.alarmOf(72);
    const page = await bench.openAlarmsPage();
    const box = (id: number): Locator => row(page, id).getByRole('checkbox');
    await box(71).waitFor();
    await page.keyboard.press('j');
    expect(await hasFocus(box(72))).toBe(true);
    await page.keyboard.press('ArrowDown');
    expect(await hasFocus(box(71))).toBe(true);
    await page.keyboard.press('x');
    await page.keyboard.press('k');
    await page.keyboard.press('Shift+X');
    await page.getByTestId('chosen').filter({ hasText: '2 selected' }).waitFor();
    await page.keyboard.press('a');
    await ask(page).getByTestId('operator').fill('ana');
    await page.keyboard.press('Enter');
    for (const id of [71, 72]) await inGroup(page, 'acknowledged', id).waitFor();
    // Keys mean nothing to the list as long as a dialog is there.
    await ask(page).waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    const sheet = page.getByTestId('keyboard');
    await sheet.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await box(71).focus();
    // The dialog of the first would come late, the sheet of the second at once.
    await page.keyboard.press('s');
    await page.keyboard.press('?');
    expect([await ask(page).count(), await sheet.count()]).toEqual([0, 0]);
  });

  it('sounds once for a new alarm, not for one of a shelved sensor, and not when muted, which a reload does not end', async () => {
    const page = await bench.openAlarmsPage();
    await page.addInitScript(LISTEN);
    await page.reload();
    const bell = page.getByRole('button', { name: 'Alarm sound' });
    const isOn = (pressed: boolean) => page.getByRole('button', { name: 'Alarm sound', pressed }).waitFor();
    /** The tones that have begun when the page has been told of an alarm and has done what it does about it. */
    const tonesAfter = async (sensorId: number) => {
      await bench.motion(sensorId);
      await waitFor(`word of sensor ${sensorId}`, () => page.evaluate<boolean>(`window.told.includes('${sensorId}')`));
      return page.evaluate<number>('window.tones');
    };
    const isLive = () => page.locator('[data-testid=live].live').waitFor();
    await isLive();
    // To open the sound holds a page up, so no touch waits for it; and a browser lets a page sound that somebody has touched.
    await waitFor('the sound', () => page.evaluate<boolean>('window.opened === 1'));
    // Until then the bell says that nothing would be heard.
    const says = (text: string) => waitFor(text, async () => (await bell.getAttribute('title')) === text);
    await says('A new alarm sounds once this page has been touched: the browser allows it no sooner');
    await page.getByRole('heading', { name: 'Standing alarms' }).click();
    await says('A new alarm sounds');
    await bell.click();
    await isOn(false);
    await says('New alarms do not sound');
    expect(await tonesAfter(81)).toBe(0);
    await page.reload();
    await isLive();
    await isOn(false);
    await page.getByRole('heading', { name: 'Standing alarms' }).click();
    expect(await tonesAfter(82)).toBe(0);
    await bell.click();
    await isOn(true);
    await bench.command('/api/sensors/83/shelve', { operator: 'eva', reason: 'test', until: new Date(Date.now() + 600_000).toISOString() });
    expect(await tonesAfter(83)).toBe(0);
    await row(page, 83).filter({ hasText: 'Held' }).waitFor();
    // Two tones, one after the other, that are to be heard.
    expect(await tonesAfter(84)).toBe(2);
    expect(await page.evaluate<string>('window.context.state')).toBe('running');
    await waitFor('the title', async () => (await page.title()) === '(4) Vigía');
    await page.reload();
    await isLive();
    await isOn(true);
    await bench.command('/api/sensors/83/unshelve', { operator: 'eva' });
  });

  it('is accessible in light and dark, with its dialogs, and shows a hostile name as text', async () => {
    const hostile: Customer = { ...(await bench.customer(91)), name: '<img src=x onerror="window.isHacked=true">', surname: '=cmd()' };
    await bench.saveCustomer(hostile);
    await bench.motion(91, 92);
    await bench.command(`/api/alarms/${(await bench.alarmOf(92)).alarmId}/acknowledge`, { operator: 'eva' });
    await bench.command('/api/sensors/91/shelve', { operator: 'eva', reason: 'test', until: new Date(Date.now() + 600_000).toISOString(), note: '<img src=x onerror="window.isHacked=true">' });
    const page = await bench.openAlarmsPage();
    await row(page, 91).filter({ hasText: `${hostile.name} ${hostile.surname}` }).waitFor();
    await row(page, 92).filter({ hasText: 'by eva' }).waitFor();
    await page.getByTestId('shelved-91').filter({ hasText: hostile.name }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.evaluate('window.isHacked')).toBeUndefined();
    await expectAccessible(page);
    await row(page, 91).getByRole('checkbox').check();
    await page.getByTestId('acknowledge-chosen').click();
    await ask(page).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await ask(page).waitFor({ state: 'detached' });
    await page.getByTestId('shelve-chosen').click();
    await ask(page).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await bench.command('/api/sensors/91/unshelve', { operator: 'eva' });
  });

  it('fits a phone, and speaks Spanish', async () => {
    await bench.motion(95);
    const page = await bench.openAlarmsPage({ ...PHONE, locale: 'es-ES' });
    await row(page, 95).filter({ hasText: 'Movimiento' }).waitFor();
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await row(page, 95).getByRole('checkbox').check();
    await page.getByTestId('acknowledge-chosen').click();
    await ask(page).waitFor();
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await confirm(page);
    await inGroup(page, 'acknowledged', 95).waitFor();
    await ask(page).waitFor({ state: 'detached' });
    await expectAccessible(page);
  });

  it('keeps the overview accessible too', async () => {
    await bench.motion(97);
    const page = await bench.open(DESKTOP);
    await page.getByTestId('alarm-97-motion').waitFor();
    await expectAccessible(page);
    await page.getByTestId('alarm-97-motion').click();
    await page.getByTestId('details').locator('tbody').waitFor();
    await expectAccessible(page);
  });
});
