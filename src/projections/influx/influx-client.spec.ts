import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { FaultyProxy, type Fault } from '../../../test/support/faulty-proxy.js';
import { DAY } from '../../../test/support/influx-bench.js';
import { ReadModelsBench } from '../../../test/support/read-models-bench.js';
import { systemClock } from '../../clock.js';
import type { InfluxConfig } from '../../config.js';
import { ENDLESS_TERM } from '../../leases/term.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import { InfluxClient } from './influx-client.js';
import { InfluxModels } from './influx-models.js';
import { InfluxTerm } from './influx-term.js';

const ROWS = 1000;
const TABLE = `,result,table,_time,type,_value\r\n${Array.from({ length: ROWS }, (_, n) => `,_result,0,2026-03-01T10:00:00Z,smoke,${n}\r\n`).join('')}\r\n`;

/** What a server of one bucket answers. */
const ANSWERS: Readonly<Record<string, readonly [status: number, body: string]>> = {
  '/api/v2/buckets': [200, JSON.stringify({ buckets: [{ id: 'b1', name: 'vigia', retentionRules: [] }] })],
  '/api/v2/query': [200, TABLE],
  // No confirmation, which would have no body that could be cut.
  '/api/v2/write': [200, 'not from InfluxDB'],
};

let server: Server;
let proxy: FaultyProxy;
let client: InfluxClient;
let config: InfluxConfig;
beforeEach(async () => {
  server = createServer((request, response) => {
    const [status, body] = ANSWERS[(request.url ?? '').replace(/\?.*/, '')] ?? [500, ''];
    request.resume().on('end', () => response.writeHead(status).end(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  proxy = await FaultyProxy.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  config = { url: proxy.url, org: 'o', token: 't', bucket: 'vigia', retentionMs: null };
  client = new InfluxClient(config, systemClock);
});
afterEach(async () => {
  client.close();
  await proxy.stop();
  server.closeAllConnections();
  server.close();
});

async function valuesOf(limitMs?: number): Promise<number[]> {
  const values: number[] = [];
  for await (const { _value } of client.query('…', limitMs)) values.push(Number(_value));
  return values;
}

/** A process dies of an error that nobody listens to; it may come a moment after the one that was thrown. */
async function unavailable(asked: Promise<unknown>, reason: RegExp): Promise<void> {
  const error = await asked.then(() => null, (thrown: unknown) => thrown);
  await systemClock.sleep(50);
  expect(error).toBeInstanceOf(ReadModelUnavailable);
  expect((error as Error).message).toMatch(reason);
  expect(client.failure()).toBe((error as Error).message);
}

describe('an answer to a query', () => {
  it('is all its rows', async () => {
    expect(await valuesOf()).toEqual(Array.from({ length: ROWS }, (_, n) => n));
    expect(client.failure()).toBeNull();
  });

  it('that is cut in the middle is a read model that can’t be asked now', async () => {
    proxy.spoil('/api/v2/query', 'cut-inside');
    await unavailable(valuesOf(), /broke its answer off/);
    expect(await valuesOf()).toHaveLength(ROWS);
  });

  it('that stops in the middle is waited for as long as was said', async () => {
    proxy.spoil('/api/v2/query', 'stuck-inside');
    await unavailable(valuesOf(200), /broke its answer off: .*timeout/);
  });

  it('that comes while the client is closed is broken off', async () => {
    proxy.spoil('/api/v2/query', 'stuck-inside');
    const asked = valuesOf();
    const closing = systemClock.sleep(200).then(() => client.close());
    await unavailable(asked, /broke its answer off: closed/);
    await closing;
  });

  it('of which the first row is enough may be cut after it', async () => {
    proxy.spoil('/api/v2/query', 'stuck-inside');
    for await (const row of client.query('…', 200)) {
      expect(row).toMatchObject({ _value: '0' });
      break;
    }
    await systemClock.sleep(300);
    expect(client.failure()).toBeNull();
  });

  it.each(['<html>', '<html>\n<p class="a">,b'])('that is no table is a read model that can’t be asked now: %j', async (body) => {
    proxy.spoil('/api/v2/query', { status: 200, body });
    await unavailable(valuesOf(), /broke its answer off/);
  });

  it('that is cut, or stuck at stop, is given by the embedded read models instead', async () => {
    const bench = await ReadModelsBench.open();
    const models = await InfluxModels.open(config, bench.sink, bench.store, systemClock, pino({ level: 'silent' }), null);
    try {
      proxy.choose = (_method, path) => (path.startsWith('/api/v2/query') ? 'cut-inside' : null);
      expect(await models.reads.perMinute(DAY)).toEqual({ items: [] });
      proxy.choose = (_method, path) => (path.startsWith('/api/v2/query') ? 'stuck-inside' : null);
      const asked = models.reads.perMinute(DAY);
      await systemClock.sleep(200);
      await models.stop();
      expect(await asked).toEqual({ items: [] });
      expect(models.reads.answered).toEqual({ influx: 0, embedded: 2 });
    } finally {
      await models.stop();
      await bench.close();
    }
  });
});

const NO_ANSWERS: readonly [string, Fault][] = [
  ['of another kind', { status: 200, body: '<html>' }],
  ['of nothing', { status: 200, body: 'null' }],
  ['that is cut', 'cut-inside'],
];

describe('an answer about the bucket', () => {
  it.each(NO_ANSWERS)('%s is one to ask for again', async (_what, fault) => {
    proxy.spoil('/api/v2/buckets', fault);
    await unavailable(client.bucket(), fault === 'cut-inside' ? /broke its answer to \/api\/v2\/buckets off/ : /answered \/api\/v2\/buckets with ".+" instead of JSON/);
    expect(await client.bucket()).toMatchObject({ id: 'b1' });
  });

  it.each(NO_ANSWERS)('%s does not end a start', async (_what, fault) => {
    proxy.spoil('/api/v2/buckets', fault);
    const bench = await ReadModelsBench.open();
    const models = await InfluxModels.open(config, bench.sink, bench.store, systemClock, pino({ level: 'silent' }), null);
    await models.stop();
    await bench.close();
  });
});

describe('an answer to a write', () => {
  it('that is cut is not taken for a confirmation', async () => {
    proxy.spoil('/api/v2/write', 'cut-inside');
    await unavailable(client.write(['m f=1'], new InfluxTerm(ENDLESS_TERM)), /broke its answer to \/api\/v2\/write off/);
    expect(client.totals.lines).toBe(0);
  });
});
