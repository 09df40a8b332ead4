import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { LEASE_TIMES } from '../../src/leases/leased-role.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { EventStoreDbDouble } from '../doubles/eventstoredb/eventstoredb-double.js';
import { freePort } from '../servers/server-process.js';
import { metricOf } from '../support/metrics.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';

/** From the death of the process that sends the e-mails to those of the one that takes over. */
const TAKEOVER_LIMIT_MS = 10_000;

/** Two built products, each with a data folder and an embedded log of its own, on one event store and one mail server. */
describe('two processes on one event store', () => {
  let dir: string;
  let double: EventStoreDbDouble;
  let mailServer: SmtpTestServer;
  let products: Product[];
  /** Every alarm's sensor so far; each reading raises one, in the order of the numbers. */
  let raised = 0;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-failover-'));
    double = await EventStoreDbDouble.start();
    mailServer = await SmtpTestServer.start();
    products = [];
    for (const name of ['a', 'b']) {
      const paths = { dataDir: join(dir, name), logFile: join(dir, `${name}.log`) };
      const settings = { EVENTSTORE_URL: double.url, SMTP_URL: mailServer.url };
      products.push(new Product(paths, { ingest: await freePort(), console: await freePort() }, 0, settings));
    }
    for (const product of products) product.start();
    for (const product of products) await product.waitUntilUp();
  }, 120_000);
  afterAll(async () => {
    await stopAll();
    await mailServer.stop();
    await double.stop();
    rmSync(dir, { recursive: true });
  });

  const metric = (product: Product, name: string): Promise<number | null> => metricOf(product.consoleUrl, name, { role: 'notify' });
  const holds = async (product: Product): Promise<boolean> => (await metric(product, 'vigia_lease_held')) === 1;
  const untilHeldBy = (product: Product) => waitFor('the taking of the lease', () => holds(product), TAKEOVER_LIMIT_MS);

  /** Which of the two sends the e-mails now, and which does not. */
  async function sides(): Promise<{ active: Product; standby: Product }> {
    let active: Product | undefined;
    await waitFor('one holder', async () => {
      const held = await Promise.all(products.map(holds));
      active = held[0] === held[1] ? undefined : products[held.indexOf(true)];
      return active !== undefined;
    });
    return { active: active!, standby: products.find((product) => product !== active)! };
  }

  async function raise(through: Product, alarms: number): Promise<void> {
    for (let i = 0; i < alarms; i += 1) {
      raised += 1;
      const answer = await fetch(`${through.ingestUrl}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: `{"${raised}", "true", "false", "20.0", "30.0"}` });
      expect(answer.status).toBe(200);
    }
  }
  const untilAllMailed = (limitMs = TAKEOVER_LIMIT_MS) => waitFor(`${raised} e-mails`, () => mailServer.mails.length >= raised, limitMs);

  /** P4, by what the mail server has: one e-mail for each alarm, none flagged. */
  async function expectOneEach(): Promise<void> {
    const mails = await mailServer.parsed();
    const ids = mails.map(({ headers }) => headers.get('x-vigia-alarm-id') as string);
    const alarms = double.log.all.filter(({ type }) => type === 'AlarmTriggered').map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as { alarmId: string }).alarmId);
    expect(alarms).toHaveLength(raised);
    expect(ids.sort()).toEqual(alarms.sort());
    expect(mails.filter(({ headers }) => headers.has('x-vigia-possible-duplicate'))).toEqual([]);
  }

  it('one of them sends the e-mails, and the other says who', async () => {
    const { active, standby } = await sides();
    await raise(standby, 3);
    await untilAllMailed();
    await expectOneEach();
    // It looks at the lease twice a second.
    await waitFor('the other’s word of who does', async () => {
      const { parts } = (await standby.get('/api/health')) as { parts: { name: string; status: string; detail: string }[] };
      const { status, detail = '' } = parts.find(({ name }) => name === 'notifications') ?? {};
      return status === 'up' && /^done by .+\/\d+\/.+, term 1$/.test(detail);
    });
    expect(await metric(active, 'vigia_lease_takeovers_total')).toBe(1);
    expect(double.log.all.filter(({ stream }) => stream.startsWith('lease-count'))).toEqual([]);
  });

  it('the other takes over within 10 s of a kill -9', async () => {
    const { active, standby } = await sides();
    const startMs = performance.now();
    await active.kill();
    await raise(standby, 5);
    await untilAllMailed();
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeLessThan(TAKEOVER_LIMIT_MS);
    await expectOneEach();
    active.start();
    await active.waitUntilUp();
    await untilHeldBy(standby);
    expect(await holds(active)).toBe(false);
  }, 120_000);

  it('the other takes over within 10 s of a freeze, and the frozen one sends nothing when it goes on', async () => {
    const { active, standby } = await sides();
    active.signal('SIGSTOP');
    const startMs = performance.now();
    await raise(standby, 5);
    await untilAllMailed();
    expect(performance.now() - startMs).toBeLessThan(TAKEOVER_LIMIT_MS);
    active.signal('SIGCONT');
    await waitFor('the end of its term', async () => (await metric(active, 'vigia_lease_losses_total')) === 1);
    expect(await holds(active)).toBe(false);
    await raise(active, 5);
    await untilAllMailed();
    await systemClock.sleep(1000);
    await expectOneEach();
  }, 60_000);

  it('one that was frozen between claim and e-mail does not send it, and the other does, unflagged', async () => {
    const { active, standby } = await sides();
    const failures = () => double.log.all.filter(({ type }) => type === 'NotificationFailed');
    const claims = () => double.log.all.filter(({ type }) => type === 'NotificationClaimed').length;
    const [claimed, failed] = [claims(), failures().length];
    double.faults.appendDelayMs = 700;
    await raise(standby, 1);
    await waitFor('the claim', () => claims() > claimed);
    active.signal('SIGSTOP'); // it has not heard yet that its claim is stored
    double.faults.appendDelayMs = 0;
    await untilHeldBy(standby);
    active.signal('SIGCONT');
    await waitFor('the record of the attempt', () => failures().length > failed);
    expect(Buffer.from(failures().at(-1)!.data).toString()).toContain('the process that sends mails has changed');
    await untilAllMailed();
    await systemClock.sleep(500);
    await expectOneEach();
  }, 60_000);

  it('the other takes over at once when the process is stopped in order', async () => {
    const { active, standby } = await sides();
    const { code } = await active.interrupt();
    expect(code).toBe(0);
    const endedAt = performance.now();
    await untilHeldBy(standby);
    // Half of the time after which it would take over without a word.
    expect(performance.now() - endedAt).toBeLessThan(LEASE_TIMES.ttlMs / 2);
    await raise(standby, 2);
    await untilAllMailed();
    await expectOneEach();
  }, 60_000);
});
