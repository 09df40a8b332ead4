import { isDeepStrictEqual } from 'node:util';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { AlarmType } from '../../src/alarm-domain/reading.js';
import type { Customer } from '../../src/customers/customer.js';
import type { MapCell } from '../../src/projections/map-cell.js';
import type { ApiAlarm } from '../acceptance/product.js';
import { waitFor } from '../support/wait-for.js';
import type { BeforeStart } from './before-start.js';
import { launchChromium, openPage, type WatchedPage } from './chromium.js';
import { ServedProduct } from './served-product.js';

export const CUSTOMERS = 300;

export const DESKTOP = { viewport: { width: 1280, height: 860 } };
export const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** The console in real Chromium, over the built product with real readings: all that a browser spec needs. */
export class ConsoleBrowser {
  private watched: WatchedPage[] = [];

  private constructor(
    readonly served: ServedProduct,
    private readonly browser: Browser,
  ) {}

  static async start(settings: Readonly<Record<string, string>> = {}, customers = CUSTOMERS, before?: BeforeStart): Promise<ConsoleBrowser> {
    return new ConsoleBrowser(await ServedProduct.start(customers, settings, before), await launchChromium());
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.served.stop();
  }

  /** The page once it is live and has its first data. */
  async open(options: BrowserContextOptions = DESKTOP): Promise<Page> {
    const page = await this.openAt('/', '.cell', options);
    for (const shown of ['.alarms .count', '[data-testid=hour-total] strong']) await page.locator(shown).filter({ hasText: /\d/ }).waitFor();
    return page;
  }

  /** Any page once it is live and has an element. */
  async openAt(path: string, selector: string, options: BrowserContextOptions = DESKTOP): Promise<Page> {
    const watched = await openPage(this.browser, `${this.served.product.consoleUrl}${path}`, options);
    this.watched.push(watched);
    await watched.page.locator('[data-testid=live].live').waitFor();
    await watched.page.locator(selector).first().waitFor();
    return watched.page;
  }

  /** The page of standing alarms, once it has its first data. */
  async openAlarmsPage(options: BrowserContextOptions = DESKTOP): Promise<Page> {
    const page = await this.openAt('/alarms', '[data-testid=standing]', options);
    await page.getByTestId('shelved').locator('.count').filter({ hasText: /\d/ }).waitFor();
    return page;
  }

  /** Takes out the faults that a page had because of what a test is about: `net::ERR_` when nobody answered, `412` for a stale command. */
  forgive(what: string): void {
    for (const { faults } of this.watched) faults.splice(0, faults.length, ...faults.filter((fault) => !fault.includes(what)));
  }

  /** Closes the pages, recovers every open alarm and acknowledges all. Thrown: by an expectation, when a page had a fault. */
  async clear(): Promise<void> {
    const faults = this.watched.flatMap((page) => page.faults);
    await Promise.all(this.watched.map(({ context }) => context.close()));
    this.watched = [];
    await this.ok(...new Set((await this.openAlarms()).map(({ sensorId }) => Number(sensorId))));
    await waitFor('the end of all alarms', async () => (await this.openAlarms()).length === 0);
    const unseen = await this.served.product.list<ApiAlarm>('/api/alarms?acknowledged=no');
    await Promise.all(unseen.map(({ alarmId }) => this.command(`/api/alarms/${alarmId}/acknowledge`, { operator: 'clear' })));
    await waitFor('nothing unacknowledged', async () => (await this.served.product.list('/api/alarms?acknowledged=no')).length === 0);
    expect(faults).toEqual([]);
  }

  motion(...ids: readonly number[]): Promise<void> {
    return this.served.post('ENTRY', ids.map((id) => ({ id, movement: true })));
  }

  smoke(id: number): Promise<void> {
    return this.served.post('ENTRY', [1, 2, 3].map(() => ({ id, smoke: true })));
  }

  heat(id: number, temperatures: readonly [number, number, number] = [31, 32.5, 33]): Promise<void> {
    return this.served.post('ENTRY', temperatures.map((temperature) => ({ id, temperature })));
  }

  async ok(...ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.served.post('OK', ids.map((id) => ({ id })));
  }

  /** What another operator does meanwhile, whatever the version. */
  async command(path: string, body: object): Promise<void> {
    const headers = { 'Content-Type': 'application/json', 'If-Match': '*' };
    const answer = await fetch(`${this.served.product.consoleUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  }

  /** Inserts or overwrites a customer. */
  saveCustomer(customer: Customer): Promise<void> {
    return this.command('/api/operations/customers', { customers: [customer] });
  }

  /** The open alarm of a sensor, once the read models have it. */
  async alarmOf(sensorId: number): Promise<ApiAlarm> {
    let found: ApiAlarm | undefined;
    await waitFor(`an alarm of sensor ${sensorId}`, async () => {
      found = (await this.openAlarms()).find((alarm) => alarm.sensorId === String(sensorId));
      return found !== undefined;
    });
    return found as ApiAlarm;
  }

  async customer(id: number): Promise<Customer> {
    return (await this.served.product.get(`/api/customers/${id}`)) as Customer;
  }

  /** A customer, and the next one whose sensor is in another zone. */
  async customersOfTwoZones(firstId: number): Promise<readonly [Customer, Customer]> {
    const here = await this.customer(firstId);
    for (let id = firstId + 1; id < CUSTOMERS; id += 1) {
      const there = await this.customer(id);
      if (there.dashboard !== here.dashboard) return [here, there];
    }
    throw new Error('all customers are of one zone');
  }

  /** The cells of the map by the API. */
  async cells(query: string): Promise<readonly MapCell[]> {
    return ((await this.served.product.get(`/api/map?${query}`)) as { cells: readonly MapCell[] }).cells;
  }

  /** How many a list of the API has. */
  async total(path: string): Promise<number> {
    return ((await this.served.product.get(path)) as { total: number }).total;
  }

  async openAlarms(): Promise<readonly ApiAlarm[]> {
    return (await this.served.product.alarms()).filter(({ status }) => status === 'open');
  }
}

/** The cell of the world map in which a customer's sensor is. */
export function cellOf(page: Page, { geohash }: Customer): Locator {
  return page.getByTestId(`cell-${geohash.slice(0, 2)}`);
}

/** Waits until one of the figures at the top has this value. */
export async function figure(page: Page, testId: string, value: string): Promise<void> {
  await page.getByTestId(testId).locator('strong').and(page.getByText(value, { exact: true })).waitFor();
}

/** Waits until the list has exactly these rows, `7-motion`, in any order. */
export async function rows(page: Page, expected: readonly string[]): Promise<void> {
  const wanted = expected.map((row) => `alarm-${row}`).sort();
  await waitFor(`the rows ${wanted.join(' ')}`, async () => {
    const shown = await page.evaluate<string[]>(`[...document.querySelectorAll('.alarm')].map((row) => row.dataset.testid)`);
    return isDeepStrictEqual(shown.sort(), wanted);
  });
}

/** The counts of the chart's legend. */
export async function counted(page: Page): Promise<Record<AlarmType, number>> {
  const of = async (type: AlarmType) => Number(await page.getByTestId(`count-${type}`).locator('b').textContent());
  return { motion: await of('motion'), smoke: await of('smoke'), temperature: await of('temperature') };
}

/** Presses Tab until the element has the focus. Thrown: an error when it never gets it. */
export async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let pressed = 0; pressed < 200; pressed += 1) {
    await page.keyboard.press(key);
    if (await hasFocus(target)) return;
  }
  throw new Error(`${key} never came to the element`);
}

export function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((element: { matches(selector: string): boolean }) => element.matches(':focus'));
}

/** Where a page is by its own account; what Playwright holds comes after it. */
export async function addressOf(page: Page): Promise<URL> {
  return new URL(await page.evaluate<string>('location.href'));
}

/** How far an element's content is wider than it is; 0 when it fits. */
export function overflowPx(element: Locator): Promise<number> {
  return element.evaluate(({ scrollWidth, clientWidth }: { readonly scrollWidth: number; readonly clientWidth: number }) => scrollWidth - clientWidth);
}
