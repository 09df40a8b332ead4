import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { EventStoreDbDouble, type DoubleOptions } from '../../test/doubles/eventstoredb/eventstoredb-double.js';
import { newDir } from '../../test/support/projection-events.js';
import { selfSigned, type SelfSigned } from '../../test/support/self-signed.js';
import { systemClock } from '../clock.js';
import { StoreUnavailable, type EventStore, type EventToAppend } from './event-store.js';
import { BadEventStoreUrl } from './eventstoredb-url.js';
import { openEventStore } from './open-event-store.js';
import { all, rejection, repeatedly } from '../../test/support/outcomes.js';

const PASSWORD = 'p@ss:word';
const ENCODED = encodeURIComponent(PASSWORD);

describe('the event store that is configured', () => {
  let dir: string;
  let certificate: SelfSigned;
  let logged: string;
  const doubles: EventStoreDbDouble[] = [];
  const stores: EventStore[] = [];
  const logger = pino({ level: 'trace' }, new Writable({ write: (chunk, _encoding, done) => void ((logged += String(chunk)), done()) }));

  beforeAll(() => {
    dir = newDir();
    certificate = selfSigned(dir);
  });
  beforeEach(() => {
    logged = '';
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    for (const double of doubles.splice(0)) await double.stop();
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function serve(options: DoubleOptions = {}): Promise<EventStoreDbDouble> {
    const double = await EventStoreDbDouble.start(options);
    doubles.push(double);
    return double;
  }

  async function open(eventStoreUrl: string | null, limitMs = 0): Promise<EventStore> {
    const store = await openEventStore({ eventStoreUrl, dataDir: dir }, systemClock, logger, limitMs);
    stores.push(store);
    return store;
  }

  const secured = () => serve({ tls: certificate, users: { vigia: PASSWORD } });
  const ca = () => `tlsCAFile=${encodeURIComponent(certificate.certFile)}`;

  it('is the one in the data folder without a URL', async () => {
    const store = await open(null);
    expect((await store.append('a', [event()], 'no-stream')).position).toBe('0000000000000001');
  });

  it('is waited for, and named when it does not come', async () => {
    const double = await serve();
    await double.stop();
    setTimeout(() => void double.start(), 300);
    const store = await open(double.url, 10_000);
    expect(await store.headPosition()).toBeNull();
    expect(logged).toContain('waiting for the event store');
    await double.stop();
    const refused = open(double.url);
    await expect(refused).rejects.toThrow(`EventStoreDB at ${double.address} can't be reached`);
    await expect(refused).rejects.toThrow(StoreUnavailable);
  });

  it('is not asked for by a URL that can’t be used', async () => {
    await expect(open('esdb://127.0.0.1:2113?tls=perhaps', 60_000)).rejects.toThrow(BadEventStoreUrl);
  });

  it('takes TLS and credentials from the URL, for appends, reads, metadata, deletions and subscriptions', async () => {
    const { address } = await secured();
    const store = await open(`esdb://vigia:${ENCODED}@${address}?${ca()}`);
    const sent = event();
    await store.append('a', [sent], 'no-stream');
    await store.setStreamMetadata('a', { maxCount: 3 });
    for await (const message of store.subscribe({ signal: new AbortController().signal })) {
      if (message.type === 'event') expect(message.event.id).toBe(sent.id);
      else break;
    }
    expect(await all(store.readStream('a'))).toHaveLength(1);
    expect(await all(store.readAll({ filter: { types: ['Something'] } }))).toHaveLength(1);
    await store.deleteStream('a');
    expect(await all(store.readStream('a'))).toEqual([]);
  });

  it.each([
    ['a wrong password', (address: string) => `esdb://vigia:${ENCODED}x@${address}?${ca()}`],
    ['another user', (address: string) => `esdb://nobody:${ENCODED}@${address}?${ca()}`],
    ['no credentials', (address: string) => `esdb://${address}?${ca()}`],
  ])('is refused at once with %s, which no message tells', async (_what, urlOf) => {
    const { address } = await secured();
    const error = await rejection(open(urlOf(address), 60_000));
    expect(String(error)).toContain(`EventStoreDB at ${address} refuses user or password`);
    expectNoPassword(error);
  });

  it('is not trusted with a certificate that the URL does not name', async () => {
    const { address } = await secured();
    const error = await rejection(open(`esdb://vigia:${ENCODED}@${address}`));
    expect(error).toMatchObject({ name: 'StoreUnavailable', cause: { message: expect.stringMatching(/self-signed certificate/) } });
    expectNoPassword(error);
  });

  it('says that an append was denied when the password was changed, and goes on when it is right again', async () => {
    const double = await secured();
    const store = await open(`esdb://vigia:${ENCODED}@${double.address}?${ca()}`);
    await store.append('a', [event()], 'no-stream');
    double.users = { vigia: 'another' };
    double.cutConnections();
    const batch = [event()];
    await until(async () => {
      const error = await rejection(store.append('a', batch, 0n));
      expectNoPassword(error);
      return String(error).includes('was denied');
    });
    double.users = { vigia: PASSWORD };
    expect((await repeatedly(() => store.append('a', batch, 0n))).revision).toBe(1n);
  });

  it.each(['several hosts', 'esdb+discover'])('is the leader of a cluster by %s, and the next one when that is gone; nothing is lost or doubled', async (how) => {
    const first = await serve();
    const second = await serve({ follows: first });
    const name = (address: string) => address.replace('127.0.0.1', 'localhost');
    const store = await open(how === 'several hosts' ? `esdb://${second.address},${first.address}?tls=false` : `esdb+discover://${name(second.address)}?tls=false`);
    await store.append('a', [event()], 'no-stream');
    expect([first.faults.openedBatchStreams, second.faults.openedBatchStreams]).toEqual([1, 0]);
    first.faults.cutsAfterApplying = 1;
    const batches = Array.from({ length: 40 }, () => [event()]);
    const appends = batches.map((batch, index) => repeatedly(() => store.append(`s${index}`, batch, 'no-stream')));
    await first.stop();
    await Promise.all(appends);
    expect(second.faults.openedBatchStreams).toBeGreaterThan(0);
    for (const [index, [sent]] of batches.entries()) expect((await repeatedly(() => all(store.readStream(`s${index}`)))).map(({ id }) => id)).toEqual([sent!.id]);
  });

  function expectNoPassword(error: unknown): void {
    const told = [logged, ...causes(error).flatMap((each) => [String(each), each.stack ?? '', JSON.stringify(each)])].join('\n');
    const encoded = Buffer.from(`vigia:${PASSWORD}`).toString('base64').slice(0, 16);
    for (const secret of [PASSWORD, ENCODED, encoded]) expect(told).not.toContain(secret);
  }
});

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}

function event(): EventToAppend {
  return { id: randomUUID(), type: 'Something', data: { a: 1 }, metadata: {} };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 100) throw new Error('it did not come to hold');
    await systemClock.sleep(20);
  }
}
