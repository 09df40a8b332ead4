import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EventStoreDbDouble } from '../test/doubles/eventstoredb/eventstoredb-double.js';
import { newDir } from '../test/support/projection-events.js';
import { waitFor } from '../test/support/wait-for.js';
import { Application } from './application.js';
import { systemClock } from './clock.js';
import { readConfig, type Config } from './config.js';
import type { HealthPart } from './console/health-report.js';
import { DataDirLock } from './storage/data-dir-lock.js';

/** On the double always: with a real server this would leave alarms in it. */
describe('the application on EventStoreDB', () => {
  let dir: string;
  let double: EventStoreDbDouble;
  const started: Application[] = [];

  beforeEach(async () => {
    dir = newDir();
    double = await EventStoreDbDouble.start();
  });
  afterEach(async () => {
    await double.start().catch(() => undefined);
    for (const application of started.splice(0)) await application.stop();
    await double.stop();
    await rm(dir, { recursive: true });
  });

  const configOf = (settings: Record<string, string>): Config =>
    readConfig({ VIGIA_DATA_DIR: dir, VIGIA_SIMULATE: '0', VIGIA_LOG_LEVEL: 'silent', VIGIA_INGEST_PORT: '0', VIGIA_CONSOLE_PORT: '0', ...settings });

  async function startOne(settings: Record<string, string> = { EVENTSTORE_URL: double.url }): Promise<{ application: Application; consoleUrl: string; ingestUrl: string }> {
    const config = configOf(settings);
    const application = await Application.create(config, DataDirLock.acquire(dir));
    started.push(application);
    const { consoleUrl, ingestUrl } = await application.start();
    return { application, consoleUrl, ingestUrl: ingestUrl as string };
  }

  async function stop(application: Application): Promise<void> {
    started.splice(started.indexOf(application), 1);
    await application.stop();
  }

  async function raiseMotion(ingestUrl: string, sensorId: number): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${ingestUrl}/topics/ENTRY/messages`, { method: 'POST', body: `[${sensorId},true,false,20,30]`, headers });
    expect(answer.status).toBe(200);
  }

  async function partsOf(consoleUrl: string): Promise<readonly HealthPart[]> {
    return ((await (await fetch(`${consoleUrl}/api/health`)).json()) as { parts: HealthPart[] }).parts;
  }

  const mails = (): string[] => readdirSync(join(dir, 'mailbox')).filter((name) => name.endsWith('.eml'));
  const eventTypes = (): string[] => double.log.all.map(({ type }) => type);

  it('keeps its events there, and after a restart goes on where it was', async () => {
    const first = await startOne();
    await raiseMotion(first.ingestUrl, 7);
    await waitFor('the e-mail', () => mails().length === 1);
    await waitFor('its record', () => eventTypes().includes('NotificationSent'));
    await stop(first.application);
    expect(eventTypes().filter((type) => type === 'AlarmTriggered')).toHaveLength(1);
    expect(readdirSync(dir)).not.toContain('event-store.db');

    const second = await startOne();
    await raiseMotion(second.ingestUrl, 7);
    await raiseMotion(second.ingestUrl, 8);
    await waitFor('the second e-mail', () => mails().length === 2);
    await waitFor('both alarms in the API', async () => ((await (await fetch(`${second.consoleUrl}/api/alarms`)).json()) as { items: object[] }).items.length === 2);
    expect(eventTypes().filter((type) => type === 'AlarmTriggered')).toHaveLength(2);
  });

  it.each(['is gone', 'gives no answer'])('takes readings while the store %s, says so within 4 s, and goes on by itself', async (what) => {
    const isSilent = what === 'gives no answer';
    const { ingestUrl, consoleUrl } = await startOne();
    await raiseMotion(ingestUrl, 7);
    await waitFor('the e-mail', () => mails().length === 1);
    if (isSilent) double.faults.isSilent = true;
    else await double.stop();
    await raiseMotion(ingestUrl, 8);
    const startMs = performance.now();
    const away = await partsOf(consoleUrl);
    expect(performance.now() - startMs).toBeLessThan(4000);
    expect(away.find(({ name }) => name === 'event-store')).toMatchObject({ status: 'down', detail: expect.stringContaining('readings wait in the log') });
    expect(await (await fetch(`${consoleUrl}/metrics`)).text()).toMatch(/^vigia_event_store_up 0$/m);
    if (isSilent) double.faults.isSilent = false;
    else await double.start();
    await waitFor('the e-mail of the reading that waited', () => mails().length === 2, 40_000);
    await waitFor('health', async () => (await partsOf(consoleUrl)).every(({ status }) => status === 'up'), 40_000);
    expect(await (await fetch(`${consoleUrl}/metrics`)).text()).toMatch(/^vigia_event_store_up 1$/m);
  }, 90_000);

  it.each(['is gone', 'gives no answer'])('stops within 4 s while the store %s and a reading waits for it, and handles that after the next start', async (what) => {
    const { application, ingestUrl } = await startOne();
    if (what === 'gives no answer') double.faults.isSilent = true;
    else await double.stop();
    await raiseMotion(ingestUrl, 8);
    await systemClock.sleep(500);
    const startMs = performance.now();
    await stop(application);
    expect(performance.now() - startMs).toBeLessThan(4000);
    if (what === 'gives no answer') double.faults.isSilent = false;
    else await double.start();
    await startOne();
    await waitFor('the e-mail', () => mails().length === 1, 30_000);
    expect(eventTypes().filter((type) => type === 'AlarmTriggered')).toHaveLength(1);
  }, 60_000);

  it('starts to consume, to tell and to mail when the store answers, though it goes away in the middle of the start', async () => {
    const config = configOf({ EVENTSTORE_URL: double.url });
    const application = await Application.create(config, DataDirLock.acquire(dir));
    started.push(application);
    await double.stop();
    const { ingestUrl } = await application.start();
    await raiseMotion(ingestUrl as string, 7);
    await double.start();
    await waitFor('the e-mail', () => mails().length === 1, 30_000);
  }, 60_000);

  it('refuses a data folder whose read models are of another store', async () => {
    await stop((await startOne()).application);
    await expect(startOne({})).rejects.toThrow('has read models of another event store');
  });
});
