import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { writeCustomersCsv } from '../../src/customers/csv-export.js';
import type { Customer } from '../../src/customers/customer.js';
import { waitFor } from '../support/wait-for.js';
import { cellOf, ConsoleBrowser, figure, rows } from './console-browser.js';

let bench: ConsoleBrowser;

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
});
afterAll(() => bench.stop());
afterEach(() => bench.clear());

describe('the list of open alarms', () => {
  it('gets an alarm without a reload, and loses it on recovery', async () => {
    const page = await bench.open();
    await page.evaluate('window.isSamePage = true');
    await bench.motion(21);
    const row = page.getByTestId('alarm-21-motion');
    await row.filter({ hasText: (await bench.customer(21)).dashboard }).waitFor();
    await row.locator('.email-icon.sent').waitFor();
    await title(page, '(1) Vigía');
    const { alarmId } = await bench.alarmOf(21);
    await bench.ok(21);
    await row.waitFor({ state: 'detached' });
    await page.getByText('No open alarms', { exact: true }).waitFor();
    // Nobody has acknowledged it yet.
    await title(page, '(1) Vigía');
    await bench.command(`/api/alarms/${alarmId}/acknowledge`, { operator: 'ana' });
    await title(page, 'Vigía');
    expect(await page.evaluate('window.isSamePage')).toBe(true);
  });

  it('has the newest first, and the rest on demand', async () => {
    const startMs = Date.now() - 40 * 60_000;
    const readings = Array.from({ length: 130 }, (_, index) => ({ id: 150 + index, movement: true, at: new Date(startMs + index * 15_000).toISOString() }));
    await bench.served.post('ENTRY', readings);
    await waitFor('the alarms', async () => (await bench.openAlarms()).length === readings.length);
    const page = await bench.open();
    const items = page.getByTestId('alarm-list').locator('li');
    expect(await items.count()).toBe(100);
    expect(await items.first().textContent()).toContain('Sensor 279');
    await page.getByRole('button', { name: /Show more.*100 of 130/ }).click();
    await items.nth(129).waitFor();
    expect(await items.last().textContent()).toContain('Sensor 150');
    await bench.motion(22);
    await items.first().filter({ hasText: 'Sensor 22' }).waitFor();
  });

  it('is filtered by type, zone and cell, also for alarms that come after', async () => {
    const [here, there] = await bench.customersOfTwoZones(91);
    await bench.motion(here.id, there.id);
    await bench.smoke(here.id);
    const all = [`${here.id}-motion`, `${here.id}-smoke`, `${there.id}-motion`];
    const page = await bench.open();
    await rows(page, all);

    const smoke = page.getByRole('button', { name: 'Smoke', exact: true });
    await smoke.click();
    await rows(page, [`${here.id}-smoke`]);
    await smoke.click();
    await rows(page, all);

    await page.getByTestId('zone').selectOption(there.dashboard);
    await rows(page, [`${there.id}-motion`]);
    const cells = await bench.cells(`prefixLength=3&zone=${there.dashboard}`);
    await waitFor('only the cells of the zone', async () => (await page.locator('.cell').count()) === cells.length);
    await bench.smoke(there.id);
    await bench.heat(here.id);
    await figure(page, 'open-total', '2');
    await rows(page, [`${there.id}-motion`, `${there.id}-smoke`]);
    await page.getByRole('button', { name: `${there.dashboard}: All zones` }).click();
    await rows(page, [...all, `${there.id}-smoke`, `${here.id}-temperature`]);

    await cellOf(page, here).click();
    await rows(page, [`${here.id}-motion`, `${here.id}-smoke`, `${here.id}-temperature`]);
    await bench.ok(here.id);
    await page.getByText('No open alarms with this filter').waitFor();
  });

  it('shows the alarms that the simulator makes', async () => {
    const page = await bench.open();
    await bench.served.command(
      'simulate', '--url', bench.served.product.ingestUrl, '--seed', '5', '--rate', '80', '--sensors', '140', '--abnormal', '0.2', '--recovery', '0',
      '--messages', '400', '--quiet', '--json', '-',
    );
    await bench.served.product.waitUntilSettled();
    const alarms = await bench.openAlarms();
    expect(alarms.length).toBeGreaterThan(20);
    await figure(page, 'open-total', String(alarms.length));
    await rows(page, alarms.map(({ sensorId, type }) => `${sensorId}-${type}`));
  });
});

describe('the details of an alarm', () => {
  it('show its evidence, its state as it changes, and its e-mail', async () => {
    await bench.heat(41);
    const page = await bench.open();
    await page.getByTestId('alarm-41-temperature').click();
    const details = page.getByTestId('details');
    await details.locator('.state.open').waitFor();
    const evidence = details.locator('tbody tr');
    expect(await evidence.count()).toBe(3);
    expect(await evidence.nth(1).textContent()).toContain('32.5 °C (max. 30)');
    expect(await evidence.nth(1).locator('.is-abnormal').count()).toBe(1);
    await details.locator('.record').getByText('Sent 1').waitFor();
    const mail = details.getByTestId('mail');
    const { name, surname, streetaddress } = await bench.customer(41);
    for (const text of [name, surname, streetaddress]) await mail.filter({ hasText: text }).waitFor();
    await bench.ok(41);
    await details.locator('.state.recovered').waitFor();
    await details.getByRole('button', { name: 'Close' }).click();
    await details.waitFor({ state: 'detached' });
  });

  it('are where the link in the e-mail leads', async () => {
    await bench.motion(43);
    await waitFor('its e-mail', async () => (await bench.alarmOf(43)).email === 'sent');
    const alarm = await bench.alarmOf(43);
    const { text } = (await bench.served.product.get(`/api/mailbox/${alarm.alarmId}.eml`)) as { text: string };
    const page = await bench.open();
    await page.goto(/http:\S+/.exec(text)?.[0] ?? '');
    const details = page.getByTestId('details');
    await details.locator('code').filter({ hasText: alarm.alarmId }).waitFor();
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await page.waitForURL(`${bench.served.product.consoleUrl}/`);
    await page.getByTestId('alarm-43-motion').click();
    await page.waitForURL(`**/alarms/${alarm.alarmId}`);
  });

  it('show markup in a customer’s data as text', async () => {
    const hostile = {
      ...(await bench.customer(42)),
      name: '<img src=x onerror="window.isHacked=true">',
      surname: '</pre><script>window.isHacked=true</script>',
      city: '<svg onload=window.isHacked=true>',
    };
    const file = join(bench.served.dir, 'hostile.csv');
    await writeCustomersCsv(file, one(hostile));
    await bench.served.command('customers', 'import', file);
    await bench.motion(42);
    const page = await bench.open();
    await page.getByTestId('alarm-42-motion').locator('.email-icon.sent').waitFor();
    await page.getByTestId('alarm-42-motion').click();
    const mail = page.getByTestId('mail');
    await mail.waitFor();
    for (const text of [hostile.name, hostile.surname, hostile.city]) expect(await mail.textContent()).toContain(text);
    expect(await page.locator('img, body script').count()).toBe(0);
    // And if it ever became markup, nothing in it would run, be loaded, or be sent to another server.
    const other = bench.served.product.ingestUrl;
    expect(await page.evaluate<Record<string, string>>(inject(other))).toEqual({
      'script-src-elem': 'inline',
      'script-src-attr': 'inline',
      'style-src-attr': 'inline',
      'connect-src': other,
      'img-src': other,
      'frame-src': other,
      'form-action': other,
      'base-uri': other,
    });
    expect(await page.evaluate('window.isHacked')).toBeUndefined();
    bench.forgive('Content Security Policy');
  });
});

/** Puts into the page what hostile markup could have; gives what the page's policy refused of it, within some seconds. */
const inject = (other: string) => `new Promise((done) => {
  const refused = {};
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    refused[effectiveDirective] = blockedURI === 'inline' ? blockedURI : new URL(blockedURI).origin;
    if (Object.keys(refused).length === 8) done(refused);
  });
  document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.isHacked = true' }));
  document.body.insertAdjacentHTML('beforeend', '<p id="injected" onclick="window.isHacked = true" style="color: red"></p><img src="${other}/image"><iframe src="${other}/frame"></iframe><form id="injected-form" action="${other}/form"></form>');
  document.getElementById('injected').click();
  document.getElementById('injected-form').submit();
  document.head.append(Object.assign(document.createElement('base'), { href: '${other}/base' }));
  fetch('${other}/fetch').catch(() => undefined);
  setTimeout(() => done(refused), 5000);
})`;

async function title(page: Page, expected: string): Promise<void> {
  await waitFor(`the title ${expected}`, async () => (await page.title()) === expected);
}

async function* one(customer: Customer): AsyncGenerator<readonly Customer[]> {
  yield [customer];
}
