import type { Page } from 'playwright-core';
import type { ApiAlarm } from '../acceptance/product.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccessible } from './accessibility.js';
import { addressOf, cellOf, ConsoleBrowser, overflowPx, PHONE } from './console-browser.js';
import { downloadedLines } from './downloaded.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

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

/** Gives the page a clock an hour ahead, so that what is played has room, from its first change on. */
async function atItsFirst(page: Page): Promise<void> {
  await page.clock.install({ time: Date.now() + HOUR_MS });
  await page.reload();
  await page.getByTestId('time-slider').press('Home');
}

/** Plays for a second of the page's clock, which stands still before and after it; gives what passed of the time played, seconds. */
async function playedSeconds(page: Page, speed: string): Promise<number> {
  const asOfMs = async () => Date.parse((await addressOf(page)).searchParams.get('asOf') ?? '');
  await page.getByTestId('speed').selectOption(speed);
  const fromMs = await asOfMs();
  await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 10 * SECOND_MS);
  await page.getByTestId('play').dispatchEvent('click');
  await page.clock.runFor(SECOND_MS);
  await waitFor('time to pass', async () => (await asOfMs()) > fromMs);
  return ((await asOfMs()) - fromMs) / 1000;
}

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

  it('holds the chosen cell in its address', async () => {
    const { current } = await momentsAt('');
    const customer = await bench.customer(22);
    const page = await bench.openAt(`/audit?asOf=${current}`, '[data-testid=then-22-smoke]');
    await cellOf(page, customer).click();
    await cellOf(page, customer).and(page.locator('[aria-pressed=true]')).waitFor();
    const { pathname, search, searchParams } = await addressOf(page);
    expect(searchParams.get('cell')).toBe(customer.geohash.slice(0, 2));
    const copy = await bench.openAt(`${pathname}${search}`, '[data-testid=then-22-smoke]');
    await cellOf(copy, customer).and(copy.locator('[aria-pressed=true]')).waitFor();
    await copy.getByTestId('zone').selectOption(customer.dashboard);
    await copy.waitForURL((url) => url.searchParams.get('zone') === customer.dashboard && !url.searchParams.has('cell'));
  });

  it('has a slider for the keyboard, and plays from the first change at a chosen speed', async () => {
    const { first } = await momentsAt('');
    const page = await bench.openAt('/audit', '[data-testid=then-22-smoke]');
    await atItsFirst(page);
    await asOf(page, first);
    await openThen(page, '21-motion').waitFor();
    await openThen(page, '22-smoke').waitFor({ state: 'detached' });
    // It moves on some times a second, of which the last may be to come.
    const played = await playedSeconds(page, '600');
    expect(played).toBeGreaterThanOrEqual(600 / 2);
    expect(played).toBeLessThanOrEqual(600);
    await page.getByTestId('play').filter({ hasText: 'Pause' }).waitFor();
    await page.getByTestId('speed').selectOption('3600');
    await page.clock.resume();
    // It comes to the end, and stops there.
    await page.getByTestId('play').filter({ hasText: 'Play' }).waitFor();
    await page.waitForURL('**/audit?speed=3600');
    await openThen(page, '22-smoke').waitFor();
    await openThen(page, '21-motion').waitFor({ state: 'detached' });
  });

  it('takes a range of events away as JSONL and as CSV', async () => {
    const { current } = await momentsAt('');
    const page = await bench.openAt(`/audit?asOf=${current}`, '[data-testid=then-22-smoke]');
    const lines = (await downloadedLines(page, 'events-jsonl')).map((line) => JSON.parse(line) as { type: string; data: { sensorId: number } });
    const mine = lines.filter(({ data }) => data.sensorId === 21).map(({ type }) => type);
    expect(mine).toEqual(['AlarmTriggered', 'AlarmAcknowledged', 'AlarmRecovered']);
    const [head, ...rows] = await downloadedLines(page, 'events-csv');
    expect(head).toContain('position,recordedAt,sensorId,revision,type');
    expect(rows).toHaveLength(lines.length);
  });
});

it('the range of events that was written stays while time goes on, and follows the moment that is chosen', async () => {
  const { current } = await momentsAt('');
  const page = await bench.openAt('/audit', '[data-testid=then-22-smoke]');
  await page.clock.install({ time: Date.now() });
  await page.reload();
  const from = page.getByTestId('export-from');
  const before = await from.inputValue();
  await page.clock.fastForward(MINUTE_MS);
  await waitFor('a minute more', async () => (await from.inputValue()) > before);
  await from.fill('2026-03-01T12:00:07');
  await page.clock.fastForward(MINUTE_MS);
  await page.locator('[data-testid=events-csv][href*="from=2026-03-01T12%3A00%3A07.000Z&"]').waitFor();
  const asOf = await page.getByTestId('open-then').getAttribute('data-as-of');
  await waitFor('a later state', async () => ((await page.getByTestId('open-then').getAttribute('data-as-of')) ?? '') > (asOf ?? ''));
  expect(await from.inputValue()).toBe('2026-03-01T12:00:07');
  await page.getByTestId('step-previous').click();
  await waitFor('the hour before that moment', async () => (await from.inputValue()) !== '2026-03-01T12:00:07');
  expect(Date.parse(`${await from.inputValue()}Z`)).toBeLessThan(Date.parse(current));
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

  it('has a moment that is written, a way to its first one, and its own events to take away', async () => {
    const page = await bench.openAt('/audit?sensor=21', '[data-testid=audit-state]');
    await page.getByTestId('step-first').click();
    await page.getByText('Event 1 of 3').waitFor();
    const firstMs = Date.parse((await addressOf(page)).searchParams.get('asOf') ?? '');
    await page.getByTestId('moment').fill(new Date(firstMs - SECOND_MS).toISOString().slice(0, 19));
    await page.getByTestId('moment').press('Enter');
    await page.getByTestId('audit-event').filter({ hasText: 'Nothing had happened yet.' }).waitFor();
    await page.getByTestId('step-now').click();
    await page.getByText('Event 3 of 3').waitFor();
    for (const kind of ['jsonl', 'csv']) {
      const lines = await downloadedLines(page, `events-${kind}`);
      expect(lines.map((line) => (kind === 'csv' ? line.split(',')[2] : String((JSON.parse(line) as { data: { sensorId: number } }).data.sensorId))).filter((id) => id !== 'sensorId')).toEqual(['21', '21', '21']);
    }
  });

  it('has a slider too, and is played at a chosen speed', async () => {
    const page = await bench.openAt('/audit?sensor=21', '[data-testid=audit-state]');
    const state = page.getByTestId('audit-state');
    await state.filter({ hasText: 'No open alarms' }).waitFor();
    await atItsFirst(page);
    await state.filter({ hasText: 'Motion: alarm open since' }).waitFor();
    const played = await playedSeconds(page, '60');
    expect(played).toBeGreaterThanOrEqual(60 / 2);
    expect(played).toBeLessThanOrEqual(60);
    await page.clock.resume();
    await state.filter({ hasText: 'No open alarms' }).waitFor();
    await page.getByTestId('time-slider').press('Home');
    await state.filter({ hasText: 'Motion: alarm open since' }).waitFor();
    // Who takes the slider stops what is played.
    await page.getByTestId('play').filter({ hasText: 'Play' }).waitFor();
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

describe('what operators did, in the audit', () => {
  const then = (page: Page, text: string) => page.getByTestId('shelved-then').filter({ hasText: text }).waitFor();

  it('is stepped through event by event, with notes as text, and who was shelved then', async () => {
    const [alarm] = await bench.served.product.list<ApiAlarm>('/api/alarms?sensor=21');
    const hostile = '<img src=x onerror="window.isHacked=true">';
    await bench.command(`/api/alarms/${alarm?.alarmId}/comments`, { operator: 'eva', note: 'The oven, they say' });
    await bench.command('/api/sensors/23/shelve', { operator: 'eva', reason: 'faulty', until: new Date(Date.now() + HOUR_MS).toISOString(), note: hostile });
    await bench.command('/api/sensors/23/unshelve', { operator: 'ana' });
    const page = await bench.openAt('/audit', '[data-testid=then-22-smoke]');
    await changed(page, 'Sensor unshelved by ana');
    await then(page, 'No shelved sensors');
    // The export of the range has them too, without what was written.
    const lines = await downloadedLines(page, 'events-jsonl');
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(expect.arrayContaining(['AlarmCommented', 'SensorShelved', 'SensorUnshelved']));
    expect(lines.join()).not.toContain('oven');
    await page.getByTestId('step-previous').click();
    for (const text of ['Sensor shelved by eva', 'Faulty', 'until', hostile, 'Sensor 23']) await changed(page, text);
    for (const text of ['Sensor 23', 'by eva', hostile]) await then(page, text);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.evaluate('window.isHacked')).toBeUndefined();
    await expectAccessible(page);
    await page.getByTestId('step-previous').click();
    for (const text of ['Note written by eva', 'The oven, they say', 'Motion, Sensor 21']) await changed(page, text);
    await then(page, 'No shelved sensors');
    await page.getByTestId('step-previous').click();
    await changed(page, 'Alarm recovered');
    // What changed leads to the sensor, whose state says it too.
    await page.getByTestId('step-next').click();
    await changed(page, 'Note written');
    await page.getByTestId('step-next').click();
    await page.getByTestId('audit-changes').getByRole('button', { name: 'Sensor 23' }).click();
    await page.getByTestId('audit-state').filter({ hasText: 'Shelved until' }).waitFor();
    await page.getByTestId('audit-event').filter({ hasText: 'It is shelved' }).filter({ hasText: hostile }).waitFor();
  });
});
