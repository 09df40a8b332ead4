import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ConsoleBench } from '../../test/support/console-bench.js';
import { refusalOf } from './console-server.js';
import { encodingFor } from './static-pages.js';

const PAGE = '<!doctype html><title>Vigía</title>';
const DOCS = '<!doctype html><title>API</title>';
const SCRIPT = 'console.log("hello");'.repeat(50);

const LOOPBACK = { bindAddress: '127.0.0.1', consoleUrl: null };
const head = (host: string, headers: Record<string, string> = {}) => ({ method: 'GET', url: '/api/live', headers: { host, ...headers } });

let bench: ConsoleBench;
beforeAll(async () => {
  const pageFolder = mkdtempSync(join(tmpdir(), 'vigia-page-'));
  mkdirSync(join(pageFolder, 'assets'));
  writeFileSync(join(pageFolder, 'index.html'), PAGE);
  writeFileSync(join(pageFolder, 'api-docs.html'), DOCS);
  writeFileSync(join(pageFolder, 'assets', 'index-5bd1.js'), SCRIPT);
  bench = await ConsoleBench.start({ pageFolder });
});
afterAll(() => bench.stop());

interface Raw {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** As a client that sends exactly these headers, also a Host of its own. */
function send(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${bench.url}${path}`, { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('every answer', () => {
  it.each(['/', '/api/alarms', '/api/nothing', '/metrics', '/api/alarms/%zz', '/api/alarms?limit=0'])('%s has the security headers', async (path) => {
    const { headers } = await send(path);
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  });
});

describe('a server on loopback', () => {
  it.each(['evil.example', 'evil.example:3000', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.evil.example'])('refuses Host %j', async (host) => {
    const { status, body } = await send('/api/alarms', { Host: host });
    expect(status).toBe(421);
    expect(JSON.parse(body.toString())).toMatchObject({ status: 421, detail: expect.stringContaining(JSON.stringify(host)) });
  });

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:9', '[::1]:3000'])('answers Host %j', async (host) => {
    expect((await send('/api/alarms', { Host: host })).status).toBe(200);
  });

  it('has a name beside those when VIGIA_CONSOLE_URL gives it one', () => {
    const behindProxy = { ...LOOPBACK, consoleUrl: 'https://alarms.example' };
    expect(refusalOf(head('alarms.example'), behindProxy, 'auditor')).toBeNull();
    expect(refusalOf(head('evil.example'), behindProxy, 'auditor')).toMatchObject({ status: 421 });
    expect(refusalOf(head('alarms.example'), LOOPBACK, 'probe')).toMatchObject({ status: 421, detail: expect.stringContaining('VIGIA_CONSOLE_URL') });
    expect(refusalOf({ method: 'GET', url: '/', headers: {} }, LOOPBACK, 'anyone')).toMatchObject({ status: 421 });
  });
});

describe('a server on other addresses', () => {
  const everywhere = { bindAddress: '0.0.0.0', consoleUrl: 'https://alarms.example:8443' };

  it.each(['10.0.0.1:3000', '[fe80::1]:3000', 'localhost:3000', 'alarms.example:8443', 'alarms.example'])('answers Host %j', (host) => {
    for (const access of ['probe', 'anyone', 'auditor'] as const) expect(refusalOf(head(host), everywhere, access)).toBeNull();
  });

  it.each(['evil.example', 'alarms.example.evil.example', 'core:3000', ''])('answers Host %j only to probes', (host) => {
    for (const access of ['anyone', 'auditor', 'administrator'] as const) expect(refusalOf(head(host), everywhere, access)).toMatchObject({ status: 421 });
    expect(refusalOf(head(host), everywhere, 'probe')?.status ?? null).toBe(host === '' ? 421 : null);
  });
});

describe('what changes something', () => {
  const DROP = '/api/operations/dead-letters/drop';
  const JSON_TYPE = { 'Content-Type': 'application/json' };

  it('is done for JSON from the own origin, or from no page', async () => {
    expect(await send(DROP, JSON_TYPE, 'POST', '{"ids":"all"}')).toMatchObject({ status: 200 });
    expect(await send(DROP, { ...JSON_TYPE, Origin: bench.url }, 'POST', '{"ids":"all"}')).toMatchObject({ status: 200 });
  });

  it.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1'])('is refused from origin %s', async (origin) => {
    expect(await send(DROP, { ...JSON_TYPE, Origin: origin }, 'POST', '{"ids":"all"}')).toMatchObject({ status: 403 });
  });

  it.each(['cross-site', 'same-site'])('is refused from a page that the browser calls %s', async (site) => {
    expect(await send(DROP, { ...JSON_TYPE, 'Sec-Fetch-Site': site }, 'POST', '{"ids":"all"}')).toMatchObject({ status: 403 });
    expect(await send(DROP, { ...JSON_TYPE, 'Sec-Fetch-Site': 'same-origin' }, 'POST', '{"ids":"all"}')).toMatchObject({ status: 200 });
  });

  it('comes behind a proxy from the address that people know', () => {
    const post = { ...head('127.0.0.1:3000', { 'content-type': 'application/json', origin: 'https://alarms.example' }), method: 'POST' };
    expect(refusalOf(post, { ...LOOPBACK, consoleUrl: 'https://alarms.example' }, 'operator')).toBeNull();
    expect(refusalOf(post, LOOPBACK, 'operator')).toMatchObject({ status: 403 });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])('is refused as %j, which a form can send', async (type) => {
    expect(await send(DROP, type === '' ? {} : { 'Content-Type': type }, 'POST', '{"ids":"all"}')).toMatchObject({ status: 415 });
  });

  it.each([
    ['{"ids":"some"}', 400],
    ['{"ids":[]}', 400],
    ['{"ids":"all","really":true}', 400],
    ['{"ids":', 400],
    ['[]', 400],
    [`{"ids":["${'x'.repeat(3 * 1024 * 1024)}"]}`, 413],
  ])('is refused for a bad body', async (body, status) => {
    const answer = await send(DROP, JSON_TYPE, 'POST', body);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });
});

describe('what the API tells', () => {
  it.each(['/api/live', '/api/alarms', '/api/export/alarms.csv'])('is not for pages of another origin: %s', async (path) => {
    expect(await send(path, { Origin: 'http://evil.example' })).toMatchObject({ status: 403 });
    expect(await send(path, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' })).toMatchObject({ status: 403 });
    expect(await send(path, { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors' })).toMatchObject({ status: 403 });
  });

  it('is there for a link that somebody follows from elsewhere', async () => {
    expect(await send('/api/alarms', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' })).toMatchObject({ status: 200 });
    expect(await send('/', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' })).toMatchObject({ status: 200 });
  });
});

describe('the page', () => {
  it('is at /, and asked for anew each time', async () => {
    const { status, headers, body } = await send('/');
    expect({ status, type: headers['content-type'], cache: headers['cache-control'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8', cache: 'no-cache' });
    expect(body.toString()).toBe(PAGE);
    expect(await send('/', { 'If-None-Match': String(headers['etag']) })).toMatchObject({ status: 304 });
  });

  it.each(['/alarms/134d64fc-3374-5024-ae77-706b254fac84', '/alarms', '/sensors/7', '/audit', '/history', '/load', '/system'])('is also at %s, to which e-mails and people lead', async (path) => {
    expect((await send(path)).body.toString()).toBe(PAGE);
  });

  it('describes the API at /api/docs', async () => {
    const { status, headers, body } = await send('/api/docs');
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    expect(body.toString()).toBe(DOCS);
  });

  it('its hashed files are kept, and come compressed', async () => {
    const path = '/assets/index-5bd1.js';
    const brotli = await send(path, { 'Accept-Encoding': 'gzip, deflate, br' });
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', 'cache-control': 'public, max-age=31536000, immutable', vary: 'Accept-Encoding' });
    expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT);
    expect(gunzipSync((await send(path, { 'Accept-Encoding': 'gzip' })).body).toString()).toBe(SCRIPT);
    expect((await send(path)).body.toString()).toBe(SCRIPT);
  });

  it.each(['/assets/../../event-store.db', '/assets/%2e%2e/%2e%2e/event-store.db', '/index.html', '/api-docs.html', '/assets/'])('nothing else is served: %s', async (path) => {
    expect((await send(path)).status).toBe(404);
  });

  it.each([
    ['br', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['deflate', 'identity'],
    ['', 'identity'],
  ])('for %j chooses %s', (accept, encoding) => expect(encodingFor(accept)).toBe(encoding));
});
