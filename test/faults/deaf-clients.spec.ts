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
const QUIET_BATCHES = 5;
/** As the stream itself asks a browser to. */
const AGAIN_MS = 2000;

/** The system's own buffers take some 100 kB of each client before Vigía's fill. */
const MOST_BATCHES = 200;

let served: ServedProduct;
const sockets: Socket[] = [];
const reading = new AbortController();
/** The alarms of which a page that reads was told that they opened. */
const told = new Set<string>();
let lastId = '';
let raised = 0;
let following: Promise<void>;

beforeAll(async () => {
  served = await ServedProduct.start(50);
  following = follow();
  await waitFor('the page that reads', async () => (await metric('vigia_console_live_clients')) === 1);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  reading.abort();
  await following;
  await served.stop();
});

/** As a browser does: comes back when the stream ends, with the id of the last event. */
async function follow(): Promise<void> {
  while (!reading.signal.aborted) {
    try {
      const answer = await fetch(`${served.product.consoleUrl}/api/live`, { signal: reading.signal, headers: { 'Last-Event-ID': lastId } });
      if (answer.status === 200) await read(answer.body as ReadableStream<Uint8Array>);
      else await answer.body?.cancel();
    } catch {
      // Cut, or the end of the test.
    }
    await systemClock.sleep(AGAIN_MS, reading.signal);
  }
}

async function read(body: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    const frames = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      lastId = /^id: (.*)$/m.exec(frame)?.[1] ?? lastId;
      const data = /^event: alarm\ndata: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined) told.add((JSON.parse(data) as { sensorId: string }).sensorId);
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

/** From the readings until the page that reads has been told of their alarms, ms. */
async function batchMs(): Promise<number> {
  const startMs = performance.now();
  await served.post('ENTRY', Array.from({ length: BATCH }, () => ({ id: 1000 + (raised += 1), movement: true })));
  await waitFor('the alarms of the batch', () => told.size === raised);
  return performance.now() - startMs;
}

describe(`${CLIENTS} clients of the live events that do not read`, () => {
  it('are bounded in number and bytes, and cut off, while every alarm goes its way as fast as without them', async () => {
    const quietMs: number[] = [];
    for (let batch = 0; batch < QUIET_BATCHES; batch += 1) quietMs.push(await batchMs());

    for (let count = 0; count < CLIENTS; count += 1) await deafClient();
    await waitFor('all places taken', async () => (await metric('vigia_console_live_clients')) === MAX_LIVE_CLIENTS);

    const deafMs: number[] = [];
    let mostUnread = 0;
    for (let there = MAX_LIVE_CLIENTS; deafMs.length < MOST_BATCHES && there > 1; ) {
      deafMs.push(await batchMs());
      mostUnread = Math.max(mostUnread, await metric('vigia_console_live_unread_bytes'));
      there = await metric('vigia_console_live_clients');
    }
    // So something was left unread, and never more than may be; only the page that reads is still there.
    expect(mostUnread).toBeGreaterThan(MAX_UNREAD_BYTES);
    expect(mostUnread).toBeLessThanOrEqual(MAX_LIVE_CLIENTS * MAX_UNREAD_BYTES);
    await waitFor('only the page that reads', async () => (await metric('vigia_console_live_clients')) === 1);
    expect(await metric('vigia_console_live_clients_cut_total')).toBeGreaterThan(0);
    expect(Math.min(...deafMs)).toBeLessThan(3 * Math.min(...quietMs));

    await served.product.waitUntilSettled();
    const alarms = await served.product.alarms();
    expect(alarms).toHaveLength(raised);
    expect(alarms.filter(({ email }) => email !== 'sent')).toEqual([]);
  });
});
