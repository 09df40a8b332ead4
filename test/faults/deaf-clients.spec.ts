import { connect, type Socket } from 'node:net';
import { systemClock } from '../../src/clock.js';
import { MAX_UNREAD_BYTES } from '../../src/console/live/live-client.js';
import { MAX_LIVE_CLIENTS } from '../../src/console/live/live-feed.js';
import { ServedProduct } from '../browser/served-product.js';
import { waitFor } from '../support/wait-for.js';

/** The built product with clients of the live events that never read, over real sockets. */

const CLIENTS = 500;

/** Few enough, with their e-mails, to be told one by one and not as a reset. */
const BATCH = 60;
/** Of so many the median is told, first without the deaf clients and then with them. */
const BATCHES = 9;

/** The alarm path may take so many times as long with the deaf clients as without, and so much more, which a machine that does other work besides may need. */
const TIMES = 3;
const SLACK_MS = 25;

/** As the stream itself asks a browser to. */
const AGAIN_MS = 2000;

let served: ServedProduct;
const sockets: Socket[] = [];
let first: ReadingPage;
let raised = 0;

beforeAll(async () => {
  served = await ServedProduct.start(50);
  first = new ReadingPage();
  await waitFor('the page that reads', () => first.isConnected);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await first.leave();
  await served.stop();
});

/** As a browser does: it comes back when the stream ends, with the id of the last event. */
class ReadingPage {
  /** The sensors of whose alarms it was told. */
  readonly told = new Set<string>();
  isConnected = false;
  private readonly leaving = new AbortController();
  private lastId = '';
  private readonly following = this.follow();

  async leave(): Promise<void> {
    this.leaving.abort();
    await this.following;
  }

  private async follow(): Promise<void> {
    const { signal } = this.leaving;
    while (!signal.aborted) {
      try {
        const answer = await fetch(`${served.product.consoleUrl}/api/live`, { signal, headers: { 'Last-Event-ID': this.lastId } });
        if (answer.status === 200) await this.read(answer.body as ReadableStream<Uint8Array>);
        else await answer.body?.cancel();
      } catch {
        // Its place was given away, or it leaves.
      }
      this.isConnected = false;
      await systemClock.sleep(AGAIN_MS, signal);
    }
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      this.isConnected = true;
      const frames = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        this.lastId = /^id: (.*)$/m.exec(frame)?.[1] ?? this.lastId;
        const data = /^event: alarm\ndata: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) this.told.add((JSON.parse(data) as { sensorId: string }).sensorId);
        // After too many changes at once a page loads all anew.
        if (/^event: reset$/m.test(frame)) for (const { sensorId } of await served.product.alarms()) this.told.add(sensorId);
      }
    }
  }
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${served.product.consoleUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** Connects and asks for the live events, of which nothing is read. */
function deafClient(): Promise<void> {
  const { hostname, port, host } = new URL(served.product.consoleUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`GET /api/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`, () => resolve()));
    socket.pause();
    socket.on('error', reject);
    // One that is cut off may be reset.
    socket.on('connect', () => socket.removeListener('error', reject).on('error', () => undefined));
    sockets.push(socket);
  });
}

interface BatchTimes {
  /** From the log's taking of a reading to the storing of its alarm, on average. */
  readonly storedMs: number;
  /** From the sending of the readings until the page that reads has been told of all their alarms. */
  readonly toldMs: number;
}

/** Raises some alarms, and waits until the page that reads knows them. */
async function batch(): Promise<BatchTimes> {
  const stored = async () => ({ count: await metric('vigia_reading_to_event_seconds_count'), seconds: await metric('vigia_reading_to_event_seconds_sum') });
  const before = await stored();
  const startMs = performance.now();
  await served.post('ENTRY', Array.from({ length: BATCH }, () => ({ id: 1000 + (raised += 1), movement: true })));
  await waitFor('the alarms of the batch', () => first.told.size === raised);
  const toldMs = performance.now() - startMs;
  const after = await stored();
  expect(after.count - before.count).toBe(BATCH);
  return { storedMs: ((after.seconds - before.seconds) * 1000) / BATCH, toldMs };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe(`${CLIENTS} clients of the live events that do not read`, () => {
  it('are bounded in number and bytes, and keep neither the alarms nor another page waiting', async () => {
    const quiet: BatchTimes[] = [];
    for (let done = 0; done < BATCHES; done += 1) quiet.push(await batch());

    for (let count = 0; count < CLIENTS; count += 1) await deafClient();
    await waitFor('all places taken', async () => (await metric('vigia_console_live_clients')) === MAX_LIVE_CLIENTS);

    const deaf: BatchTimes[] = [];
    for (let done = 0; done < BATCHES; done += 1) {
      deaf.push(await batch());
      expect(await metric('vigia_console_live_clients')).toBeLessThanOrEqual(MAX_LIVE_CLIENTS);
      expect(await metric('vigia_console_live_unread_bytes')).toBeLessThanOrEqual(MAX_LIVE_CLIENTS * MAX_UNREAD_BYTES);
    }
    for (const which of ['storedMs', 'toldMs'] as const) {
      const [without, withThem] = [quiet, deaf].map((times) => median(times.map((each) => each[which]))) as [number, number];
      expect({ which, without, withThem, isBearable: withThem <= TIMES * without + SLACK_MS }).toEqual(expect.objectContaining({ isBearable: true }));
    }

    // A page more gets a place after a while, and all that read are told of what comes.
    const late = new ReadingPage();
    await waitFor('a place for a page more', () => late.isConnected);
    const before = first.told.size;
    await batch();
    await waitFor('what the late page is told', () => late.told.size >= first.told.size - before);
    expect(await metric('vigia_console_live_clients_displaced_total')).toBeGreaterThan(0);
    await late.leave();

    await served.product.waitUntilSettled();
    const alarms = await served.product.alarms();
    expect(alarms).toHaveLength(raised);
    expect(alarms.filter(({ email }) => email !== 'sent')).toEqual([]);
  });
});
