import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import { MAIL_SEND_SECONDS } from '../support/mail-send-seconds.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';

/** How long sensors are shelved: the process is dead when that ends. */
const SHELVED_MS = 6_000;
const SENSORS = 8;

interface Shelved {
  readonly total: number;
  readonly items: readonly { readonly sensorId: string; readonly alarms: number; readonly note: string | null }[];
}

/** The built product with everything in its data folder, and a mail server. */
describe('shelved sensors, with kill -9 (P4)', () => {
  let dir: string;
  let mailServer: SmtpTestServer;
  let product: Product;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-shelving-'));
    mailServer = await SmtpTestServer.start();
    product = new Product({ dataDir: join(dir, 'data'), logFile: join(dir, 'log') }, { ingest: await freePort(), console: await freePort() }, 0, { SMTP_URL: mailServer.url, VIGIA_MAIL_SEND_SECONDS: MAIL_SEND_SECONDS });
    product.start();
    await product.waitUntilUp();
  }, 120_000);
  afterAll(async () => {
    await stopAll();
    await mailServer.stop();
    rmSync(dir, { recursive: true });
  });

  async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<void> {
    const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
    expect({ url, status: answer.status, text: answer.ok ? '' : await answer.text() }).toEqual({ url, status: expect.any(Number), text: '' });
  }
  const send = (topic: string, sensorId: number) => post(`${product.ingestUrl}/topics/${topic}/messages`, `[${sensorId},${topic === 'ENTRY'},false,20,30]`);
  const shelved = async () => (await product.get('/api/shelved')) as Shelved;
  const emails = async () => Object.fromEntries((await product.alarms()).map(({ sensorId, email }) => [sensorId, email]));
  const mailed = async () => (await mailServer.parsed()).map(({ headers }) => headers.get('x-vigia-alarm-id') as string).sort();

  it('are unshelved by the next process, which sends an e-mail for each alarm that is still open, once', async () => {
    const until = new Date(Date.now() + SHELVED_MS).toISOString();
    for (let sensorId = 1; sensorId <= SENSORS; sensorId += 1) {
      const body = JSON.stringify({ operator: 'ana', reason: 'test', until, note: `sensor ${sensorId}` });
      await post(`${product.consoleUrl}/api/sensors/${sensorId}/shelve`, body, { 'if-match': '"0"' });
      await send('ENTRY', sensorId);
    }
    await waitFor('all alarms', async () => (await product.alarms()).length === SENSORS);
    for (let sensorId = 1; sensorId <= SENSORS; sensorId += 2) await send('OK', sensorId);
    const expected = Object.fromEntries(Array.from({ length: SENSORS }, (_, index) => [String(index + 1), index % 2 === 0 ? 'withheld' : 'held']));
    await waitFor('all recoveries', async () => Object.values(await emails()).filter((email) => email === 'withheld').length === SENSORS / 2);
    expect(await emails()).toEqual(expected);
    const list = await shelved();
    expect({ total: list.total, alarms: list.items.map(({ alarms }) => alarms), note: list.items.at(-1)?.note }).toEqual({ total: SENSORS, alarms: Array.from({ length: SENSORS }, () => 1), note: 'sensor 1' });
    expect(mailServer.mails).toHaveLength(0);
    await product.kill();

    await systemClock.sleep(Math.max(0, Date.parse(until) - Date.now()) + 500);
    expect(mailServer.mails).toHaveLength(0);
    product.start();
    await product.waitUntilUp();
    await waitFor('the ends', async () => (await shelved()).total === 0);
    // As soon as the first of them is on its way.
    await waitFor('an e-mail', () => mailServer.mails.length > 0);
    await product.killAndRestart();
    await product.waitUntilUp();
    await product.waitUntilSettled();

    const open = (await product.alarms()).filter(({ status }) => status === 'open');
    expect(open.map(({ sensorId, email }) => [Number(sensorId), email]).sort()).toEqual([2, 4, 6, 8].map((sensorId) => [sensorId, 'sent']));
    const mails = await mailServer.parsed();
    const unflagged = mails.filter(({ headers }) => !headers.has('x-vigia-possible-duplicate')).map(({ headers }) => headers.get('x-vigia-alarm-id'));
    expect([...new Set(await mailed())]).toEqual(open.map(({ alarmId }) => alarmId).sort());
    expect(new Set(unflagged).size).toBe(unflagged.length);

    const before = { mails: mails.length, alarms: await product.alarms() };
    await product.command('rebuild', 'alarms');
    await product.command('rebuild', 'shelved-sensors');
    await product.waitUntilSettled();
    expect({ mails: mailServer.mails.length, alarms: await product.alarms() }).toEqual(before);
  }, 120_000);
});
