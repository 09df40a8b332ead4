import fc from 'fast-check';
import { mapAndCountsContract } from '../../../test/contracts/map-and-counts.contract.js';
import { InfluxServer } from '../../../test/servers/influxdb.js';
import { FaultyProxy, type Fault } from '../../../test/support/faulty-proxy.js';
import { DAY, expectExact, influxConfig, InfluxBench, PLACES, storm } from '../../../test/support/influx-bench.js';
import { anyHistory, at, triggered } from '../../../test/support/projection-events.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { systemClock } from '../../clock.js';
import { ENDLESS_TERM } from '../../leases/term.js';
import { InfluxClient, InfluxRefused } from './influx-client.js';
import { presenceLine, snapshotLine, toTag } from './influx-points.js';
import { lastSnapshotMs } from './influx-reads.js';
import { InfluxTerm } from './influx-term.js';

let server: InfluxServer;
beforeAll(async () => {
  server = await InfluxServer.start();
});
afterAll(() => server?.stop());

let buckets = 0;
const newBucket = (): string => `spec, bucket ${(buckets += 1)}`;
const benches: InfluxBench[] = [];
const open = async (config = influxConfig(server, newBucket()), dir?: string): Promise<InfluxBench> => {
  const bench = await InfluxBench.open(config, dir);
  benches.push(bench);
  return bench;
};
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});
const close = async (bench: InfluxBench): Promise<void> => {
  benches.splice(benches.indexOf(bench), 1);
  await bench.close();
};

mapAndCountsContract('InfluxDB', () => InfluxBench.open(influxConfig(server, newBucket())));

describe('map and counts in InfluxDB', () => {
  it('P6: are those of the embedded read models after any history, and after a rebuild', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (events) => {
        const bench = await open();
        await bench.place(PLACES.slice(0, 4));
        await bench.append(events);
        await bench.settle();
        await expectExact(bench);
        for (const name of bench.writer.runner.names) expect(await bench.writer.runner.rebuild(name)).toMatchObject({ equal: true });
        await expectExact(bench);
        await close(bench);
      }),
      { numRuns: 5 },
    );
  });

  it('has 50,000 sensors before the first alarm', async () => {
    const bench = await open();
    await bench.place(Array.from({ length: 50_000 }, (_, n) => ({ sensorId: n, geohash: `gcpv${String(n).padStart(5, '0')}`, zone: 'UK' })));
    const { client } = bench.influx;
    const ask = client.query.bind(client);
    let rows = 0;
    client.query = async function* (...asked) {
      for await (const row of ask(...asked)) {
        rows += 1;
        yield row;
      }
    };
    const { cells } = await bench.reads.cells(4);
    expect(cells).toEqual([expect.objectContaining({ geohash: 'gcpv', sensors: 50_000, active: 0 })]);
    // Some 0.1 ms of the server each: the map does not wait for a row of every sensor.
    expect(rows).toBeLessThan(100);
    const count = `from(bucket: ${JSON.stringify(bench.bucket)}) |> range(start: 0) |> filter(fn: (r) => r._measurement == "sensor_state" and r._field == "active") |> last() |> group() |> distinct(column: "sensor") |> count()`;
    const answer = await server.call('POST', `/api/v2/query?org=${encodeURIComponent(server.org)}`, { query: count, dialect: { annotations: [] } });
    expect(answer).toMatch(/,50000\s*$/);
  });

  it('follows a change of places by itself, and deletes where a removed customer’s sensor was (P5)', async () => {
    const bench = await open();
    await bench.place(PLACES);
    await bench.append(storm(0));
    await bench.settle();
    // Without a word to InfluxDB's side.
    await bench.local.place(PLACES.filter(({ sensorId }) => sensorId !== 3));
    await waitFor('the snapshot', async () => (await bench.reads.cells(1)).cells[0]?.sensors === 39, 30_000);
    await bench.settle();
    await expectExact(bench);
    expect(await tagsOf(bench, 'sensor == "3"')).toEqual(['none']);
    const lists: string[] = [];
    const places = `from(bucket: ${JSON.stringify(bench.bucket)}) |> range(start: 0, stop: 2200-01-01T00:00:00Z) |> filter(fn: (r) => r._measurement == "sensor_places")`;
    for await (const { _value = '' } of bench.influx.client.query(places)) lists.push(_value);
    expect(lists.map((list) => list.split('\t').length)).toEqual([39]);
  });

  /** The zones of points that a condition names. */
  async function tagsOf(bench: InfluxBench, condition: string): Promise<string[]> {
    const query = `from(bucket: ${JSON.stringify(bench.bucket)}) |> range(start: 0, stop: 2200-01-01T00:00:00Z) |> filter(fn: (r) => r._measurement == "sensor_state" and r.${condition}) |> group() |> distinct(column: "zone")`;
    const answer = await server.call('POST', `/api/v2/query?org=${encodeURIComponent(server.org)}`, { query, dialect: { annotations: [], header: false } });
    return answer.trim().split(/\r?\n/).map((line) => line.split(',').at(-1) ?? '');
  }

  it('comes out exact of a rebuild whatever was in the bucket before', async () => {
    const bench = await open();
    await bench.place(PLACES);
    await bench.append(storm(0));
    await bench.settle();
    // A minute too high, one that never was, alarms that are none.
    const write = `/api/v2/write?org=${encodeURIComponent(server.org)}&bucket=${encodeURIComponent(bench.bucket)}&precision=ms`;
    const noon = Date.parse(at(0));
    await server.call('POST', write, `alarms_per_minute,type=smoke count=900i ${noon}\nalarms_per_minute,type=motion count=5i ${noon - 7_200_000}`);
    await server.call('POST', write, `sensor_state,sensor=1,type=smoke,zone=UK,geohash=gcpvj0du1 active=1i ${Date.now() + 60_000}`);
    await expect(expectExact(bench)).rejects.toThrow();
    for (const name of bench.writer.runner.names) await bench.writer.runner.rebuild(name);
    await expectExact(bench);
  });

  it('writes everything anew into a bucket that was lost', async () => {
    const bench = await open();
    await bench.place(PLACES);
    await bench.append(storm(0));
    await bench.settle();
    const { buckets: found } = JSON.parse(await server.call('GET', `/api/v2/buckets?name=${encodeURIComponent(bench.bucket)}`)) as { buckets: { id: string }[] };
    await server.call('DELETE', `/api/v2/buckets/${found[0]?.id}`);
    await bench.append(storm(100));
    await waitFor('the counts', async () => JSON.stringify(await bench.reads.perMinute(DAY).catch(() => null)) === JSON.stringify(await bench.influx.reads.embedded.perMinute(DAY)));
    await bench.settle();
    await expectExact(bench);
  });

  it('begins anew when readers begin at a snapshot that is not its own, as a writer before it may have left one late', async () => {
    const bench = await open();
    await bench.place(PLACES);
    await bench.append(storm(0));
    await bench.settle();
    await bench.influx.client.write([snapshotLine(40, 40, Date.now() + 5000)], new InfluxTerm(ENDLESS_TERM));
    await expect(expectExact(bench)).rejects.toThrow();
    await waitFor('a snapshot of its own', () => expectExact(bench).then(() => true, () => false));
  });

  it('starts with an empty data folder beside a full bucket, and with a full one beside an empty bucket', async () => {
    const config = influxConfig(server, newBucket());
    const first = await open(config);
    await first.place(PLACES);
    await first.append(storm(0));
    await first.settle();
    await close(first);
    const other = await open(config);
    await other.place(PLACES);
    await other.append(storm(30));
    await other.settle();
    await expectExact(other);
    const again = await open(influxConfig(server, newBucket()), first.dir);
    await again.settle();
    await waitFor('what was there before', () => expectExact(again).then(() => true, () => false));
  });
});

describe('InfluxDB in trouble', () => {
  let proxy: FaultyProxy;
  beforeEach(async () => {
    proxy = await FaultyProxy.start(server.url);
  });
  afterEach(() => proxy.stop());

  const WRITE = '/api/v2/write';
  const openThroughProxy = async (): Promise<InfluxBench> => {
    const bench = await open(influxConfig(server, newBucket(), { url: proxy.url }));
    await bench.place(PLACES);
    await bench.settle();
    return bench;
  };

  const faults: [string, Fault[]][] = [
    ['503', [{ status: 503 }, { status: 503, body: '{"code":"unavailable","message":"disk is full"}' }]],
    ['500 and 502', [{ status: 500 }, { status: 502, body: '<html>' }]],
    ['a cut before the server had it', ['cut', 'cut']],
    ['a cut after the server has done it', ['cut-after', 'cut-after', 'cut-after']],
    ['an answer other than 204', [{ status: 200 }, { status: 202 }]],
    ['a bucket that is missing for a moment', [{ status: 404, body: '{"code":"not found","message":"bucket not found"}' }]],
  ];
  it.each(faults)('loses and doubles nothing by %s', async (_what, some) => {
    const bench = await openThroughProxy();
    await bench.append(storm(0));
    await bench.settle();
    const snapshot = await lastSnapshotMs(bench.influx.client);
    // Alone in its minute, type and sensor, and the last: no later point makes up for a lost one.
    proxy.spoil(WRITE, ...some);
    await bench.append([triggered({ alarm: 'alone', sensorId: 39, type: 'temperature', second: 3600 })]);
    await bench.settle();
    expect(bench.influx.client.totals.failures).toBeGreaterThanOrEqual(some.length);
    await expectExact(bench);
    // By the same points again, not by a snapshot of everything.
    expect(await lastSnapshotMs(bench.influx.client)).toBe(snapshot);
  });

  it('answers from the embedded read models while answers are cut in the middle, and ends while one is stuck there', async () => {
    const bench = await openThroughProxy();
    await bench.append(storm(0));
    await bench.settle();
    const { influx, embedded } = bench.influx.reads;
    proxy.choose = (_method, path) => (path.startsWith('/api/v2/query') ? 'cut-inside' : null);
    await expect(influx.perMinute(DAY)).rejects.toThrow('broke its answer off');
    expect(await bench.influx.reads.perMinute(DAY)).toEqual(await embedded.perMinute(DAY));
    proxy.choose = () => null;
    await expectExact(bench);
    proxy.choose = (_method, path) => (path.startsWith('/api/v2/query') ? 'stuck-inside' : null);
    const asked = influx.perMinute(DAY).catch((error: unknown) => error);
    await systemClock.sleep(200);
    await close(bench);
    expect(String(await asked)).toContain('broke its answer off: closed');
  });

  it('sends nothing for as long as 429 asks for by Retry-After', async () => {
    const bench = await openThroughProxy();
    const begun: number[] = [];
    let refusedAt = 0;
    proxy.choose = () => {
      begun.push(Date.now());
      if (refusedAt > 0) return null;
      refusedAt = Date.now();
      return { status: 429, headers: { 'Retry-After': '2' }, body: '{"code":"too many requests","message":"slow down"}' };
    };
    await bench.append(storm(0));
    expect(await bench.failure('influx-alarms-per-minute')).toMatch(/429.*slow down|pause/);
    await bench.settle();
    expect(begun.filter((time) => time > refusedAt + 50 && time < refusedAt + 1950)).toEqual([]);
    await expectExact(bench);
  });

  it.each([
    [400, 'unable to parse \'sensor_state\': missing fields'],
    [422, 'field type conflict'],
  ])('stands still at a %i that says why, and goes on with all of it once that is mended', async (status, message) => {
    const bench = await openThroughProxy();
    let isMended = false;
    proxy.choose = (_method, path) => (path.startsWith(WRITE) && !isMended ? { status, body: JSON.stringify({ code: 'invalid', message }) } : null);
    await bench.append(storm(0));
    expect(await bench.failure('influx-sensor-state')).toContain(`answered ${status} to /api/v2/write: ${message}`);
    expect((await bench.writer.runner.status()).every(({ lagEvents }) => lagEvents > 0)).toBe(true);
    isMended = true;
    await bench.settle();
    await expectExact(bench);
  });

  it('says by the server’s own words that another program uses the field with another type', async () => {
    const config = influxConfig(server, newBucket());
    await new InfluxClient(config, systemClock).bucket();
    await server.call('POST', `/api/v2/write?org=${encodeURIComponent(server.org)}&bucket=${encodeURIComponent(config.bucket)}&precision=ms`, `alarms_per_minute,type=smoke count="many" ${Date.parse(at(0))}`);
    const bench = await open(config);
    await bench.local.place(PLACES);
    await bench.append(storm(0));
    expect(await bench.failure('influx-alarms-per-minute')).toMatch(/answered \d+ to .*(type|string)/);
  });

  it('answers from the embedded read models while the server is away, and catches up when it is back', async () => {
    const bench = await openThroughProxy();
    await bench.append(storm(0));
    await bench.settle();
    await server.kill();
    for (let n = 1; n < 30; n += 1) await bench.append(storm(n * 100));
    await bench.local.settle();
    const { influx, embedded } = bench.influx.reads;
    expect(await bench.influx.reads.perMinute(DAY)).toEqual(await embedded.perMinute(DAY));
    await expect(influx.perMinute(DAY)).rejects.toThrow('gives no answer');
    await server.restart();
    await bench.settle();
    await expectExact(bench);
  });

  it('gives up on a server that hangs, and ends without waiting for it', async () => {
    const bench = await open();
    await bench.place(PLACES);
    server.pause();
    try {
      const begun = Date.now();
      expect((await bench.influx.reads.cells(1)).cells).toHaveLength(1);
      expect(Date.now() - begun).toBeLessThan(8000);
      await bench.append(storm(0));
      await systemClock.sleep(200);
      const stopping = Date.now();
      await close(bench);
      expect(Date.now() - stopping).toBeLessThan(3000);
    } finally {
      server.resume();
    }
    const again = await open(influxConfig(server, bench.bucket), bench.dir);
    await again.settle();
    await expectExact(again);
  });
});

describe('InfluxDB that refuses', () => {
  const start = (more: Parameters<typeof influxConfig>[2]) => InfluxBench.open(influxConfig(server, newBucket(), more));

  it.each([
    ['token', { token: 'wrong' }, /401.*INFLUX_TOKEN must be one that may read and write bucket/],
    ['organisation', { org: 'nobody' }, /INFLUX_ORG/],
  ])('ends a start with a bad %s by an error that names it', async (_what, more, expected) => {
    const failure = await start(more).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InfluxRefused);
    expect((failure as Error).message).toMatch(expected);
    expect((failure as Error).message).not.toContain(server.token);
  });

  it('makes the bucket with the retention that is wanted, changes it when another is, and writes nothing older', async () => {
    const bucket = newBucket();
    const DAYS = 86_400_000;
    const retentionOf = async (): Promise<unknown> => {
      const { buckets: found } = JSON.parse(await server.call('GET', `/api/v2/buckets?name=${encodeURIComponent(bucket)}`)) as { buckets: { retentionRules: { everySeconds: number }[] }[] };
      return found[0]?.retentionRules.map(({ everySeconds }) => everySeconds);
    };
    const first = await open(influxConfig(server, bucket));
    expect(await retentionOf()).toEqual([0]);
    await close(first);
    const second = await open(influxConfig(server, bucket, { retentionMs: 30 * DAYS }));
    expect(await retentionOf()).toEqual([30 * 86_400]);
    await second.place(PLACES);
    const agoSeconds = (days: number): number => Math.floor((Date.now() - days * DAYS - Date.parse(at(0))) / 1000);
    await second.append([triggered({ alarm: 'old', sensorId: 1, second: agoSeconds(40) }), triggered({ alarm: 'new', sensorId: 2, second: agoSeconds(1) })]);
    await second.settle();
    const all = { from: at(agoSeconds(50)), to: at(agoSeconds(-1)) };
    expect((await second.reads.perMinute(all)).items).toHaveLength(1);
    // The alarm is older than what is kept, but open.
    await second.writer.takeSnapshot();
    expect((await second.reads.cells(1)).cells[0]).toMatchObject({ sensors: 40, active: 2 });
  });

  it('does without a server that is not there at the start', async () => {
    const config = influxConfig(server, newBucket());
    await server.kill();
    const bench = await open(config);
    await bench.local.place(PLACES);
    await bench.append(storm(0));
    await bench.local.settle();
    expect((await bench.influx.reads.cells(1)).cells).toHaveLength(1);
    await server.restart();
    await bench.settle();
    await waitFor('the snapshot', () => expectExact(bench).then(() => true, () => false));
  });
});

describe('line protocol', () => {
  it('brings any text back as the tag that it was made into, which is the text itself where line protocol can write it', async () => {
    const client = new InfluxClient(influxConfig(server, newBucket()), systemClock);
    const { id } = await client.bucket();
    const special = fc.string({ unit: fc.constantFrom('a', ' ', ',', '=', '"', "'", '\\', '\n', '\r', '\t', '\0', 'ñ', '👩‍👩‍👧', '#', '$', '{', '}', '\u2028', '%'), maxLength: 8 });
    const text = fc.oneof(special, fc.string({ unit: 'grapheme', maxLength: 20 }));
    let sensor = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 200 }), async (texts) => {
        const first = sensor + 1;
        await client.write(texts.map((zone) => presenceLine((sensor += 1), { zone, geohash: zone }, 1_700_000_000_000)), new InfluxTerm(ENDLESS_TERM));
        const got = new Map<number, [string | undefined, string | undefined]>();
        const flux = `from(bucketID: "${id}") |> range(start: 0) |> filter(fn: (r) => r._measurement == "sensor_state" and int(v: r.sensor) >= ${first}) |> keep(columns: ["sensor", "zone", "geohash"]) |> group()`;
        for await (const row of client.query(flux)) got.set(Number(row['sensor']), [row['zone'], row['geohash']]);
        texts.forEach((zone, n) => expect({ zone, got: got.get(first + n) }).toEqual({ zone, got: [toTag(zone), toTag(zone)] }));
      }),
      { numRuns: 15 },
    );
    for (const plain of ['a b', 'a,b=c', '"quoted"', "it's", 'back\\slash', '\\ first', 'ñ👩‍👩‍👧', '# no comment']) expect(toTag(plain)).toBe(plain);
  });
});
