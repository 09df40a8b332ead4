import type { Socket } from 'node:net';
import { received, startEndpoint, withChanges, type RunningEndpoint } from '../../test/support/running-endpoint.js';
import type { MessageLog } from '../message-log/message-log.js';

/** The ingest endpoint against clients that are fast, slow, too large or gone, over plain TCP. */

const LITERAL = '{"42959", "true", "false", "25.5", "30.0"}';
const TEXT = { 'content-type': 'text/plain' };

let endpoint: RunningEndpoint;
afterEach(() => endpoint.close());

function request(body: string, headers: string[] = [`Content-Length: ${Buffer.byteLength(body)}`], path = '/topics/ENTRY/messages'): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n${body}`;
}

function chunk(bytes: string): string {
  return `${bytes.length.toString(16)}\r\n${bytes}\r\n`;
}

function count(text: string, what: RegExp): number {
  return [...text.matchAll(new RegExp(what, 'g'))].length;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isTrue()); tries += 1) {
    if (tries === 500) throw new Error(`did not come true: ${isTrue.toString()}`);
    await pause(10);
  }
}

/** Sends chunks of spaces until the other side has answered or ended. */
async function sendWithoutEnd(socket: Socket, isAnswered: () => boolean, maxBytes: number): Promise<number> {
  const piece = chunk(' '.repeat(16_000));
  let sent = 0;
  while (!isAnswered() && !socket.destroyed && sent < maxBytes) {
    if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), pause(50)]);
    else await pause(0);
    sent += piece.length;
  }
  return sent;
}

describe('connections', () => {
  it('answers pipelined requests in their order, refused ones among them', async () => {
    endpoint = await startEndpoint();
    const socket = await endpoint.connect();
    const answered = received(socket, (text) => count(text, /HTTP\/1\.1/) === 4 && text.endsWith('}'));
    socket.write(request(LITERAL) + request('junk') + request(LITERAL, undefined, '/topics/NOWHERE/messages') + request(LITERAL));
    const statuses = [...(await answered).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '400', '404', '200']);
    expect(await endpoint.stored()).toHaveLength(2);
    socket.destroy();
  });

  it('takes a chunked body, in whatever pieces', async () => {
    endpoint = await startEndpoint();
    const socket = await endpoint.connect();
    const answered = received(socket, (text) => text.endsWith('}'));
    socket.write(request('', ['Transfer-Encoding: chunked']));
    for (const character of LITERAL) {
      socket.write(chunk(character));
      await pause(1);
    }
    socket.write(chunk('') );
    expect(await answered).toMatch(/^HTTP\/1\.1 200/);
    expect(await endpoint.stored()).toMatchObject([{ value: LITERAL }]);
    socket.destroy();
  });

  it('takes a large batch in plain JSON whose beginning comes byte by byte', async () => {
    endpoint = await startEndpoint();
    const socket = await endpoint.connect();
    const answered = received(socket, (text) => text.endsWith('}'));
    socket.write(request('', ['Content-Type: application/json', 'Transfer-Encoding: chunked']));
    for (const character of '{"rec') {
      socket.write(chunk(character));
      await pause(1);
    }
    const record = `{"value":{"id":7,"movement":false,"smoke":false,"temperature":1,"maxTemperature":2}}`;
    socket.write(chunk(`ords":[${Array.from({ length: 2000 }, () => record).join(',')}]}`) + chunk(''));
    expect(await answered).toMatch(/^HTTP\/1\.1 200/);
    expect(await endpoint.stored()).toHaveLength(2000);
    socket.destroy();
  });

  it.each([
    ['a reading', 'text/plain', 64 * 1024],
    ['plain JSON', 'application/json', 64 * 1024],
    ['a batch', 'application/x-ndjson', 8 * 1024 * 1024],
  ])('refuses a chunked body of %s that never ends as soon as it is too large', async (_name, type, limit) => {
    endpoint = await startEndpoint();
    const socket = await endpoint.connect();
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    socket.on('error', () => undefined);
    socket.write(request('', [`Content-Type: ${type}`, 'Transfer-Encoding: chunked']));
    const sent = await sendWithoutEnd(socket, () => answer !== '', 64 * 1024 * 1024);
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    // What the kernel's buffers take is sent without having been read.
    expect(sent).toBeLessThan(limit + 8 * 1024 * 1024);
    // The rest is thrown away, but not for ever.
    await sendWithoutEnd(socket, () => false, 64 * 1024 * 1024);
    await eventually(() => socket.destroyed);
    expect(endpoint.refused).toEqual([413]);
  });

  it('goes on with the connection after a refused body that does end', async () => {
    endpoint = await startEndpoint();
    const socket = await endpoint.connect();
    const answered = received(socket, (text) => count(text, /HTTP\/1\.1/) === 3 && text.endsWith('}'));
    socket.write(request(' '.repeat(100_000)) + request(' '.repeat(100_000), ['Content-Type: text/xml', 'Content-Length: 100000']) + request(LITERAL));
    expect([...(await answered).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['413', '415', '200']);
    socket.destroy();
  });

  it('stores nothing of a half-sent body and gives its memory back', async () => {
    endpoint = await startEndpoint({ maxHeldBytes: 100_000 });
    for (let round = 0; round < 3; round += 1) {
      const socket = await endpoint.connect();
      socket.write(request(`${LITERAL}\n`.repeat(1500), ['Content-Type: application/x-ndjson', 'Content-Length: 70000']));
      await pause(50);
      expect((await endpoint.post('ENTRY', 'x'.repeat(60_000), TEXT)).status).toBe(503);
      socket.destroy();
      await eventually(async () => (await endpoint.post('ENTRY', 'x'.repeat(60_000), TEXT)).status === 400);
    }
    expect(await endpoint.stored()).toEqual([]);
  });

  it('503 with Retry-After when too many bytes are in memory, and takes more when they are gone (P8)', async () => {
    endpoint = await startEndpoint({ maxHeldBytes: 100_000 });
    const socket = await endpoint.connect();
    socket.write(request(`${LITERAL}\n`.repeat(2000), ['Content-Type: application/x-ndjson', `Content-Length: ${43 * 2000 + 1}`]));
    await pause(50);
    const refused = await endpoint.post('ENTRY', LITERAL.padEnd(30_000), TEXT);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(((await refused.json()) as { error: string }).error).toMatch(/too many requests/);
    const answered = received(socket, (text) => text.endsWith(']}'));
    socket.write('\n');
    expect(await answered).toMatch(/HTTP\/1\.1 200/);
    expect((await endpoint.post('ENTRY', LITERAL.padEnd(30_000), TEXT)).status).toBe(200);
    socket.destroy();
  });

  it('408 for a request that does not come to its end in time', async () => {
    endpoint = await startEndpoint({ requestTimeoutMs: 500 });
    const slowBody = await endpoint.connect();
    const slowHeaders = await endpoint.connect();
    const answers = [received(slowBody, () => false), received(slowHeaders, () => false)];
    slowBody.write(request('{', ['Content-Length: 10']));
    slowHeaders.write('POST /topics/ENTRY/messages HTTP/1.1\r\nHost:');
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*\{"error":"the request did not come to its end in time"\}$/);
    expect(await endpoint.stored()).toEqual([]);
  });

  it('400 as JSON for what is not HTTP, 431 for endless headers', async () => {
    endpoint = await startEndpoint();
    const noHttp = await endpoint.connect();
    const noHttpAnswer = received(noHttp, () => false);
    noHttp.write('{"42959", "true", "false", "25.5", "30.0"}\r\n\r\n');
    expect(await noHttpAnswer).toMatch(/^HTTP\/1\.1 400 [^]*\{"error":"bad HTTP: /);
    const long = await endpoint.connect();
    const longAnswer = received(long, () => false);
    long.write(request('', [`X-Kafka-Long: ${'x'.repeat(20_000)}`]));
    expect(await longAnswer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('gives every one of many concurrent posts a place of its own, where its record is (P1)', async () => {
    endpoint = await startEndpoint();
    const ids = Array.from({ length: 200 }, (_, index) => index);
    const places = await Promise.all(
      ids.map(async (id) => {
        const response = await endpoint.post('ENTRY', `["${id}","false","false","1","2"]`, { 'content-type': 'application/json' });
        return [id, (await response.json()) as { partition: number; offset: number }] as const;
      }),
    );
    const stored = new Map((await endpoint.stored()).map((record) => [`${record.partition}/${record.offset}`, record.key]));
    expect(stored.size).toBe(200);
    for (const [id, { partition, offset }] of places) expect(stored.get(`${partition}/${offset}`)).toBe(String(id));
  });
});

describe('closing', () => {
  it('finishes requests in work and takes no new connection', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const wait = (log: MessageLog) => withChanges(log, { append: async (topic, records) => gate.then(() => log.append(topic, records)) });
    endpoint = await startEndpoint({}, wait);
    const post = endpoint.post('ENTRY', LITERAL);
    await pause(100);
    const closed = endpoint.closeEndpoint();
    await pause(100);
    await expect(endpoint.connect()).rejects.toThrow(/ECONNREFUSED/);
    release();
    const begun = performance.now();
    expect((await post).status).toBe(200);
    await closed;
    expect(performance.now() - begun).toBeLessThan(1_500); // not only after the grace of 3 s
    expect(await endpoint.stored()).toHaveLength(1);
  });

  it('is not held up by a request that never ends, nor by an idle connection', async () => {
    endpoint = await startEndpoint({ closeGraceMs: 300 });
    const halfSent = await endpoint.connect();
    halfSent.write(request('{', ['Content-Length: 10']));
    const silent = await endpoint.connect();
    const gone = Promise.all([received(halfSent, () => false), received(silent, () => false)].map((answer) => answer.catch(() => '')));
    await pause(50);
    const begun = performance.now();
    await endpoint.closeEndpoint();
    expect(performance.now() - begun).toBeLessThan(2_000);
    await gone;
  });
});
