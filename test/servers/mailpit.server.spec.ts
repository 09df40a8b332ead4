import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { CUSTOMER_COLUMNS, type Customer } from '../../src/customers/customer.js';
import { Product, type ApiAlarm } from '../acceptance/product.js';
import { MAIL_SEND_SECONDS } from '../support/mail-send-seconds.js';
import { Mailpit } from './mailpit.js';
import { freePort } from './server-process.js';

/** The built product with a real mail server: reading → alarm → e-mail. */
describe('Vigía with SMTP_URL, on Mailpit', () => {
  let mailpit: Mailpit;
  let product: Product;
  let dir: string;

  beforeAll(async () => {
    mailpit = await Mailpit.start();
    dir = mkdtempSync(join(tmpdir(), 'vigia-mailpit-'));
    const ports = { ingest: await freePort(), console: await freePort() };
    const paths = { dataDir: join(dir, 'data'), logFile: join(dir, 'product.log') };
    product = new Product(paths, ports, 200, { SMTP_URL: mailpit.smtpUrl, VIGIA_MAIL_SEND_SECONDS: MAIL_SEND_SECONDS, VIGIA_MAIL_LANGUAGE: 'en' });
    product.start();
    await product.waitUntilUp();
    await product.waitUntilSettled();
  });
  afterAll(async () => {
    await product.interrupt();
    await mailpit.stop();
    rmSync(dir, { recursive: true });
  });

  const post = async (topic: string, body: string): Promise<void> => {
    const answer = await fetch(`${product.ingestUrl}/topics/${topic}/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    expect(answer.status).toBe(200);
  };

  it('R4: sends one e-mail per alarm, with all the customer’s data', async () => {
    for (const sensor of [7, 8, 9]) await post('ENTRY', `{"${sensor}", "true", "false", "20.0", "30.0"}`);
    for (let strike = 0; strike < 3; strike += 1) await post('ENTRY', '{"10", "false", "true", "20.0", "30.0"}');
    await post('ENTRY', '{"7", "true", "false", "20.0", "30.0"}');
    await product.waitUntilSettled();

    const alarms: ApiAlarm[] = await product.alarms();
    expect(alarms.map(({ sensorId, type, email }) => `${sensorId} ${type} ${email}`).sort()).toEqual(['10 smoke sent', '7 motion sent', '8 motion sent', '9 motion sent']);
    const mails = await Promise.all((await mailpit.list()).map(async ({ ID }) => simpleParser(await mailpit.raw(ID))));
    expect(mails.map((mail) => mail.headers.get('x-vigia-alarm-id')).sort()).toEqual(alarms.map(({ alarmId }) => alarmId).sort());
    for (const { alarmId, sensorId } of alarms) {
      const customer = (await product.get(`/api/customers/${sensorId}`)) as Customer;
      const mail = mails.find((candidate) => candidate.headers.get('x-vigia-alarm-id') === alarmId);
      for (const column of CUSTOMER_COLUMNS) expect(mail?.text).toContain(String(customer[column]));
      expect(mail?.headers.has('x-vigia-possible-duplicate')).toBe(false);
    }
  });

  it('P4: sends the e-mails that were owed when the process was killed, and none twice', async () => {
    for (let sensor = 20; sensor < 60; sensor += 1) {
      await post('ENTRY', `{"${sensor}", "true", "false", "20.0", "30.0"}`);
      if (sensor === 40) {
        await product.killAndRestart();
        await product.waitUntilUp();
        await product.waitUntilSettled();
      }
    }
    await product.waitUntilSettled();
    const alarms = await product.alarms();
    const mails = await Promise.all((await mailpit.list()).map(async ({ ID }) => simpleParser(await mailpit.raw(ID))));
    const unflagged = mails.filter((mail) => !mail.headers.has('x-vigia-possible-duplicate')).map((mail) => mail.headers.get('x-vigia-alarm-id') as string);
    expect(new Set(unflagged).size).toBe(unflagged.length);
    expect(new Set(mails.map((mail) => mail.headers.get('x-vigia-alarm-id')))).toEqual(new Set(alarms.map(({ alarmId }) => alarmId)));
  }, 240_000);
});
