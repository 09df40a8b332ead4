import { join } from 'node:path';
import { alarmTriggered, CUSTOMER, raise } from '../../test/support/alarm-fixtures.js';
import { dyingAt, eventually, NotifierBench, withAppend } from '../../test/support/notifier-bench.js';
import type { SmtpBehaviour } from '../../test/support/smtp-test-server.js';
import { systemClock } from '../clock.js';
import { OutcomeUnknown, StoreUnavailable } from '../event-store/event-store.js';
import { MailboxFolderMailer } from './mailbox-folder-mailer.js';
import type { Mailer } from './mailer.js';
import { reconcileMails } from './reconcile-mails.js';
import { retryParked } from './retry-parked.js';

/** Past the end of a claim, and the pause after that of a few attempts. */
const AFTER_CLAIM_MS = 120_000;

let bench: NotifierBench;
beforeEach(async () => {
  bench = await NotifierBench.open();
});
afterEach(async () => bench.close());

/** How often each alarm's mail was received, and how often of these unflagged. */
async function copies(): Promise<Map<string, { all: number; unflagged: number }>> {
  const counts = new Map<string, { all: number; unflagged: number }>();
  for (const mail of await bench.server.parsed()) {
    const alarmId = mail.headers.get('x-vigia-alarm-id') as string;
    const count = counts.get(alarmId) ?? { all: 0, unflagged: 0 };
    count.all += 1;
    if (mail.headers.get('x-vigia-possible-duplicate') !== 'true') count.unflagged += 1;
    counts.set(alarmId, count);
  }
  return counts;
}

async function received(alarmIds: readonly string[], limitMs?: number): Promise<void> {
  await eventually(`${alarmIds.length} mails recorded as sent`, async () => {
    for (const alarmId of alarmIds) if (!(await bench.history(alarmId)).some((line) => /^(Sent|Parked)/.test(line))) return false;
    return true;
  }, limitMs);
}

async function raiseMany(count: number): Promise<string[]> {
  const alarms = Array.from({ length: count }, (_, index) => alarmTriggered(index % 2 === 0 ? CUSTOMER.id : index));
  await Promise.all(alarms.map((alarm) => raise(bench.store, alarm)));
  return alarms.map((alarm) => alarm.data.alarmId);
}

describe('the dispatcher (P4)', () => {
  it('sends one mail per alarm with the customer in it, records it, and tells how long it took', async () => {
    const latencies: number[] = [];
    const dispatcher = bench.start({ onSent: (latencyMs) => latencies.push(latencyMs) });
    await eventually('catching up', () => dispatcher.status().caughtUp);
    for (let index = 0; index < 30; index += 1) {
      const { data } = await raise(bench.store);
      await received([data.alarmId]);
      expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Sent 1']);
    }
    const [mail] = await bench.server.parsed();
    expect(mail?.text).toContain(CUSTOMER.streetaddress);
    expect(bench.server.mails).toHaveLength(30);
    expect(latencies.every((ms) => ms >= 0 && ms < 30_000)).toBe(true);
    expect(dispatcher.status()).toMatchObject({ pending: 0, inWork: 0, lagMs: 0, sent: 30, failed: 0, parked: 0, lastError: null });
  });

  it('mails the alarm of an unknown sensor, and says so', async () => {
    bench.start();
    const { data } = await raise(bench.store, alarmTriggered(77));
    await received([data.alarmId]);
    const [mail] = await bench.server.parsed();
    expect(mail?.text).toContain('Sensor desconocido');
    expect(mail?.text).toContain('Sensor: 77');
  });

  it('retries after 4xx and cut connections, unflagged', async () => {
    const behaviours: SmtpBehaviour[] = [{ dropAt: 'rcpt-to' }, { refuseAt: 'data', code: 451 }, { refuseAt: 'mail-from', code: 421 }];
    bench.server.behave = (attempt) => behaviours[attempt - 1] ?? 'accept';
    bench.start();
    const { data } = await raise(bench.store);
    await received([data.alarmId]);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Failed 1', 'Claimed 2', 'Failed 2', 'Claimed 3', 'Sent 3']);
    // The 421 ended a kept connection before any of the mail was sent: the mailer itself took another.
    expect(bench.server.attempts).toBe(4);
    expect((await copies()).get(data.alarmId)).toEqual({ all: 1, unflagged: 1 });
  });

  it('parks a mail at once after 5xx, visibly and without an address, until an operator asks for it again', async () => {
    bench.server.behave = () => ({ refuseAt: 'rcpt-to', code: 550 });
    const dispatcher = bench.start();
    const { data } = await raise(bench.store);
    await eventually('parking', () => dispatcher.status().parked === 1);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Parked 1']);
    expect(dispatcher.status()).toMatchObject({ pending: 0, sent: 0, lastError: { message: expect.stringContaining('550') } });
    bench.server.behave = () => 'accept';
    expect(await retryParked(bench.store, systemClock, data.alarmId, 'op-1')).toBe(true);
    expect(await retryParked(bench.store, systemClock, data.alarmId, 'op-1')).toBe(false);
    expect(await retryParked(bench.store, systemClock, 'no-such-alarm', 'op-1')).toBe(false);
    await eventually('sending', () => bench.server.mails.length === 1);
    await eventually('recording', async () => (await bench.history(data.alarmId)).length === 6);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Parked 1', 'Requeued', 'Claimed 2', 'Sent 2']);
  });

  it('parks a mail after its last attempt while the server is away', async () => {
    const mailer = bench.smtp();
    await bench.server.stop();
    const dispatcher = bench.start({ mailer, policy: { maxAttempts: 3 } });
    const { data } = await raise(bench.store);
    await eventually('parking', () => dispatcher.status().parked === 1);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Failed 1', 'Claimed 2', 'Failed 2', 'Claimed 3', 'Parked 3']);
  });

  it('parks a requeued mail whose alarm is in no stream', async () => {
    const dispatcher = bench.start();
    const orphan = alarmTriggered();
    const about = { alarmId: orphan.data.alarmId, sensorId: 5 };
    const metadata = { schemaVersion: 1, recordedAt: orphan.metadata.recordedAt, correlationId: 'c', causationId: 'c' };
    const parked = { id: orphan.id, type: 'NotificationParked', data: { ...about, attempt: 0, reason: 'lost' }, metadata };
    await bench.store.append(`notification-${about.alarmId}`, [parked], 'no-stream');
    expect(await retryParked(bench.store, systemClock, about.alarmId, 'op-1')).toBe(true);
    await eventually('parking', () => dispatcher.status().parked === 1);
    expect(await bench.history(about.alarmId)).toEqual(['Parked 0', 'Requeued', 'Parked 0']);
  });

  it('sends a flagged copy, with the same Message-ID and not before the limit, when the answer was lost', async () => {
    bench.server.behave = (attempt) => (attempt === 1 ? { dropAt: 'after-data-kept' } : 'accept');
    const dispatcher = bench.start();
    const { data } = await raise(bench.store);
    await eventually('the loss', () => dispatcher.status().lastError !== null && dispatcher.status().inWork === 0);
    bench.clock.skip(55_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1']);
    bench.clock.skip(5000);
    await received([data.alarmId]);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Claimed 2 flagged', 'Sent 2 flagged']);
    const mails = await bench.server.parsed();
    expect(mails.map((mail) => mail.headers.get('x-vigia-possible-duplicate'))).toEqual([undefined, 'true']);
    expect(new Set(mails.map((mail) => mail.messageId)).size).toBe(1);
  });

  it('refuses a claim limit that a sending could outlast', () => {
    expect(() => bench.start({ policy: { claimLimitMs: 30_000 } })).toThrow('a claim lasts 30000 ms, which must exceed the 30000 ms');
  });
});

describe('when its term is over', () => {
  it('sends nothing that it has claimed, and another sends it at once, unflagged', async () => {
    let isClaimed = false;
    const store = withAppend(bench.store, async (append, ...call) => {
      const result = await append(...call);
      isClaimed ||= call[1].some(({ type }) => type === 'NotificationClaimed');
      return result;
    });
    const frozen = bench.start({ store, term: { isHeld: () => !isClaimed } });
    const { data } = await raise(bench.store);
    await eventually('the record', async () => (await bench.history(data.alarmId)).length === 3);
    await frozen.retire();
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Failed 1']);
    expect(bench.server.mails).toEqual([]);
    bench.start();
    await received([data.alarmId]);
    expect((await copies()).get(data.alarmId)).toEqual({ all: 1, unflagged: 1 });
  });

  it('records what it has sent, when the store is back', async () => {
    let isAway = false;
    const store = withAppend(bench.store, async (append, ...call) => {
      if (isAway) throw new StoreUnavailable('the spec has taken it down');
      return append(...call);
    });
    const lost = bench.start({ store });
    bench.server.behave = () => {
      isAway = true;
      return 'accept';
    };
    const { data } = await raise(bench.store);
    await eventually('the mail', () => bench.server.mails.length === 1);
    const retired = lost.retire();
    await new Promise((resolve) => setTimeout(resolve, 300));
    isAway = false;
    await retired;
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Sent 1']);
  });
});

describe('after a crash', () => {
  const mute = (mailer: Mailer): Mailer => ({ way: mailer.way, sendLimitMs: mailer.sendLimitMs, find: (name) => mailer.find(name), close: () => mailer.close(), send: () => new Promise(() => undefined) });

  it('between claim and sending, SMTP: one mail, flagged, after the limit of the claim', async () => {
    const dead = bench.start({ mailer: mute(bench.smtp()) });
    const { data } = await raise(bench.store);
    await eventually('the claim', async () => (await bench.history(data.alarmId)).length === 2);
    void dead.stop();
    bench.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1']);
    bench.clock.skip(AFTER_CLAIM_MS);
    await received([data.alarmId]);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Claimed 2 flagged', 'Sent 2 flagged']);
    expect((await copies()).get(data.alarmId)).toEqual({ all: 1, unflagged: 0 });
  });

  it('between sending and Sent, SMTP: a second copy, flagged', async () => {
    const dead = bench.start({ store: dyingAt(bench.store, (_, types) => types.includes('NotificationSent')) });
    const { data } = await raise(bench.store);
    await eventually('the mail', () => bench.server.mails.length === 1);
    void dead.stop();
    bench.clock.skip(AFTER_CLAIM_MS);
    bench.start();
    await received([data.alarmId]);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Claimed 2 flagged', 'Sent 2 flagged']);
    expect((await copies()).get(data.alarmId)).toEqual({ all: 2, unflagged: 1 });
  });

  it('between claim and sending, mailbox folder: one mail, at once and unflagged', async () => {
    const dead = bench.start({ mailer: mute(await bench.folder()) });
    const { data } = await raise(bench.store);
    await eventually('the claim', async () => (await bench.history(data.alarmId)).length === 2);
    void dead.stop();
    bench.start({ mailer: await bench.folder() });
    await received([data.alarmId]);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Claimed 2', 'Sent 2']);
    expect(await bench.folderMails()).toHaveLength(1);
  });

  it('between sending and Sent, mailbox folder: no second mail, recorded at once', async () => {
    const store = dyingAt(bench.store, (_, types) => types.includes('NotificationSent'));
    const dead = bench.start({ mailer: await bench.folder(), store });
    const { data } = await raise(bench.store);
    await eventually('the mail', async () => (await bench.folderMails()).length === 1);
    void dead.stop();
    bench.start({ mailer: await bench.folder() });
    await received([data.alarmId]);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Sent 1']);
    const [mail] = await bench.folderMails();
    expect(mail?.headers.get('x-vigia-possible-duplicate')).toBeUndefined();
  });

  it('of a process that sent by SMTP, the folder does not take its own emptiness for an answer', async () => {
    const dead = bench.start({ store: dyingAt(bench.store, (_, types) => types.includes('NotificationSent')) });
    const { data } = await raise(bench.store);
    await eventually('the mail', () => bench.server.mails.length === 1);
    void dead.stop();
    bench.clock.skip(AFTER_CLAIM_MS);
    bench.start({ mailer: await bench.folder() });
    await received([data.alarmId]);
    const [mail] = await bench.folderMails();
    expect(mail?.headers.get('x-vigia-possible-duplicate')).toBe('true');
  });

  it('of a process with another folder, the folder does not take its own emptiness for an answer either', async () => {
    const store = dyingAt(bench.store, (_, types) => types.includes('NotificationSent'));
    const dead = bench.start({ mailer: await MailboxFolderMailer.open(join(bench.dir, 'other')), store });
    const { data } = await raise(bench.store);
    await eventually('the claim', async () => (await bench.history(data.alarmId)).length === 2);
    void dead.stop();
    bench.start({ mailer: await bench.folder() });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await bench.folderMails()).toEqual([]);
    bench.clock.skip(AFTER_CLAIM_MS);
    await received([data.alarmId]);
    const [mail] = await bench.folderMails();
    expect(mail?.headers.get('x-vigia-possible-duplicate')).toBe('true');
  });

  it('or any restart, also from the very first event, nothing is sent twice', async () => {
    const alarmIds = await raiseMany(40);
    const first = bench.start();
    await received(alarmIds);
    await first.stop();
    const second = bench.start();
    await eventually('catching up', () => second.status().caughtUp && second.status().pending === 0);
    await second.stop();
    await bench.store.deleteStream('checkpoint-notifications');
    const third = bench.start();
    await eventually('reading all again', () => third.status().caughtUp && third.status().pending === 0);
    const { data } = await raise(bench.store);
    await received([data.alarmId]);
    expect(bench.server.mails).toHaveLength(41);
  });

  it('the checkpoint stands before an alarm that is not final, though later ones are', async () => {
    bench.server.behave = (attempt) => (attempt === 1 ? { refuseAt: 'data', code: 451 } : 'accept');
    const first = bench.start({ policy: { firstRetryMs: 60_000, longestRetryMs: 60_000 } });
    const slow = await raise(bench.store);
    await eventually('the failure', () => first.status().failed === 1);
    const later = await raiseMany(5);
    await received(later);
    await eventually('the later ones', () => first.status().sent === 5);
    expect(first.status().pending).toBe(1);
    await first.stop();
    const second = bench.start();
    await eventually('finding it again', () => second.status().pending === 1);
    expect(await bench.history(slow.data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Failed 1']);
    expect(bench.server.mails).toHaveLength(5);
  });
});

describe('with the customer store down', () => {
  it('waits for the customer, and sends one complete mail', async () => {
    bench.customersAreDown = true;
    bench.start();
    const { data } = await raise(bench.store);
    await eventually('the request', async () => (await bench.history(data.alarmId)).length === 1);
    bench.customersAreDown = false;
    bench.clock.skip(1000);
    await received([data.alarmId]);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Sent 1']);
    const [mail] = await bench.server.parsed();
    expect(mail?.text).toContain(CUSTOMER.streetaddress);
  });

  it('sends without the customer after the limit, and completes that by a follow-up when the store is back, also after a restart', async () => {
    bench.customersAreDown = true;
    const first = bench.start();
    const { data } = await raise(bench.store);
    await eventually('the request', async () => (await bench.history(data.alarmId)).length === 1);
    bench.clock.skip(299_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await bench.history(data.alarmId)).toEqual(['Requested']);
    bench.clock.skip(1000);
    await received([data.alarmId]);
    await first.stop();
    bench.customersAreDown = false;
    const second = bench.start();
    await eventually('the follow-up', () => second.status().followUpsSent === 1);
    expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Sent 1', 'Completed']);
    const [mail, followUp] = await bench.server.parsed();
    expect(mail?.text).toContain('no están disponibles');
    expect(mail?.text).not.toContain(CUSTOMER.streetaddress);
    expect(followUp?.text).toContain(CUSTOMER.streetaddress);
    expect(followUp?.inReplyTo).toBe(mail?.messageId);
    await second.stop();
    const third = bench.start();
    const other = await raise(bench.store);
    await received([other.data.alarmId]);
    expect(third.status().followUpsSent).toBe(0);
    expect(bench.server.mails).toHaveLength(3);
  });

  it('keeps a follow-up that the server does not take now, and says of which alarm it gives up one that it never will', async () => {
    bench.customersAreDown = true;
    const dispatcher = bench.start({ customerWaitMs: 0 });
    const alarms = [await raise(bench.store), await raise(bench.store)];
    await received(alarms.map(({ data }) => data.alarmId));
    const before = bench.server.attempts;
    bench.server.behave = (attempt) => (attempt === before + 1 ? { refuseAt: 'data', code: 451 } : attempt === before + 3 ? { refuseAt: 'data', code: 554 } : 'accept');
    bench.customersAreDown = false;
    await eventually('both', () => dispatcher.status().followUpsSent === 1 && dispatcher.status().followUpsGivenUp === 1);
    expect(bench.server.mails).toHaveLength(3);
    const reconciled = () => reconcileMails({ store: bench.store, mailer: null, clock: bench.clock, onProgress: () => undefined, onDifference: () => undefined });
    await eventually('the record of the other', async () => (await reconciled()).withoutCustomer === 1);
    expect(await reconciled()).toMatchObject({ alarms: 2, sent: 2, missing: 0, withoutCustomer: 1 });
    const histories = await Promise.all(alarms.map(async ({ data: { alarmId } }) => ({ alarmId, lines: await bench.history(alarmId) })));
    const alarmId = histories.find(({ lines }) => !lines.includes('Completed'))?.alarmId;
    expect(bench.errors).toEqual([{ alarmId, sensorId: CUSTOMER.id, err: expect.objectContaining({ name: 'MailRefused' }) }]);
  });
});

describe('two dispatchers, and a disturbed store', () => {
  it('two at once send one mail per alarm, unflagged', async () => {
    const [one, two] = [bench.start(), bench.start()];
    const alarmIds = await raiseMany(100);
    await received(alarmIds);
    // Each waits for the end of the other's claims, and then finds them sent.
    bench.clock.skip(AFTER_CLAIM_MS);
    await eventually('both at rest', () => one.status().pending === 0 && two.status().pending === 0);
    expect([...(await copies()).values()]).toEqual(alarmIds.map(() => ({ all: 1, unflagged: 1 })));
  });

  it('two at once send one mail per alarm when they come to the same retry', async () => {
    bench.server.behave = (attempt) => (attempt <= 50 ? { refuseAt: 'rcpt-to', code: 451 } : 'accept');
    const [one, two] = [bench.start(), bench.start()];
    const alarmIds = await raiseMany(50);
    await received(alarmIds);
    bench.clock.skip(AFTER_CLAIM_MS);
    await eventually('both at rest', () => one.status().pending === 0 && two.status().pending === 0);
    expect([...(await copies()).values()]).toEqual(alarmIds.map(() => ({ all: 1, unflagged: 1 })));
  });

  it('loses and doubles none when appends fail, before or after they were stored', async () => {
    let seed = 1;
    const store = withAppend(bench.store, async (append, ...call) => {
      seed = (seed * 48_271) % 2_147_483_647;
      const luck = seed % 12;
      if (luck < 2) throw new StoreUnavailable('the spec says so');
      const result = await append(...call);
      if (luck > 9) throw new OutcomeUnknown('the spec says so');
      return result;
    });
    const dispatcher = bench.start({ store });
    const alarmIds = await raiseMany(50);
    await received(alarmIds);
    await eventually('rest', () => dispatcher.status().pending === 0);
    expect([...(await copies()).values()]).toEqual(alarmIds.map(() => ({ all: 1, unflagged: 1 })));
  });

  it('never sends none, nor two unflagged, whatever the server does and whenever a dispatcher dies', async () => {
    const behaviours: SmtpBehaviour[] = ['accept', { dropAt: 'after-data-kept' }, { refuseAt: 'data', code: 451 }, 'accept', { dropAt: 'rcpt-to' }, { dropAt: 'after-data' }, { refuseAt: 'rcpt-to', code: 452 }];
    bench.server.behave = (attempt) => behaviours[attempt % behaviours.length] ?? 'accept';
    const alarmIds = await raiseMany(60);
    for (const last of ['NotificationSent', 'NotificationClaimed', 'NotificationFailed', 'NotificationSent']) {
      let left = 7;
      const dead = bench.start({ store: dyingAt(bench.store, (_, types) => types.includes(last) && (left -= 1) === 0) });
      bench.start();
      await eventually(`death before ${last}`, () => left <= 0 || dead.status().pending === 0);
      void dead.stop();
      bench.clock.skip(AFTER_CLAIM_MS);
    }
    bench.server.behave = () => 'accept';
    await eventually('the last mails', async () => {
      bench.clock.skip(AFTER_CLAIM_MS);
      return received(alarmIds, 300).then(() => true, () => false);
    });
    const counts = await copies();
    for (const alarmId of alarmIds) {
      const count = counts.get(alarmId);
      expect(count?.all).toBeGreaterThanOrEqual(1);
      expect(count?.unflagged).toBeLessThanOrEqual(1);
    }
  });
});

describe('bounds', () => {
  it('reads at most 1,000 alarms ahead while none can be sent, and sends all when the server is back', async () => {
    bench.server.behave = () => ({ refuseAt: 'mail-from', code: 451 });
    const dispatcher = bench.start({ policy: { maxAttempts: 100, longestRetryMs: 2000 } });
    const alarmIds = await raiseMany(1040);
    await eventually('the bound', () => dispatcher.status().pending === 1000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(dispatcher.status().pending).toBe(1000);
    expect(dispatcher.status().inWork).toBeLessThanOrEqual(8);
    bench.server.behave = () => 'accept';
    await eventually('all mails', () => dispatcher.status().sent === alarmIds.length, 60_000);
    expect(bench.server.mails).toHaveLength(alarmIds.length);
  }, 90_000);

  it('stops within 3 s while the server hangs, and the next start takes over', async () => {
    bench.server.behave = (attempt) => (attempt === 1 ? { answerAfterMs: 60_000 } : 'accept');
    const dispatcher = bench.start();
    const { data } = await raise(bench.store);
    await eventually('the attempt', () => bench.server.attempts === 1);
    const start = Date.now();
    await dispatcher.stop();
    expect(Date.now() - start).toBeLessThan(3000);
    bench.clock.skip(AFTER_CLAIM_MS);
    bench.start();
    await received([data.alarmId]);
    expect((await copies()).get(data.alarmId)).toEqual({ all: 2, unflagged: 1 });
  });
});
