import { PassThrough } from 'node:stream';
import { systemClock, type Clock } from '../../clock.js';
import { raise, alarmTriggered, CUSTOMER } from '../../../test/support/alarm-fixtures.js';
import { ConsoleBench } from '../../../test/support/console-bench.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { AlarmReads } from '../../projections/alarm-reads.js';
import { MAX_UNREAD_BYTES } from './live-client.js';
import { HEARTBEAT_MS, LEAST_STAY_MS, LiveFeed, MAX_LIVE_CLIENTS, PROJECTED_POLL_MS } from './live-feed.js';

interface Seen {
  readonly event: string;
  readonly id: string | null;
  readonly data: Record<string, unknown>;
}

/** A client of the live events over real HTTP. */
class Listener {
  readonly seen: Seen[] = [];
  private readonly stopping = new AbortController();
  private text = '';
  isEnded = false;

  static async open(url: string, lastEventId?: string): Promise<Listener> {
    const listener = new Listener();
    const answer = await fetch(`${url}/api/live`, {
      headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
      signal: listener.stopping.signal,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    void listener.read(answer.body as ReadableStream<Uint8Array>);
    await waitFor('hello', () => listener.seen.length > 0);
    return listener;
  }

  of(event: string): Seen[] {
    return this.seen.filter((frame) => frame.event === event);
  }

  /** Null when it got nothing with an id yet. */
  get lastId(): string | null {
    return this.seen.findLast(({ id }) => id !== null)?.id ?? null;
  }

  close(): void {
    this.stopping.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) this.take(decoder.decode(chunk, { stream: true }));
    } catch {
      // Closed by the spec itself.
    }
    this.isEnded = true;
  }

  private take(text: string): void {
    this.text += text;
    const frames = this.text.split('\n\n');
    this.text = frames.pop() ?? '';
    for (const frame of frames) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? null;
      const event = field('event');
      if (event !== null) this.seen.push({ event, id: field('id'), data: JSON.parse(field('data') ?? '{}') as Record<string, unknown> });
    }
  }
}

/** The system's time with what a spec adds to it, and hearts that beat when a spec says so. */
let aheadMs = 0;
let beats: (() => void)[] = [];
const clock: Clock = {
  now: () => Date.now() + aheadMs,
  sleep: (ms, signal) => {
    if (ms !== HEARTBEAT_MS) return systemClock.sleep(ms, signal);
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve());
      beats.push(resolve);
    });
  },
};
const beat = () => beats.splice(0).forEach((wake) => wake());

let bench: ConsoleBench;
const listeners: Listener[] = [];
async function listen(lastEventId?: string): Promise<Listener> {
  const listener = await Listener.open(bench.url, lastEventId);
  listeners.push(listener);
  return listener;
}
const ids = (frames: readonly Seen[]) => frames.map(({ data }) => data['alarmId']);

beforeEach(async () => {
  aheadMs = 0;
  beats = [];
  bench = await ConsoleBench.start({ clock });
  await bench.customers.save([CUSTOMER]);
  await bench.settle();
});
afterEach(async () => {
  listeners.splice(0).forEach((listener) => listener.close());
  await bench.stop();
});

describe('a page that follows', () => {
  it('is told of an alarm once the reads have it, with hints for map and counts', async () => {
    const page = await listen();
    const { alarmId } = (await raise(bench.store)).data;
    await waitFor('the hints', () => page.of('counts').length > 0);
    expect(page.of('alarm')).toEqual([
      { event: 'alarm', id: expect.stringMatching(/^\d+$/), data: expect.objectContaining({ alarmId, sensorId: '42959', status: 'open', zone: 'Mediterranean', isNew: true }) },
    ]);
    expect(page.of('alarm')[0]?.data).not.toHaveProperty('evidence');
    expect(page.seen.map(({ event }) => event)).toEqual(['hello', 'alarm', 'map', 'counts']);
    expect(await bench.get(`/api/alarms/${alarmId}`)).toMatchObject({ status: 200 });
  });

  it('is told that an alarm changed, which is then not new, and of shelving and what opens meanwhile', async () => {
    const { alarmId } = (await raise(bench.store)).data;
    await bench.settle();
    const page = await listen();
    await bench.post(`/api/alarms/${alarmId}/acknowledge`, { operator: 'ana' }, { 'If-Match': '"1"' });
    await waitFor('the change', () => page.of('alarm').length === 1);
    expect(page.of('alarm')[0]?.data).toMatchObject({ alarmId, isNew: false, acknowledged: { by: 'ana' } });
    expect(page.of('shelved')).toEqual([]);

    const until = new Date(Date.now() + 3_600_000).toISOString();
    await bench.post('/api/sensors/5/shelve', { operator: 'ana', reason: 'test', until }, { 'If-Match': '"0"' });
    await waitFor('the shelving', () => page.of('shelved').length === 1);
    expect(page.of('alarm')).toHaveLength(1);
    const { data, ...alarm } = alarmTriggered(5, 'motion');
    await raise(bench.store, { ...alarm, data: { ...data, shelvedUntil: until } });
    await waitFor('the held alarm', () => page.of('shelved').length === 2);
    expect(page.of('alarm')[1]?.data).toMatchObject({ isNew: true, email: 'held' });
  });

  it('comes back with its last id and is told what it missed, each once, in order', async () => {
    const before = await listen();
    const first = await raise(bench.store);
    await waitFor('the first alarm', () => before.of('counts').length > 0);
    before.close();

    const missed = [];
    for (let sensorId = 1; sensorId <= 5; sensorId += 1) missed.push(await raise(bench.store, alarmTriggered(sensorId, 'motion')));
    await bench.settle();
    const after = await listen(before.lastId as string);
    const last = await raise(bench.store, alarmTriggered(6, 'motion'));
    await waitFor('all alarms', () => after.of('alarm').length >= 6);
    expect(ids(after.of('alarm'))).toEqual([...missed, last].map(({ data }) => data.alarmId));
    expect(ids(after.of('alarm'))).not.toContain(first.data.alarmId);
    const positions = after.of('alarm').map(({ id }) => id as string);
    expect(positions).toEqual([...positions].sort());
    expect(after.of('reset')).toEqual([]);
  });

  it.each(['no-position', '9999999999999999'])('with the id %s, which is not of this store, is told to load everything anew', async (id) => {
    await raise(bench.store);
    const page = await listen(id);
    await waitFor('reset', () => page.of('reset').length === 1);
    expect(page.of('alarm')).toEqual([]);
  });

  it('reads all once more when what had just happened, while nobody was there, was not in the read models yet', async () => {
    let isProjected = false;
    await raise(bench.store);
    const feed = new LiveFeed(bench.store, bench.app.get(AlarmReads), async () => isProjected, clock, () => undefined);
    await feed.start();
    const told: string[] = [];
    const page = () => new PassThrough().on('data', (chunk: Buffer) => told.push(...chunk.toString().match(/(?<=^event: )\w+/gm)!));
    const connecting = feed.connect(page(), null);
    await waitFor('hello', () => told.length > 0);
    expect(told).toEqual(['hello']);
    isProjected = true;
    await connecting;
    await waitFor('the reset', () => told.length === 2);
    await feed.connect(page(), null);
    await waitFor('hello', () => told.length === 3);
    expect(told).toEqual(['hello', 'reset', 'hello']);
    await feed.stop();
  });

  it('waits for the read models together with all others that came at the same time', async () => {
    let [isProjected, asked, pauses] = [false, 0, 0];
    await raise(bench.store);
    const counting: Clock = {
      now: () => clock.now(),
      sleep: (ms, signal) => {
        if (ms === PROJECTED_POLL_MS) pauses += 1;
        return clock.sleep(ms, signal);
      },
    };
    const ask = async (): Promise<boolean> => {
      asked += 1;
      return isProjected;
    };
    const feed = new LiveFeed(bench.store, bench.app.get(AlarmReads), ask, counting, () => undefined);
    await feed.start();
    const pages = Array.from({ length: 40 }, () => new PassThrough());
    const texts = pages.map((page) => {
      const text: string[] = [];
      page.on('data', (chunk: Buffer) => text.push(String(chunk)));
      return text;
    });
    const connecting = Promise.all(pages.map((page) => feed.connect(page, null)));
    await waitFor('the third look', () => pauses >= 3);
    isProjected = true;
    await connecting;
    // Each asks once by itself; then one asks for all.
    expect(asked).toBe(pages.length + pauses + 1);
    await waitFor('the resets', () => texts.every((text) => text.join('').includes('event: reset')));
    await feed.stop();
  });

  it('that missed more than a thousand changes loads everything anew', async () => {
    const before = await listen();
    await raise(bench.store);
    await waitFor('the first alarm', () => before.of('alarm').length === 1);
    before.close();
    await Promise.all(Array.from({ length: 1001 }, (_, index) => raise(bench.store, alarmTriggered(index, 'motion'))));
    const feedIsThere = await listen();
    // While the feed is at the storm, what comes later is told by the same reset.
    let sensorId = 5000;
    await waitFor('an alarm after the storm', async () => {
      await raise(bench.store, alarmTriggered((sensorId += 1), 'motion'));
      return feedIsThere.of('alarm').some(({ data }) => Number(data['sensorId']) > 5000);
    });
    const after = await listen(before.lastId as string);
    await waitFor('reset', () => after.of('reset').length === 1);
    expect(after.of('alarm')).toEqual([]);
  });
});

describe('the bounds', () => {
  it(`a client more than ${MAX_LIVE_CLIENTS} gets 503 and when to come again`, async () => {
    for (let count = 0; count < MAX_LIVE_CLIENTS; count += 1) await listen();
    const { status, headers } = await bench.get('/api/live');
    expect({ status, retry: headers.get('retry-after') }).toEqual({ status: 503, retry: '2' });
    listeners.pop()?.close();
    await waitFor('a free place', () => bench.app.get(LiveFeed).connected < MAX_LIVE_CLIENTS);
    await listen();
  });

  it('a client more takes the place of the first, once that one has had it for a while', async () => {
    const feed = bench.app.get(LiveFeed);
    for (let count = 0; count < MAX_LIVE_CLIENTS; count += 1) await listen();
    aheadMs = LEAST_STAY_MS;
    const more = await listen();
    await waitFor('the end of the first', () => listeners[0]?.isEnded === true);
    expect(listeners.filter(({ isEnded }) => isEnded)).toHaveLength(1);
    expect([feed.connected, feed.displaced, feed.cut]).toEqual([MAX_LIVE_CLIENTS, 1, 0]);
    await raise(bench.store);
    await waitFor('the alarm', () => more.of('alarm').length === 1);
    // The first of those who are there had its place as long; it would be the turn of the last when all others have gone.
    for (let count = 1; count < MAX_LIVE_CLIENTS; count += 1) await listen();
    expect(await bench.get('/api/live')).toMatchObject({ status: 503 });
  });

  it('a client that gives its place away and has not read is not waited for', async () => {
    const deaf = new PassThrough();
    const feed = bench.app.get(LiveFeed);
    await feed.connect(deaf, null);
    const page = await listen();
    let sent = 0;
    while (feed.unreadBytes === 0) {
      await Promise.all(Array.from({ length: 20 }, () => raise(bench.store, alarmTriggered((sent += 1), 'motion'))));
      await waitFor('the alarms', () => page.of('alarm').length === sent);
    }
    while (feed.connected < MAX_LIVE_CLIENTS) await listen();
    aheadMs = LEAST_STAY_MS;
    await listen();
    expect(deaf.destroyed).toBe(true);
  });

  it('a client that takes nothing from one heartbeat to the next is cut, one that has nothing to take is not', async () => {
    const feed = bench.app.get(LiveFeed);
    const page = await listen();
    const [deaf, quiet] = [new PassThrough(), new PassThrough()];
    await feed.connect(deaf, null);
    let sent = 0;
    while (feed.unreadBytes === 0) {
      await Promise.all(Array.from({ length: 20 }, () => raise(bench.store, alarmTriggered((sent += 1), 'motion'))));
      await waitFor('the alarms', () => page.of('alarm').length === sent);
    }
    await feed.connect(quiet, null);
    for (const count of [1, 2, 3]) {
      beat();
      await waitFor('the heartbeat', () => page.of('heartbeat').length === count && beats.length > 0);
      if (count === 1) expect(feed.cut).toBe(0);
    }
    expect([feed.cut, feed.connected, deaf.destroyed, quiet.destroyed]).toEqual([1, 2, true, false]);
  });

  it('a client that does not read is cut, and no other notices', async () => {
    const feed = bench.app.get(LiveFeed);
    const deaf = new PassThrough();
    await feed.connect(deaf, null);
    const page = await listen();
    let sent = 0;
    while (feed.cut === 0 && sent < 2000) {
      await Promise.all(Array.from({ length: 100 }, () => raise(bench.store, alarmTriggered((sent += 1), 'motion'))));
      await waitFor('the alarms', () => page.of('alarm').length === sent);
    }
    expect(feed.cut).toBe(1);
    expect(deaf.destroyed).toBe(true);
    expect(deaf.readableLength + deaf.writableLength).toBeLessThanOrEqual(MAX_UNREAD_BYTES + 64 * 1024);
    expect(feed.connected).toBe(1);
    expect(page.of('reset')).toEqual([]);
  });

  it('a storm of alarms is told as one reset', async () => {
    const page = await listen();
    await Promise.all(Array.from({ length: 2000 }, (_, index) => raise(bench.store, alarmTriggered(index, 'motion'))));
    await waitFor('reset', () => page.of('reset').length > 0);
    // Once the storm is over single alarms are told again.
    await waitFor('a single alarm', async () => {
      const { alarmId } = (await raise(bench.store, alarmTriggered(9999, 'smoke'))).data;
      await systemClock.sleep(500);
      return ids(page.of('alarm')).includes(alarmId);
    });
    expect(page.seen.length).toBeLessThan(600);
  });

  it('the end of the server ends the streams', async () => {
    const page = await listen();
    await bench.app.get(LiveFeed).stop();
    await waitFor('the end', () => page.isEnded);
  });
});
