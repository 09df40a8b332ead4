import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Accounts } from '../../src/access/accounts.js';
import { PASSWORD, people } from '../support/accounts.js';
import { expectAccessible } from './accessibility.js';
import { launchChromium, openPage, type WatchedPage } from './chromium.js';
import { addressOf, DESKTOP, overflowPx, PHONE } from './console-browser.js';
import { ServedProduct } from './served-product.js';

/** The console of a process with accounts: `ana` audits, `oto` operates, `ada` administers. */

const accounts = new Accounts(join(mkdtempSync(join(tmpdir(), 'vigia-users-')), 'users.json'));
let served: ServedProduct;
let browser: Browser;
let watched: WatchedPage[] = [];

beforeAll(async () => {
  await accounts.save(await people());
  served = await ServedProduct.start(10, { VIGIA_USERS_FILE: accounts.file });
  browser = await launchChromium();
  await served.post('ENTRY', [{ id: 1, movement: true }, { id: 2, movement: true }]);
});
afterAll(async () => {
  await browser.close();
  await served.stop();
});
afterEach(async () => {
  const faults = watched.flatMap((page) => page.faults);
  await Promise.all(watched.map(({ context }) => context.close()));
  watched = [];
  // That somebody has to log in is told by 401, which Chromium puts in its console.
  expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
});

const form = (page: Page) => page.getByTestId('log-in');

async function openAt(path: string, options: BrowserContextOptions = DESKTOP): Promise<Page> {
  const one = await openPage(browser, `${served.product.consoleUrl}${path}`, options);
  watched.push(one);
  await form(one.page).waitFor();
  return one.page;
}

async function logIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await form(page).locator('input[name=username]').fill(name);
  await form(page).locator('input[name=password]').fill(password);
  await form(page).locator('button[type=submit]').click();
}

/** A page once somebody has logged in, it is live, and an element is there. */
async function openAs(name: string, path: string, selector: string): Promise<Page> {
  const page = await openAt(path);
  await logIn(page, name);
  await page.locator('[data-testid=live].live').waitFor();
  await page.locator(selector).first().waitFor();
  return page;
}

describe('the log-in', () => {
  it('stands before every page, and leads to the one that was asked for', async () => {
    const page = await openAt('/history?last=hour');
    expect(await page.locator('header').count()).toBe(0);
    await expectAccessible(page);
    await logIn(page, 'oto', 'not the password');
    await page.getByRole('alert').filter({ hasText: 'no such name and password' }).waitFor();
    await page.locator('input[name=password]:focus').waitFor();
    await expectAccessible(page);
    await logIn(page, 'oto');
    await page.getByTestId('numbers').waitFor();
    expect(await addressOf(page)).toMatchObject({ pathname: '/history', search: '?last=hour' });
    await page.getByTestId('user').locator('summary').click();
    await page.getByTestId('user').getByText('Operate', { exact: true }).waitFor();
    await expectAccessible(page);
  });

  it('speaks Spanish, fits a phone, and lasts through a reload', async () => {
    const page = await openAt('/system', { ...PHONE, locale: 'es-ES' });
    await page.getByRole('button', { name: 'Entrar' }).waitFor();
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await expectAccessible(page);
    await logIn(page, 'ada');
    await page.locator('[data-testid=health-table] td').first().waitFor();
    await page.reload();
    await page.locator('[data-testid=health-table] td').first().waitFor();
    await page.getByTestId('user').locator('summary').click();
    await page.getByTestId('user').getByRole('button', { name: 'Salir' }).waitFor();
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await expectAccessible(page);
  });

  it('ends by hand', async () => {
    const page = await openAs('ana', '/', '.cell');
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ name: 'vigia_session', httpOnly: true, sameSite: 'Strict' }]);
    await page.getByTestId('user').locator('summary').click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await form(page).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    const answer = await fetch(`${served.product.consoleUrl}/api/alarms`, { headers: { Cookie: `vigia_session=${cookies[0]!.value}` } });
    expect(answer.status).toBe(401);
  });

  it('is asked for again when the session has ended, and leads back', async () => {
    const page = await openAs('ada', '/sensors/2', '[data-testid=sensor-alarms] li');
    const all = await accounts.list();
    await accounts.save(all.filter(({ name }) => name !== 'ada'));
    await form(page).getByText('Your session has ended').waitFor();
    expect((await addressOf(page)).pathname).toBe('/sensors/2');
    await accounts.save(all);
    await logIn(page, 'ada');
    await page.locator('[data-testid=sensor-alarms] li').first().waitFor();
    await page.locator('[data-testid=live].live').waitFor();
  });
});

describe('what is offered', () => {
  it('to an operator are commands in their own name', async () => {
    const page = await openAs('oto', '/alarms', '[data-testid=standing-1-motion]');
    const row = page.getByTestId('standing-1-motion');
    await row.getByRole('button', { name: 'Acknowledge Motion, sensor 1' }).click();
    const dialog = page.getByTestId('ask');
    await dialog.getByText('In the name of oto').waitFor();
    expect(await dialog.getByTestId('operator').count()).toBe(0);
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByTestId('acknowledged').getByTestId('standing-1-motion').filter({ hasText: 'by oto' }).waitFor();
  });

  it('to an auditor is none', async () => {
    const page = await openAs('ana', '/alarms', '[data-testid=standing-2-motion]');
    await page.getByTestId('shelved').locator('.count').filter({ hasText: /\d/ }).waitFor();
    expect(await page.getByRole('button', { name: /acknowledge|shelve/i }).count()).toBe(0);
    await page.getByTestId('standing-2-motion').getByRole('checkbox').focus();
    await page.keyboard.press('a');
    await page.keyboard.press('?');
    await page.getByTestId('keyboard').waitFor();
    expect(await page.getByTestId('ask').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.getByTestId('standing-2-motion').getByRole('button', { name: 'Details' }).or(page.getByTestId('standing-2-motion').locator('button.as-link')).first().click();
    await page.getByTestId('details').locator('code').waitFor();
    expect(await page.getByTestId('details').locator('.operate').count()).toBe(0);
  });

  it('to an operator is no rebuild, to an administrator one', async () => {
    const operators = await openAs('oto', '/system', '[data-testid=health-table] td');
    await operators.getByTestId('health-table').getByRole('row', { name: 'projection alarm-map' }).waitFor();
    expect(await operators.getByRole('button', { name: /^Rebuild/ }).count()).toBe(0);
    const administrators = await openAs('ada', '/system', '[data-testid=health-table] td');
    await administrators.getByRole('button', { name: 'Rebuild alarm-map' }).waitFor();
  });
});

it('the command line of this machine needs no account, and the running process sees what it does', async () => {
  expect(await served.command('dead-letters', 'list')).toContain('no dead letters');
  expect(await served.command('users', 'remove', 'oto')).toBe('oto is removed\n');
  const page = await openAt('/');
  await logIn(page, 'oto');
  await page.getByRole('alert').filter({ hasText: 'no such name and password' }).waitFor();
});
