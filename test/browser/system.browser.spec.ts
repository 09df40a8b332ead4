import type { Page } from 'playwright-core';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { silenceOf } from './before-start.js';
import { ConsoleBrowser, CUSTOMERS, DESKTOP, overflowPx, PHONE } from './console-browser.js';

const UNREADABLE = ['{"id": 21, "movement": "<img src=x onerror=window.isHacked=true>"}', 'not a reading', '{"id": "x"}'];

const SILENT = 61;

let smtp: SmtpTestServer;
let bench: ConsoleBrowser;

beforeAll(async () => {
  smtp = await SmtpTestServer.start();
  bench = await ConsoleBrowser.start({ SMTP_URL: smtp.url }, CUSTOMERS, silenceOf(SILENT, 3_600_000, 96_000));
});
afterAll(async () => {
  await bench.stop();
  await smtp.stop();
});
afterEach(() => {
  smtp.behave = () => 'accept';
  return bench.clear();
});

const confirm = (page: Page) => page.getByTestId('system-confirm').click();
const status = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();

/** Keeps what is told of progress, which may be there for a moment only. */
const NOTE_PROGRESS = `(() => {
  window.progress = [];
  new MutationObserver(() => {
    const text = document.querySelector('[data-testid=system-progress]')?.textContent;
    if (text && text !== window.progress.at(-1)) window.progress.push(text);
  }).observe(document.querySelector('[data-testid=system-ask]'), { childList: true, characterData: true, subtree: true });
})()`;

describe('the page of the system', () => {
  it('shows how every part is, and builds a read model anew, telling how far it is', async () => {
    await bench.motion(11, 12);
    await bench.ok(11);
    await bench.served.product.waitUntilCaughtUp();
    const page = await bench.openAt('/system', '[data-testid=health-table] td');
    for (const part of ['customers', 'notifications', 'projection alarms']) await page.getByTestId('health-table').getByRole('row', { name: part }).first().waitFor();
    await page.getByRole('button', { name: 'Rebuild alarm-map' }).click();
    await page.getByTestId('system-ask').waitFor();
    await page.evaluate(NOTE_PROGRESS);
    await confirm(page);
    await status(page, 'alarm-map rebuilt from 3 events');
    await page.getByTestId('system-ask').waitFor({ state: 'detached' });
    // How many there are is an estimate until the end, and what is told before it depends on the machine.
    const progress = await page.evaluate<string[]>('window.progress');
    expect(progress.at(-1)).toMatch(/^3 of \d+$/);
  });

  it('tells in Spanish how the parts are', async () => {
    const page = await bench.openAt('/system', '[data-testid=health-table] td', { ...DESKTOP, locale: 'es-ES' });
    const { parts } = (await bench.served.product.get('/api/health')) as { parts: readonly { name: string; detail: string }[] };
    expect(parts.length).toBeGreaterThan(10);
    const rows = await page.getByTestId('health-table').locator('tbody tr').evaluateAll((all) =>
      (all as { querySelector: (selector: string) => { textContent: string } }[]).map((row) => [row.querySelector('th').textContent, row.querySelector('td.text').textContent] as const),
    );
    const shown = new Map(rows);
    // Numbers move on between the two answers.
    const wordsOf = (text = '') => text.replaceAll(/\d+/g, '');
    expect(parts.filter(({ name, detail }) => wordsOf(shown.get(name)) === wordsOf(detail))).toEqual([]);
    expect([...shown.keys()]).toEqual(parts.map(({ name }) => name));
    await page.getByTestId('health').locator('summary').click();
    await page.getByTestId('health').locator('li').filter({ hasText: 'acepta lecturas' }).waitFor();
  });

  it('lists what could not be read, as text, and has it replayed or dropped', async () => {
    await bench.served.writePastEndpoint('ENTRY', UNREADABLE);
    const page = await bench.openAt('/system', '[data-testid=dead-letters] tbody td');
    const letters = page.getByTestId('dead-letters');
    const rows = letters.locator('tbody tr');
    await rows.nth(2).waitFor();
    await rows.filter({ hasText: '<img src=x onerror=window.isHacked=true>' }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    await expectAccessible(page);
    await rows.filter({ hasText: 'not a reading' }).getByRole('checkbox').check();
    await letters.getByRole('button', { name: 'Drop' }).click();
    await page.getByTestId('system-ask').waitFor();
    await expectAccessible(page);
    await confirm(page);
    await status(page, '1 dropped');
    await rows.nth(2).waitFor({ state: 'detached' });
    await letters.getByRole('checkbox', { name: 'Select all' }).check();
    await letters.getByRole('button', { name: 'Replay' }).click();
    await page.getByTestId('system-ask').waitFor();
    await expectAccessible(page);
    await confirm(page);
    await status(page, '2 back in the log');
    expect(await page.evaluate('window.isHacked')).toBeUndefined();
  });

  it('lists parked e-mails, and sends one after all', async () => {
    const before = smtp.mails.length;
    smtp.behave = () => ({ refuseAt: 'rcpt-to', code: 550 });
    await bench.motion(31);
    const page = await bench.openAt('/system', '[data-testid=parked] li', { ...PHONE, locale: 'es-ES' });
    const parked = page.getByTestId('parked');
    await parked.filter({ hasText: '550' }).waitFor();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
    smtp.behave = () => 'accept';
    await parked.getByRole('button', { name: 'Enviar de nuevo: Movimiento, sensor 31' }).click();
    await parked.locator('li').waitFor({ state: 'detached' });
    // From then on it is no longer parked, but still to be sent.
    await waitFor('the e-mail', () => smtp.mails.length > before);
    expect(smtp.mails).toHaveLength(before + 1);
  });

  it('shows how far a part is behind, in events and in seconds', async () => {
    smtp.behave = () => ({ refuseAt: 'rcpt-to', code: 451 });
    await bench.motion(41);
    const part = async () => ((await bench.served.product.get('/api/health')) as { parts: readonly { name: string; lagSeconds?: number }[] }).parts.find(({ name }) => name === 'notifications');
    await waitFor('an e-mail that is late', async () => ((await part())?.lagSeconds ?? 0) >= 2);
    const page = await bench.openAt('/system', '[data-testid=health-table] td');
    const row = page.getByTestId('health-table').getByRole('row', { name: 'notifications' });
    await row.filter({ hasText: '1 event behind' }).waitFor();
    expect(Number(/(\d+) s behind/.exec((await row.textContent()) ?? '')?.[1])).toBeGreaterThanOrEqual(2);
  });

  it('lists silent sensors until they return, as their own pages and the audits do', async () => {
    const page = await bench.openAt('/system', '[data-testid=silent]');
    const silent = page.getByTestId('silent');
    await silent.locator('li').filter({ hasText: `Sensor ${SILENT}` }).filter({ hasText: (await bench.customer(SILENT)).dashboard }).waitFor();
    expect(await silent.locator('li').count()).toBe(1);
    await silent.getByRole('link', { name: `Sensor ${SILENT}` }).click();
    const states = page.getByTestId('sensor-states');
    await states.filter({ hasText: 'Silent' }).waitFor();
    await page.getByRole('link', { name: 'Audit' }).last().click();
    const [state, changes] = [page.getByTestId('audit-state'), page.getByTestId('state-changes')];
    await changes.filter({ hasText: 'It goes silent' }).waitFor();
    await state.filter({ hasText: /Silent, noted .* not heard of for 1\s?m/ }).waitFor();

    await bench.served.post('ENTRY', [{ id: SILENT }]);
    const { items } = (await bench.served.product.get(`/api/audit/sensors/${SILENT}`)) as { items: readonly { type: string; metadata: { recordedAt: string } }[] };
    const wentAt = items.find(({ type }) => type === 'SensorWentSilent')?.metadata.recordedAt ?? '';
    const then = await bench.openAt(`/audit?asOf=${wentAt}`, '[data-testid=silent-then] li');
    await then.getByTestId('audit-changes').filter({ hasText: 'Sensor went silent' }).filter({ hasText: 'not heard of for' }).waitFor();
    await then.getByTestId('silent-then').filter({ hasText: `Sensor ${SILENT}` }).waitFor();
    await changes.filter({ hasText: 'It is heard of again' }).waitFor();
    await state.filter({ hasText: 'Silent' }).waitFor({ state: 'detached' });
    await page.getByTestId('step-previous').click();
    await state.filter({ hasText: 'Silent, noted' }).waitFor();
    await then.getByTestId('step-now').click();
    await then.getByTestId('audit-changes').filter({ hasText: 'Sensor returned' }).filter({ hasText: `Sensor ${SILENT}` }).waitFor();
    await then.getByTestId('silent-then').filter({ hasText: 'No silent sensors' }).waitFor();
    await then.goto(`${bench.served.product.consoleUrl}/system`);
    await then.getByTestId('silent').filter({ hasText: 'None' }).waitFor();
  });
});
