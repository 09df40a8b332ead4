import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { systemClock } from '../../src/clock.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import { waitFor } from '../support/wait-for.js';
import { sendRecord } from './send-record.js';
import type { SentRecord } from './verifier/outputs.js';

interface Reconciled {
  readonly records: number;
  readonly unaccounted: number;
  readonly problems: readonly string[];
  readonly readModels: readonly { readonly name: string; readonly rows: number; readonly differing: number }[];
  readonly emails: Readonly<Record<string, number>>;
}

describe('vigia reconcile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-reconcile-'));
  afterAll(async () => {
    await stopAll();
    rmSync(folder, { recursive: true });
  });

  it('holds log, events, read models and e-mails against each other, live, over a range, and names each difference', async () => {
    const dataDir = join(folder, 'data');
    const product = new Product({ dataDir, logFile: join(folder, 'log') }, { ingest: await freePort(), console: await freePort() }, 0);
    const reconcile = async (...args: string[]) => JSON.parse(await product.command('reconcile', '--json', ...args)) as Reconciled;
    product.start();
    await product.waitUntilUp();
    for (const sensor of [1, 2, 3]) await sendRecord(product.ingestUrl, 'ENTRY', `[${sensor},true,false,20,30]`, `first-${sensor}`, []);
    await product.waitUntilSettled();
    const between = new Date().toISOString();
    await sendRecord(product.ingestUrl, 'ENTRY', '[4,true,false,20,30]', 'second-4', []);
    await sendRecord(product.ingestUrl, 'ENTRY', '[4,false,false,20,30]', 'second-5', []);
    await product.waitUntilSettled();

    const whole = await reconcile();
    expect(whole).toMatchObject({ records: 5, unaccounted: 0, problems: [], emails: { alarms: 4, sent: 4, pending: 0, missing: 0, doubled: 0 } });
    expect(whole.readModels.find(({ name }) => name === 'alarms')).toEqual({ name: 'alarms', rows: 4, differing: 0 });
    expect(await reconcile('--to', between)).toMatchObject({ records: 3, unaccounted: 0, problems: [], emails: { alarms: 3 } });
    expect(await reconcile('--from', between)).toMatchObject({ records: 2, unaccounted: 0, problems: [], emails: { alarms: 1 } });

    const [alarm] = await product.alarms();
    await product.interrupt();
    const [mail] = readdirSync(join(dataDir, 'mailbox')).filter((name) => name.endsWith('.eml'));
    rmSync(join(dataDir, 'mailbox', mail as string));
    const database = new Database(join(dataDir, 'read-models.db'), {}) as { exec(sql: string): void; prepare(sql: string): { all(): { name: string }[] }; close(): void };
    const table = (projection: string) => database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '${projection}_[0-9]*'`).all()[0]?.name;
    database.exec(`UPDATE ${table('alarms')} SET status = 'recovered' WHERE key = '${alarm?.alarmId}'`);
    database.exec(`DELETE FROM ${table('alarm_map')} WHERE "sensorId" = 2`);
    database.close();
    const { problems, readModels, emails } = await reconcile();
    expect([...problems].sort()).toEqual([
      expect.stringMatching(/^alarm-map: row \S+ is missing, expected \{.*"sensorId":2/),
      expect.stringMatching(new RegExp(`^alarms: row ${alarm?.alarmId} is .*"recovered".*, expected .*"open"`)),
      `e-mail of ${mail?.replace('.eml', '')}: recorded as sent, but not in the mailbox folder`,
    ]);
    expect(readModels.filter(({ differing }) => differing > 0).map(({ name }) => name).sort()).toEqual(['alarm-map', 'alarms']);
    expect(emails).toMatchObject({ alarms: 4, missing: 1 });
  }, 120_000);

  it('finds no difference while readings come in and alarms and e-mails are on their way', async () => {
    const product = new Product({ dataDir: join(folder, 'live'), logFile: join(folder, 'log') }, { ingest: await freePort(), console: await freePort() }, 0);
    product.start();
    await product.waitUntilUp();
    const stop = new AbortController();
    const sent: SentRecord[] = [];
    const sending = Promise.all([1, 2, 3, 4].map(async (lane) => {
      for (let message = 0; !stop.signal.aborted; message += 1) {
        await sendRecord(product.ingestUrl, 'ENTRY', `[${lane * 10_000 + message},${message % 4 === 0},false,20,30]`, `${lane}-${message}`, sent);
        await systemClock.sleep(20);
      }
    }));
    let before = 0;
    try {
      for (let time = 0; time < 3; time += 1) {
        await waitFor('more records', () => sent.length > before);
        const { records, unaccounted, problems } = JSON.parse(await product.command('reconcile', '--json')) as Reconciled;
        expect({ unaccounted, problems }).toEqual({ unaccounted: 0, problems: [] });
        // Else it was not live.
        expect(records).toBeGreaterThan(before);
        before = records;
      }
    } finally {
      stop.abort();
      await sending;
    }
    expect(sent.length).toBeGreaterThan(before);
    await product.interrupt();
  }, 120_000);
});
