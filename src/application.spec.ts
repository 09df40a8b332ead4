import { rm } from 'node:fs/promises';
import { metricOf } from '../test/support/metrics.js';
import { newDir } from '../test/support/projection-events.js';
import { SmtpTestServer } from '../test/support/smtp-test-server.js';
import { waitFor } from '../test/support/wait-for.js';
import { Application } from './application.js';
import { readConfig } from './config.js';
import type { HealthPart } from './console/health-report.js';
import { DataDirLock } from './storage/data-dir-lock.js';

describe('the application', () => {
  const dir = newDir();
  afterAll(() => rm(dir, { recursive: true }));

  async function startOne(settings: Record<string, string> = {}): Promise<{ application: Application; consoleUrl: string; ingestUrl: string }> {
    const config = readConfig({ VIGIA_DATA_DIR: dir, VIGIA_SIMULATE: '0', VIGIA_LOG_LEVEL: 'silent', VIGIA_INGEST_PORT: '0', VIGIA_CONSOLE_PORT: '0', ...settings });
    const application = await Application.create(config, DataDirLock.acquire(dir));
    const { consoleUrl, ingestUrl } = await application.start();
    return { application, consoleUrl, ingestUrl: ingestUrl as string };
  }

  async function post(ingestUrl: string, sensorId: number, values: string): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${ingestUrl}/topics/ENTRY/messages`, { method: 'POST', body: `[${sensorId},${values}]`, headers });
    expect(answer.status).toBe(200);
  }

  const MOTION = 'true,false,20,30';
  const SMOKE = 'false,true,20,30';
  const NORMAL = 'false,false,20,30';
  const raiseMotion = (ingestUrl: string, sensorId: number): Promise<void> => post(ingestUrl, sensorId, MOTION);

  it('R4: publishes an alarm to COUNT, shows it in health and metrics, and not again after a restart', async () => {
    const first = await startOne();
    await raiseMotion(first.ingestUrl, 7);
    await waitFor('the alarm on COUNT', async () => (await metricOf(first.consoleUrl, 'vigia_count_published_total')) === 1);
    expect(await metricOf(first.consoleUrl, 'vigia_count_lag_events')).toBe(0);
    expect(await metricOf(first.consoleUrl, 'vigia_count_lag_seconds')).toBe(0);
    const { parts } = (await (await fetch(`${first.consoleUrl}/api/health`)).json()) as { parts: HealthPart[] };
    expect(parts.find(({ name }) => name === 'count-topic')).toEqual({ name: 'count-topic', status: 'up', detail: '0 alarms to be published', lagEvents: 0, lagSeconds: 0 });
    await first.application.stop();

    const second = await startOne();
    await raiseMotion(second.ingestUrl, 8);
    await waitFor('the second alarm on COUNT', async () => (await metricOf(second.consoleUrl, 'vigia_count_published_total')) === 1);
    expect(await metricOf(second.consoleUrl, 'vigia_count_recognised_total')).toBe(0);
    await second.application.stop();
  });

  it('shows a parked e-mail in health, also after a restart', async () => {
    const smtp = await SmtpTestServer.start();
    smtp.behave = () => ({ refuseAt: 'rcpt-to', code: 550 });
    const mail = async (consoleUrl: string): Promise<HealthPart | undefined> => {
      const { parts } = (await (await fetch(`${consoleUrl}/api/health`)).json()) as { parts: HealthPart[] };
      return parts.find(({ name }) => name === 'notifications');
    };
    const first = await startOne({ SMTP_URL: smtp.url });
    await raiseMotion(first.ingestUrl, 9);
    await waitFor('the parked e-mail', async () => (await mail(first.consoleUrl))?.detail.includes('1 parked') === true);
    await first.application.stop();

    const second = await startOne({ SMTP_URL: smtp.url });
    expect(await mail(second.consoleUrl)).toMatchObject({ status: 'degraded', detail: '0 e-mails pending; 1 parked' });
    await second.application.stop();
    await smtp.stop();
  });

  it.each([
    { clearOnNormal: '0', sensorId: 20, expected: ['StrikeRecorded', 'StrikeRecorded', 'StrikeRecorded', 'AlarmTriggered smoke', 'AlarmTriggered motion'] },
    { clearOnNormal: '1', sensorId: 21, expected: ['StrikeRecorded', 'StrikeRecorded', 'StrikesCleared', 'StrikeRecorded', 'AlarmTriggered motion'] },
  ])('R3: VIGIA_CLEAR_ON_NORMAL=$clearOnNormal decides whether a normal reading clears strikes, though it is discarded by its bytes otherwise', async ({ clearOnNormal, sensorId, expected }) => {
    const { application, consoleUrl, ingestUrl } = await startOne({ VIGIA_CLEAR_ON_NORMAL: clearOnNormal });
    try {
      for (const values of [SMOKE, SMOKE, NORMAL, SMOKE, MOTION]) await post(ingestUrl, sensorId, values);
      const events = async (): Promise<string[]> => {
        // A sensor without events is not found, and has no items.
        const { items = [] } = (await (await fetch(`${consoleUrl}/api/audit/sensors/${sensorId}`)).json()) as { items?: { type: string; data: { alarmType: string } }[] };
        return items.reverse().map(({ type, data }) => (type === 'AlarmTriggered' ? `${type} ${data.alarmType}` : type));
      };
      await waitFor('the last alarm', async () => (await events()).includes('AlarmTriggered motion'));
      expect(await events()).toEqual(expected);
    } finally {
      await application.stop();
    }
  });
});
