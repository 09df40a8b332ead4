import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { addressOf, ConsoleBrowser, overflowPx, PHONE } from './console-browser.js';

let bench: ConsoleBrowser;

beforeAll(async () => {
  bench = await ConsoleBrowser.start();
  // One after the other, so that each has a moment of its own: opened, acknowledged, another opened, the first recovered.
  await bench.motion(21);
  const { alarmId } = await bench.alarmOf(21);
  await bench.command(`/api/alarms/${alarmId}/acknowledge`, { operator: 'ana' });
  await bench.smoke(22);
  await bench.alarmOf(22);
  await bench.ok(21);
  await bench.served.product.waitUntilSettled();
});
afterAll(async () => {
  // Tells of the pages' faults; what it ends is what the tests look back at.
  await bench.clear().finally(() => bench.stop());
});

interface Moments {
  readonly first: string;
  readonly previous: string;
  readonly current: string;
}

const momentsAt = async (query: string) => ((await bench.served.product.get(`/api/audit/system${query}`)) as { moments: Moments }).moments;
const openThen = (page: Page, id: string) => page.getByTestId(`then-${id}`);
const changed = (page: Page, text: string) => page.getByTestId('audit-changes').filter({ hasText: text }).waitFor();
const asOf = (page: Page, time: string) => page.locator(`[data-testid=open-then][data-as-of="${time}"]`).waitFor();

describe('the audit of the whole system', () => {
  it('goes back and forth from change to change, and its address holds the moment', async () => {
    const page = await bench.openAt('/audit', '[data-testid=open-then]');
    await openThen(page, '22-smoke').waitFor();
    await changed(page, 'Alarm recovered');
    await page.getByTestId('step-previous').click();
    await changed(page, 'Alarm opened');
    await openThen(page, '21-motion').waitFor();
    await openThen(page, '22-smoke').waitFor();
    await page.getByTestId('step-previous').click();
    await changed(page, 'Acknowledged by ana');
    await openThen(page, '22-smoke').waitFor({ state: 'detached' });
    await openThen(page, '21-motion').filter({ hasText: 'Acknowledged by ana' }).waitFor();
    expect(await page.locator('.cell.is-active').count()).toBe(1);

    const { pathname, search, searchParams } = await addressOf(page);
    expect(searchParams.get('asOf')).not.toBeNull();
    const copy = await bench.openAt(`${pathname}${search}`, '[data-testid=then-21-motion]');
    await changed(copy, 'Acknowledged by ana');
    await copy.getByTestId('step-next').click();
    await openThen(copy, '22-smoke').waitFor();
    await copy.getByTestId('step-now').click();
    await copy.waitForURL('**/audit');
    await openThen(copy, '21-motion').waitFor({ state: 'detached' });
  });

  it('has a slider for the keyboard, and plays from the first change at a chosen speed', async () => {
    const { first } = await momentsAt('');
    const page = await bench.openAt('/audit', '[data-testid=then-22-smoke]');
    await page.getByTestId('time-slider').press('Home');
    await asOf(page, first);
    await openThen(page, '21-motion').waitFor();
    await openThen(page, '22-smoke').waitFor({ state: 'detached' });
    await page.getByTestId('speed').selectOption('10');
    await page.getByTestId('play').filter({ hasText: 'Play' }).click();
    // It comes to the end, and stops there.
    await openThen(page, '22-smoke').waitFor();
    await openThen(page, '21-motion').waitFor({ state: 'detached' });
    await page.getByTestId('play').filter({ hasText: 'Play' }).waitFor();
    await page.waitForURL('**/audit?speed=10');
  });

  it('takes a range of events away as JSONL and as CSV', async () => {
    const { current } = await momentsAt('');
    const page = await bench.openAt(`/audit?asOf=${current}`, '[data-testid=then-22-smoke]');
    const lines = (await downloaded(page, 'events-jsonl')).map((line) => JSON.parse(line) as { type: string; data: { sensorId: number } });
    const mine = lines.filter(({ data }) => data.sensorId === 21).map(({ type }) => type);
    expect(mine).toEqual(['AlarmTriggered', 'AlarmAcknowledged', 'AlarmRecovered']);
    const [head, ...rows] = await downloaded(page, 'events-csv');
    expect(head).toContain('position,recordedAt,sensorId,revision,type');
    expect(rows).toHaveLength(lines.length);
  });
});

describe('the audit of one sensor', () => {
  it('steps event by event, says what each changed, and its address holds the event', async () => {
    const page = await bench.openAt('/audit', '[data-testid=then-22-smoke]');
    await openThen(page, '22-smoke').getByRole('button', { name: 'Audit sensor 22' }).click();
    const changes = page.getByTestId('state-changes');
    const state = page.getByTestId('audit-state');
    await changes.filter({ hasText: 'Smoke: an alarm opens' }).waitFor();
    await state.filter({ hasText: 'Smoke: alarm open since' }).waitFor();
    // The third strike is an event of its own, and the alarm follows it.
    await page.getByTestId('step-previous').click();
    await changes.filter({ hasText: 'Smoke: strikes 2 → 3' }).waitFor();
    await page.getByTestId('step-previous').click();
    await changes.filter({ hasText: 'Smoke: strikes 1 → 2' }).waitFor();
    await state.filter({ hasText: 'Smoke: 2 strikes' }).filter({ hasText: 'No open alarms' }).waitFor();
    await page.getByTestId('step-previous').click();
    await changes.filter({ hasText: 'Smoke: strikes 0 → 1' }).waitFor();
    expect(await page.getByTestId('step-previous').isDisabled()).toBe(true);
    await page.waitForURL('**/audit?sensor=22&revision=0');
    await page.reload();
    await changes.filter({ hasText: 'Smoke: strikes 0 → 1' }).waitFor();
    await page.getByTestId('step-next').click();
    await changes.filter({ hasText: 'Smoke: strikes 1 → 2' }).waitFor();
    await page.getByRole('button', { name: 'Whole system' }).click();
    await page.getByTestId('open-then').waitFor();
  });

  it('is come to by a number, which may be of none', async () => {
    const page = await bench.openAt('/audit', '[data-testid=open-then]');
    await page.getByTestId('audit-sensor').fill('seven');
    await page.getByTestId('audit-sensor').press('Enter');
    await page.getByText('A sensor’s number has up to 10 digits.').waitFor();
    await page.getByTestId('audit-sensor').fill('900077');
    await page.getByTestId('audit-sensor').press('Enter');
    await page.getByText('Sensor 900077 has no events.').waitFor();
    // It asks for the present again and again.
    await page.context().close();
    bench.forgive('404');
  });

  it('is accessible, fits a phone and speaks Spanish, and so is the whole system', async () => {
    const page = await bench.openAt('/audit', '[data-testid=then-22-smoke]', { ...PHONE, locale: 'es-ES' });
    await page.getByRole('heading', { name: 'Qué cambió' }).waitFor();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
    await openThen(page, '22-smoke').getByRole('button', { name: 'Auditar el sensor 22' }).click();
    await page.getByTestId('state-changes').waitFor();
    await page.getByText('Tal como está registrado').click();
    await expectAccessible(page);
    expect(await overflowPx(page.locator('html'))).toBe(0);
  });
});

async function downloaded(page: Page, testId: string): Promise<readonly string[]> {
  const waiting = page.waitForEvent('download');
  await page.getByTestId(testId).click();
  const text = await readFile(await (await waiting).path(), 'utf8');
  return text.replace(/^\uFEFF/, '').trimEnd().split(/\r?\n/);
}
