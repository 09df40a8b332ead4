import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { Random } from '../../src/cli/simulator/random.js';
import { stopAll } from '../acceptance/child.js';
import { launchChromium, openPage } from './chromium.js';
import { ServedProduct, type PostedReading } from './served-product.js';

/** Writes docs/screenshots from a run of the built product: `npm run screenshots`. */

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

async function main(): Promise<void> {
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
    for (const { name, options } of SHOTS) {
      const { page, context, faults } = await openPage(browser, served.product.consoleUrl, options);
      await page.locator('.cell.is-active').first().waitFor();
      await page.getByTestId('alarm-list').waitFor();
      await page.getByTestId('health').and(page.locator('.up')).waitFor();
      await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled', fullPage: name.startsWith('phone') });
      if (faults.length > 0) throw new Error(`${name}: ${faults.join('; ')}`);
      await context.close();
    }
  } finally {
    await browser.close();
    await served.stop();
    await stopAll();
  }
}

await main();
