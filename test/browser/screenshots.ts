import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { Random } from '../../src/cli/simulator/random.js';
import { stopAll } from '../acceptance/child.js';
import { launchChromium, openPage } from './chromium.js';
import { ServedProduct, type PostedReading } from './served-product.js';

/** Writes docs/screenshots from a run of the built product: `npm run screenshots`; `-- load history` writes those of some pages. */

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screenshots');

const CUSTOMERS = 50_000;
const ALARMS = 620;
const MINUTES = 58;

const DESKTOP = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true };

const SHOTS: readonly { readonly name: string; readonly options: BrowserContextOptions }[] = [
  { name: 'desktop-light', options: { ...DESKTOP, colorScheme: 'light' } },
  { name: 'desktop-dark', options: { ...DESKTOP, colorScheme: 'dark' } },
  { name: 'phone-light', options: { ...PHONE, colorScheme: 'light' } },
  { name: 'phone-dark', options: { ...PHONE, colorScheme: 'dark' } },
];

/** The overview's have no name of their own: README shows them. `waitFor` is there when the page has its data. */
const PAGES: readonly { readonly name: string; readonly path: string; readonly waitFor: string }[] = [
  { name: '', path: '/', waitFor: '.cell.is-active' },
  { name: 'alarms-', path: '/alarms', waitFor: '.standing-row .customer:not(:empty)' },
  { name: 'sensor-', path: '/sensors/1', waitFor: '[data-testid=sensor-alarms] li' },
  { name: 'history-', path: '/history?last=hour', waitFor: '[data-testid=numbers] td' },
  { name: 'load-', path: '/load', waitFor: '[data-testid=consoles] td' },
  { name: 'system-', path: '/system', waitFor: '[data-testid=health-table] td' },
];

/** What leads to the alarms of the last hour, the oldest first, each of another sensor. */
function alarmReadings(random: Random, nowMs: number): PostedReading[] {
  const ages = Array.from({ length: ALARMS }, () => Math.floor(random.fraction() * MINUTES * 60_000)).sort((a, b) => b - a);
  return ages.flatMap((ageMs, index): PostedReading[] => {
    const id = 1 + ((index * 7919) % CUSTOMERS);
    const at = new Date(nowMs - ageMs).toISOString();
    const kind = random.fraction();
    if (kind < 0.5) return [{ id, movement: true, at }];
    const strike = kind < 0.78 ? { id, smoke: true, at } : { id, temperature: 31 + random.integer(0, 300) / 10, at };
    return [strike, strike, strike];
  });
}

/** What operators did: most alarms are acknowledged, two sensors shelved, one of which has a story. */
async function operate(served: ServedProduct): Promise<void> {
  const { product } = served;
  const command = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json', 'If-Match': '*' };
    const answer = await fetch(`${product.consoleUrl}/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const until = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const alarms = await product.alarms();
  for (const { alarmId } of alarms.slice(24)) await command(`alarms/${alarmId}/acknowledge`, { operator: 'ana' });
  for (const { alarmId } of alarms.slice(3, 7)) await command(`alarms/${alarmId}/acknowledge`, { operator: 'eva' });
  await command('sensors/1/shelve', { operator: 'eva', reason: 'faulty', until: until(3), note: 'The cover is broken; a technician comes at noon.' });
  await command('sensors/7920/shelve', { operator: 'ana', reason: 'maintenance', until: until(1) });
  await served.post('ENTRY', [{ id: 1, movement: true }, { id: 1, temperature: 41 }]);
}

async function main(wanted: readonly string[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const random = Random.seeded('screenshots');
  const served = await ServedProduct.start(CUSTOMERS);
  const browser = await launchChromium();
  try {
    const readings = alarmReadings(random, Date.now() - 2000);
    await served.post('ENTRY', readings);
    const ids = [...new Set(readings.map(({ id }) => id))];
    await served.post('OK', ids.filter(() => random.fraction() < 0.35).map((id) => ({ id })));
    await served.product.waitUntilSettled();
    await operate(served);
    await served.product.waitUntilSettled();
    for (const { name: prefix, path, waitFor } of PAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name.slice(0, -1)))) {
      for (const { name, options } of SHOTS) {
        const { page, context, faults } = await openPage(browser, `${served.product.consoleUrl}${path}`, options);
        await page.locator(waitFor).first().waitFor();
        await page.getByTestId('health').and(page.locator('.up')).waitFor();
        const isWhole = name.startsWith('phone') && (prefix === '' || prefix === 'sensor-');
        await page.screenshot({ path: join(FOLDER, `${prefix}${name}.png`), animations: 'disabled', fullPage: isWhole });
        if (faults.length > 0) throw new Error(`${prefix}${name}: ${faults.join('; ')}`);
        await context.close();
      }
    }
  } finally {
    await browser.close();
    await served.stop();
    await stopAll();
  }
}

await main(process.argv.slice(2));
