import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { Random } from '../../../src/cli/simulator/random.js';
import { systemClock } from '../../../src/clock.js';
import { LibsqlMessageLog } from '../../../src/message-log/libsql-message-log.js';
import { stopAll } from '../../acceptance/child.js';
import { Product } from '../../acceptance/product.js';
import { freePort } from '../../servers/server-process.js';
import { metricOf } from '../../support/metrics.js';
import { waitFor } from '../../support/wait-for.js';
import { dataFolderOutputs } from '../data-folder-outputs.js';
import { USUAL_POLICY } from '../usual-policy.js';
import type { SentRecord } from '../verifier/outputs.js';
import { verify } from '../verifier/verify.js';
import { brokenLines } from './broken-lines.js';
import { drawHostile, NASTY_TEXTS } from './draw-hostile.js';
import { drawHostileRecord, hostileBurst } from './draw-hostile-record.js';
import { expectHarmlessMail } from './expect-harmless-mail.js';
import { NASTY_CUSTOMERS, nastyCustomers } from './nasty-customers.js';

/** More on demand: HOSTILE_CASES=20000 npm run jest -- test/faults/hostile. */
const CASES = Number(process.env['HOSTILE_CASES'] ?? 1500);
const SENSORS = NASTY_CUSTOMERS;
/** One that no other record names. */
const BURST_SENSOR = 1_000_000;
const IDLE_CONNECTIONS = 10_000;
const SLOW_CLIENTS = 200;
const MIB = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request; thrown: an error when the connection is cut before an answer. `fetch` would not send all of these headers. */
function request(url: string, method: string, headers: Record<string, string>, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = http.request(url, { method, agent: false, headers: { ...headers, 'content-length': body.length } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.setTimeout(20_000, () => call.destroy(new Error('no answer within 20 s')));
    call.end(body);
  });
}

describe('hostile input', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-hostile-'));
  const dataDir = join(folder, 'data');
  const sent: SentRecord[] = [];
  let product: Product;

  beforeAll(async () => {
    product = new Product({ dataDir, logFile: join(folder, 'log') }, { ingest: await freePort(), console: await freePort() }, 0, { VIGIA_LOG_LEVEL: 'debug' });
    product.start();
    await product.waitUntilUp();
    writeFileSync(join(folder, 'customers.csv'), nastyCustomers(0));
    await product.command('customers', 'import', join(folder, 'customers.csv'));
  }, 60_000);
  afterAll(async () => {
    await stopAll();
    rmSync(folder, { recursive: true });
  });

  it('over HTTP is taken or refused, never the end of a connection, nor a fault of the server', async () => {
    const odd: { status: number; body: string; text: string }[] = [];
    const lane = async (first: number): Promise<void> => {
      for (let index = first; index < CASES; index += 8) {
        const random = Random.seeded(`http ${index}`);
        const topic = random.fraction() < 0.2 ? 'OK' : 'ENTRY';
        const body = drawHostile(random, topic, random.integer(0, SENSORS - 1));
        const headers: Record<string, string> = { 'content-type': ['text/plain', 'application/json', 'text/plain; charset=utf-8'][random.integer(0, 2)] as string };
        if (random.fraction() < 0.2) headers['x-kafka-note'] = Buffer.from(NASTY_TEXTS[random.integer(0, NASTY_TEXTS.length - 1)] as string).toString('base64');
        if (random.fraction() < 0.1) headers['x-kafka-__proto__'] = 'eA==';
        const { status, text } = await request(`${product.ingestUrl}/topics/${topic}/messages?sync`, 'POST', headers, body);
        if (![200, 400, 413, 422].includes(status)) odd.push({ status, body: body.toString().slice(0, 200), text });
        const value = body.toString('base64');
        sent.push(status === 200 ? { topic, value, outcome: 'accepted', places: [JSON.parse(text) as { partition: number; offset: number }] } : { topic, value, outcome: 'refused', places: [] });
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, first) => lane(first)));
    expect(odd).toEqual([]);
    expect(sent.filter(({ outcome }) => outcome === 'accepted').length).toBeGreaterThan(CASES / 20);
  }, 120_000);

  it('in batches, paths, queries and bodies of every call of the API is refused by name', async () => {
    const odd: string[] = [];
    const see = async (base: string, method: string, path: string, headers: Record<string, string>, body: Buffer): Promise<void> => {
      const { status, text } = await request(`${base}${path}`, method, headers, body).catch((error: unknown) => ({ status: 999, text: String(error) }));
      if (status >= 500) odd.push(`${method} ${path.slice(0, 120)} ${status} ${body.toString().slice(0, 80)} ${text.slice(0, 200)}`);
    };
    const json = { 'content-type': 'application/json' };
    for (const nasty of NASTY_TEXTS) {
      for (const type of ['application/x-ndjson', 'application/vnd.kafka.json.v2+json', 'application/vnd.kafka.binary.v2+json', 'application/octet-stream', nasty.replaceAll(/[^\x20-\x7e]/g, '')]) {
        await see(product.ingestUrl, 'POST', '/topics/ENTRY/messages', { 'content-type': type }, Buffer.from(`{"records":[{"value":${JSON.stringify(nasty)}}]}\n`));
      }
      await see(product.ingestUrl, 'POST', `/topics/${encodeURIComponent(nasty)}/messages?key=${encodeURIComponent(nasty)}`, json, Buffer.from('[1,true,false,20,30]'));
    }
    const { paths } = (await product.get('/api/openapi.json')) as { paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>> };
    expect(Object.keys(paths).length).toBeGreaterThan(20);
    for (const [path, methods] of Object.entries(paths)) {
      // A stream that never ends.
      if (path === '/api/live') continue;
      for (const [method, { parameters = [] }] of Object.entries(methods)) {
        for (const [index, nasty] of [...NASTY_TEXTS, '0', '-1', '1e9', '99999999999999999999', 'null'].entries()) {
          const named = path.replaceAll(/\{\w+\}/g, encodeURIComponent(nasty) || '%20');
          const query = parameters.filter((each) => each.in === 'query').map(({ name }) => `${name}=${encodeURIComponent(nasty)}`).join('&');
          const body = [JSON.stringify(nasty), `{"__proto__":{"ids":"all"},"ids":${JSON.stringify(nasty)},"operator":${JSON.stringify(nasty)},"text":${JSON.stringify(nasty)}}`, '['.repeat(30_000), '{"until":"2026-02-30T00:00:00Z","operator":"ana","reason":"test"}'][index % 4] as string;
          await see(product.consoleUrl, method.toUpperCase(), `${named}${query === '' ? '' : `?${query}`}`, { ...json, 'if-match': '*' }, Buffer.from(method === 'get' ? '' : body));
        }
      }
    }
    expect(odd).toEqual([]);
  }, 120_000);

  const memory = async (): Promise<number> => (await metricOf(product.consoleUrl, 'process_resident_memory_bytes')) ?? NaN;

  it('too large or compressed is refused before it takes memory', async () => {
    const before = await memory();
    const bomb = gzipSync(Buffer.alloc(200 * MIB));
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd']) {
      for (const url of [`${product.ingestUrl}/topics/ENTRY/messages`, `${product.consoleUrl}/api/operations/reconcile`]) {
        const { status } = await request(url, 'POST', { 'content-type': 'application/json', 'content-encoding': encoding }, bomb);
        expect({ url, encoding, isRefused: status >= 400 && status < 500 }).toEqual({ url, encoding, isRefused: true });
      }
    }
    const large = Buffer.alloc(100 * MIB, 0x20);
    // The answer may come, and the connection be closed, while the client is still sending.
    const answers = await Promise.allSettled(Array.from({ length: 4 }, () => request(`${product.ingestUrl}/topics/ENTRY/messages`, 'POST', { 'content-type': 'text/plain' }, large)));
    for (const answer of answers) if (answer.status === 'fulfilled') expect(answer.value.status).toBe(413);
    expect((await memory()) - before).toBeLessThan(400 * MIB);
  }, 120_000);

  it.each([
    ['readings', (): string => product.ingestUrl, 'POST /topics/ENTRY/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n'],
    ['the console', (): string => product.consoleUrl, 'POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'],
  ])('10,000 connections to the port of %s, silent ones and slow ones, keep nobody waiting', async (_port, url, slowRequest) => {
    const before = await memory();
    const sockets: net.Socket[] = [];
    let connected = 0;
    try {
      for (let index = 0; index < IDLE_CONNECTIONS; index += 1) {
        const socket = net.connect(Number(new URL(url()).port), '127.0.0.1').on('error', () => undefined);
        socket.once('connect', () => (connected += 1));
        sockets.push(socket);
        if (index < SLOW_CLIENTS) socket.write(slowRequest);
        if (index % 200 === 0) await once(socket, 'connect');
      }
      await waitFor('all connections', () => connected === IDLE_CONNECTIONS);
      const startMs = systemClock.now();
      const body = Buffer.from('[3,false,false,20,30]');
      const { status, text } = await request(`${product.ingestUrl}/topics/ENTRY/messages`, 'POST', { 'content-type': 'text/plain' }, body);
      expect(status).toBe(200);
      sent.push({ topic: 'ENTRY', value: body.toString('base64'), outcome: 'accepted', places: [JSON.parse(text) as { partition: number; offset: number }] });
      expect((await fetch(`${product.consoleUrl}/api/alarms`)).status).toBe(200);
      expect(systemClock.now() - startMs).toBeLessThan(4000);
      expect((await memory()) - before).toBeLessThan(400 * MIB);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  }, 120_000);

  it('straight onto the topics is accounted for, record by record, and does no harm in an e-mail', async () => {
    await product.waitUntilSettled();
    await product.interrupt();
    const log = await LibsqlMessageLog.open(dataDir, { clock: systemClock });
    for (let index = 0; index < CASES; index += 1) {
      const { topic, key, value, headers } = drawHostileRecord(Random.seeded(`log ${index}`), 0, SENSORS);
      await log.append(topic, [{ key, value: value as Buffer, headers }]);
    }
    const burst = hostileBurst(BURST_SENSOR);
    await log.append('ENTRY', burst.map(({ key, value, headers }) => ({ key, value: value as Buffer, headers })));
    await log.close();
    product.start();
    await product.waitUntilUp();
    await product.waitUntilSettled();
    expect(JSON.parse(await product.command('reconcile', '--json'))).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
    await product.interrupt();

    const { problems, figures } = verify(await dataFolderOutputs(dataDir, USUAL_POLICY, sent));
    expect(problems).toEqual([]);
    expect(figures.records).toBeGreaterThanOrEqual(CASES + burst.length);
    expect(figures.alarms).toBeGreaterThan(SENSORS);
    for (const file of readdirSync(join(dataDir, 'mailbox')).filter((name) => name.endsWith('.eml'))) {
      await expectHarmlessMail(file, readFileSync(join(dataDir, 'mailbox', file)), 'monitoring@vigia.local');
    }
    // A line of the log is one line, whatever a record says.
    expect(brokenLines(join(folder, 'log'))).toEqual([]);
  }, 180_000);
});
