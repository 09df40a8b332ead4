import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Accounts } from '../../src/access/accounts.js';
import type { MapCell } from '../../src/projections/map-cell.js';
import { stopAll } from '../acceptance/child.js';
import { people } from '../support/accounts.js';
import { launchChromium, openPage } from './chromium.js';
import { ServedProduct } from './served-product.js';
import { CUSTOMERS, fillForScreenshots } from './screenshot-data.js';

/** Writes docs/screenshots from a run of the built product: `npm run screenshots`; `-- load history` writes those of some pages. */

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
/** Of WebP: text stays sharp at a third of a PNG's size. */
const QUALITY = 78;

/** Whose fullest cell is shown with its sensors. */
const ZONE = 'Mediterranean';

const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 860 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true };
const WALL: BrowserContextOptions = { viewport: { width: 1920, height: 1080 } };
/** What A4 has between its margins, at 96 dots per inch. */
const PAPER: BrowserContextOptions = { viewport: { width: 703, height: 1024 } };

interface Size {
  readonly name: string;
  readonly options: BrowserContextOptions;
  readonly isPaper?: boolean;
}
const bothLights = (name: string, options: BrowserContextOptions): readonly Size[] =>
  (['light', 'dark'] as const).map((colorScheme) => ({ name: `${name}-${colorScheme}`, options: { ...options, colorScheme } }));
const SIZES: readonly Size[] = [...bothLights('desktop', DESKTOP), ...bothLights('phone', PHONE)];
const PRINT: readonly Size[] = [{ name: 'print', options: { ...PAPER, colorScheme: 'dark' }, isPaper: true }];

interface Shot {
  readonly name: string;
  readonly path: string;
  /** There when the page has its data. */
  readonly waitFor: string;
  readonly sizes: readonly Size[];
  readonly prepare?: (page: Page) => Promise<void>;
  /** Without the header that pages have: nothing is told of the system's health. */
  readonly isBare?: boolean;
}

function shots({ smokeAlarm, asOf, cell }: { readonly smokeAlarm: string; readonly asOf: string; readonly cell: string }): readonly Shot[] {
  return [
    { name: 'overview', path: '/', waitFor: '.cell.is-active', sizes: [...SIZES, ...PRINT] },
    { name: 'cell', path: `/?zone=${ZONE}&cell=${cell}`, waitFor: '[data-testid=cell-sensors] a > .muted:not(:empty)', sizes: SIZES, prepare: showCell },
    { name: 'map-list', path: '/', waitFor: '.cell.is-active', sizes: SIZES, prepare: showList },
    { name: 'alarms', path: '/alarms', waitFor: '.standing-row .customer:not(:empty)', sizes: [...SIZES, ...PRINT] },
    { name: 'alarm', path: `/alarms/${smokeAlarm}`, waitFor: '[data-testid=mail]', sizes: SIZES },
    { name: 'sensor', path: '/sensors/1', waitFor: '[data-testid=sensor-alarms] li', sizes: SIZES },
    { name: 'history', path: '/history?last=hour', waitFor: '[data-testid=numbers] td', sizes: [...SIZES, ...PRINT] },
    { name: 'load', path: '/load', waitFor: '[data-testid=consoles] td', sizes: SIZES },
    { name: 'audit', path: `/audit?asOf=${asOf}`, waitFor: '[data-testid=open-then] li', sizes: SIZES },
    { name: 'audit-sensor', path: '/audit?sensor=1', waitFor: '[data-testid=state-changes]', sizes: SIZES },
    { name: 'system', path: '/system', waitFor: '[data-testid=dead-letters] tbody td', sizes: SIZES },
    { name: 'keyboard', path: '/alarms', waitFor: '.standing-row .customer:not(:empty)', sizes: SIZES, prepare: openSheet },
    { name: 'wall', path: '/wall', waitFor: '.cell.is-active', sizes: [...bothLights('screen', WALL), ...bothLights('phone', PHONE)] },
    { name: 'api-docs', path: '/api/docs', waitFor: 'article', sizes: SIZES, isBare: true },
  ];
}

const LOG_IN: Shot = { name: 'log-in', path: '/', waitFor: '[data-testid=log-in]', sizes: SIZES, isBare: true };

async function openSheet(page: Page): Promise<void> {
  await page.keyboard.press('?');
  await page.getByTestId('keyboard').waitFor();
}

async function showList(page: Page): Promise<void> {
  await page.getByTestId('as-list').click();
  await page.getByTestId('cell-table').scrollIntoViewIfNeeded();
}

async function showCell(page: Page): Promise<void> {
  await page.getByTestId('cell-sensors').scrollIntoViewIfNeeded();
}

async function take(browser: Browser, served: ServedProduct, { name, path, waitFor, sizes, prepare, isBare = false }: Shot): Promise<void> {
  for (const size of sizes) {
    const { page, context, faults } = await openPage(browser, `${served.product.consoleUrl}${path}`, { reducedMotion: 'reduce', ...size.options });
    await page.locator(waitFor).first().waitFor({ state: 'attached' });
    if (!isBare) await page.getByTestId('health').and(page.locator('.up, .degraded')).waitFor();
    await prepare?.(page);
    // As it is once somebody has touched it, who wants to hear alarms.
    await page.keyboard.press('Shift');
    if (size.isPaper === true) await page.emulateMedia({ media: 'print' });
    // What is drawn once the answers are in: charts, and the map in its final size.
    await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await writeFile(join(FOLDER, `${name}-${size.name}.webp`), await picture(page));
    if (name !== LOG_IN.name && faults.length > 0) throw new Error(`${name}-${size.name}: ${faults.join('; ')}`);
    await context.close();
  }
}

/** What the window shows; Playwright itself has no WebP. */
async function picture(page: Page): Promise<Buffer> {
  const debugging = await page.context().newCDPSession(page);
  const { data } = await debugging.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  return Buffer.from(data, 'base64');
}

async function main(wanted: readonly string[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const isWanted = ({ name }: Shot) => wanted.length === 0 || wanted.includes(name);
  const browser = await launchChromium();
  const users = mkdtempSync(join(tmpdir(), 'vigia-users-'));
  try {
    const served = await ServedProduct.start(CUSTOMERS);
    await fillForScreenshots(served);
    await served.writePastEndpoint('ENTRY', ['{"id": 21, "movement": "perhaps"}', 'not a reading']);
    await served.product.waitUntilSettled();
    const shelved = await served.product.list<{ sensorId: string; since: string }>('/api/shelved');
    const asOf = shelved.find(({ sensorId }) => sensorId === '1')?.since ?? '';
    const smoke = (await served.product.alarms()).find(({ type, status }) => type === 'smoke' && status === 'open');
    const { cells } = (await served.product.get(`/api/map?zone=${ZONE}&prefixLength=3`)) as { cells: MapCell[] };
    const [fullest] = cells.sort((a, b) => b.sensors - a.sensors);
    for (const shot of shots({ smokeAlarm: smoke?.alarmId ?? '', asOf, cell: fullest?.geohash ?? '' }).filter(isWanted)) await take(browser, served, shot);
    await served.stop();

    if (!isWanted(LOG_IN)) return;
    const accounts = new Accounts(join(users, 'users.json'));
    await accounts.save(await people());
    const guarded = await ServedProduct.start(10, { VIGIA_USERS_FILE: accounts.file });
    await take(browser, guarded, LOG_IN);
    await guarded.stop();
  } finally {
    await browser.close();
    await stopAll();
    await rm(users, { recursive: true });
  }
}

await main(process.argv.slice(2));
