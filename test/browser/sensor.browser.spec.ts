import type { Page } from 'playwright-core';
import type { Customer } from '../../src/customers/customer.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { ConsoleBrowser, DESKTOP, overflowPx, PHONE } from './console-browser.js';

let bench: ConsoleBrowser;

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

const states = (page: Page, text: string) => page.getByTestId('sensor-states').filter({ hasText: text }).waitFor();
const spans = (page: Page, lane: string) => page.locator(`.span.${lane}`).count();
const history = (page: Page): Promise<readonly string[]> => page.getByTestId('history').locator('b').allTextContents();

describe('the page of a sensor', () => {
  it('shows whose it is, its strikes, states, alarms and history, as they come', async () => {
    const { name, surname, telephonenumber, streetaddress } = await bench.customer(21);
    const page = await bench.openAt('/sensors/21', '[data-testid=customer]');
    for (const text of [name, surname, telephonenumber, streetaddress]) await page.getByTestId('customer').filter({ hasText: text }).waitFor();
    await states(page, 'Calm');
    await page.getByText('This sensor never gave an alarm.').waitFor();
    await page.getByTestId('chatter').filter({ hasText: 'None' }).waitFor();
    await bench.served.post('ENTRY', [{ id: 21, smoke: true }, { id: 21, smoke: true }, { id: 21, movement: true }]);
    await states(page, 'In alarm');
    await page.getByTestId('strikes').filter({ hasText: 'Smoke 2' }).waitFor();
    expect(await page.getByTestId('strikes').locator('tbody tr').count()).toBe(2);
    expect([await spans(page, 'motion'), await spans(page, 'smoke'), await page.locator('.strike.smoke').count()]).toEqual([1, 0, 2]);

    await bench.served.post('ENTRY', [{ id: 21, smoke: true }]);
    const alarm = page.getByTestId('sensor-alarms').locator('li').filter({ hasText: 'Smoke' });
    await alarm.waitFor();
    await bench.ok(21);
    await alarm.filter({ hasText: 'Recovered' }).filter({ hasText: 'lasted' }).waitFor();
    await states(page, 'Calm');
    await waitFor('both alarms on the time-line', async () => (await spans(page, 'motion')) === 1 && (await spans(page, 'smoke')) === 1);
    const events = await history(page);
    expect([...events].sort()).toEqual(['Alarm recovered', 'Alarm recovered', 'Alarm triggered', 'Alarm triggered', 'Strike', 'Strike', 'Strike']);
    expect(events.at(-1)).toBe('Strike');
  });

  it('has times under its states that neither touch nor are cut off', async () => {
    await bench.motion(25);
    await bench.ok(25);
    for (const options of [DESKTOP, PHONE]) {
      const page = await bench.openAt('/sensors/25', '.time-line .tick', options);
      await page.getByRole('combobox', { name: 'Range' }).selectOption('week');
      await page.locator('.time-line .tick').filter({ hasText: /[A-Z]/ }).first().waitFor();
      const times = await page.locator('.time-line .tick').evaluateAll((all) => (all as { getBoundingClientRect: () => { left: number; right: number } }[]).map((tick) => tick.getBoundingClientRect()).map(({ left, right }) => ({ left, right })));
      expect(times.length).toBeGreaterThanOrEqual(2);
      const box = await page.locator('.time-line svg').boundingBox();
      const ends = [...times, { left: (box?.x ?? 0) + (box?.width ?? 0), right: 0 }].map(({ left }) => left);
      for (const [index, { right }] of times.entries()) expect(right).toBeLessThan(ends[index + 1] as number);
    }
  });

  it('leads to an alarm’s evidence with the reading that completed it, its e-mail, and notes, which can be written there', async () => {
    await bench.heat(31, [31, 32, 33.5]);
    await bench.alarmOf(31);
    const page = await bench.openAt('/sensors/31', '[data-testid=sensor-alarms]');
    await page.getByTestId('sensor-alarms').getByRole('button', { name: 'Show Temperature' }).click();
    const details = page.getByTestId('details');
    const completing = details.locator('.is-completing');
    await completing.waitFor();
    expect(await completing.textContent()).toContain('33.5 °C');
    await details.getByTestId('mail').waitFor();
    await details.getByRole('button', { name: 'Write a note' }).click();
    await page.getByTestId('ask').waitFor();
    await expectAccessible(page);
    await page.getByTestId('note').fill('The oven, they say');
    await page.getByTestId('operator').fill('ana');
    await page.getByTestId('ask').locator('button[type=submit]').click();
    await details.getByTestId('operators').filter({ hasText: 'The oven, they say' }).waitFor();
    await details.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByTestId('ask').locator('button[type=submit]').click();
    await details.getByTestId('operators').filter({ hasText: 'Acknowledged by ana' }).waitFor();
    await details.getByRole('button', { name: 'Close' }).click();
    await page.waitForURL('**/sensors/31');
    await page.getByTestId('sensor-alarms').filter({ hasText: 'acknowledged by ana · 1 note' }).waitFor();
  });

  it('shelves and unshelves it', async () => {
    const page = await bench.openAt('/sensors/41', '[data-testid=shelving]');
    await page.getByRole('button', { name: 'Shelve sensor' }).click();
    await page.getByTestId('operator').fill('eva');
    await page.getByTestId('note').fill('painters');
    await page.getByTestId('ask').locator('button[type=submit]').click();
    for (const text of ['Maintenance · eva', 'painters']) await page.getByTestId('shelving').filter({ hasText: text }).waitFor();
    await states(page, 'Shelved');
    await waitFor('the shelving on the time-line', async () => (await spans(page, 'shelved')) === 1);
    await page.getByRole('button', { name: 'Unshelve' }).click();
    await page.getByTestId('ask').waitFor();
    await expectAccessible(page);
    await page.getByTestId('ask').locator('button[type=submit]').click();
    await page.getByTestId('shelving').filter({ hasText: 'Not shelved.' }).waitFor();
    // Its events are read beside how it is now, and may be those of a moment before.
    await waitFor('both events', async () => (await history(page)).join() === 'Sensor unshelved,Sensor shelved');
  });

  it('says when nothing is known of a sensor, and is come to and left by links', async () => {
    await bench.motion(900_051);
    const page = await bench.openAlarmsPage();
    await page.getByTestId('standing-900051-motion').getByRole('link', { name: '900051' }).click();
    await page.waitForURL('**/sensors/900051');
    await page.getByText('This sensor has no customer.').waitFor();
    await page.goBack();
    await page.getByTestId('standing-900051-motion').waitFor();
    const unknown = await bench.openAt('/sensors/900052', 'main .empty');
    await unknown.getByText('Nothing is known of sensor 900052').waitFor();
    // It asks again and again.
    await unknown.context().close();
    bench.forgive('404');
  });

  it('is accessible, fits a phone, and shows hostile data as text', async () => {
    const hostile: Customer = { ...(await bench.customer(61)), name: '<img src=x onerror="window.isHacked=true">', company: '</dd><script>window.isHacked=true</script>' };
    await bench.saveCustomer(hostile);
    await bench.smoke(61);
    await bench.motion(61);
    await bench.alarmOf(61);
    await bench.served.post('ENTRY', [{ id: 61, temperature: 40 }]);
    const page = await bench.openAt('/sensors/61', '[data-testid=strikes] tbody', { ...PHONE, locale: 'es-ES' });
    for (const text of [hostile.name, hostile.company]) await page.getByTestId('customer').filter({ hasText: text }).waitFor();
    expect(await page.locator('main img, body script').count()).toBe(0);
    expect(await page.evaluate('window.isHacked')).toBeUndefined();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
  });
});
