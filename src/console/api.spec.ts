import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { notificationStream } from '../alarm-domain/notification-events.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import type { Customer } from '../customers/customer.js';
import { toAppend } from '../event-store/event-codec.js';
import { CUSTOMER, alarmTriggered, raise } from '../../test/support/alarm-fixtures.js';
import { ConsoleBench } from '../../test/support/console-bench.js';
import { loadAnswer } from './load-schemas.js';
import { cellSensorsAnswer, mapAnswer } from './map-schemas.js';
import { pastAnswer } from './past-schemas.js';
import * as schemas from './response-schemas.js';

/** The API over real HTTP, on real stores. Every answer is held to the schema that it is documented with. */

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-03-01T12:00:00.000Z');

const LONDON: Customer = { ...CUSTOMER, id: 7, name: 'Ada', city: 'London', geohash: 'gcpvj0duq', dashboard: 'UK' };

let bench: ConsoleBench;
const smoke = alarmTriggered(CUSTOMER.id, 'smoke', START_MS);
const motion = alarmTriggered(LONDON.id, 'motion', START_MS + 60_000);
const unplaced = alarmTriggered(123456, 'temperature', START_MS + 120_000);
const recovered = alarmTriggered(LONDON.id, 'temperature', START_MS - HOUR_MS);

beforeAll(async () => {
  bench = await ConsoleBench.start();
  await bench.customers.save([CUSTOMER, LONDON]);
  for (const alarm of [recovered, smoke, motion, unplaced]) await raise(bench.store, alarm);
  const { alarmId, sensorId, alarmType } = recovered.data;
  const recoveredAt = new Date(START_MS - HOUR_MS / 2).toISOString();
  const metadata = { ...recovered.metadata, recordedAt: recoveredAt, receivedAt: recoveredAt };
  await bench.store.append(
    sensorStream(sensorId),
    [toAppend({ id: randomUUID(), type: 'AlarmRecovered', data: { alarmId, sensorId, alarmType, recoveredAt, by: 'ok-message' }, metadata })],
    'any',
  );
  await park(smoke.data.alarmId, smoke.data.sensorId);
  await bench.settle();
});
afterAll(() => bench.stop());

async function park(alarmId: string, sensorId: number): Promise<void> {
  const metadata = { schemaVersion: 1, recordedAt: new Date(START_MS + 5000).toISOString(), correlationId: alarmId, causationId: alarmId };
  const events = [
    toAppend({ id: randomUUID(), type: 'NotificationRequested', data: { alarmId, sensorId }, metadata }),
    toAppend({ id: randomUUID(), type: 'NotificationParked', data: { alarmId, sensorId, attempt: 3, reason: '550 no such mailbox' }, metadata }),
  ];
  await bench.store.append(notificationStream(alarmId), events, 'no-stream');
}

/** A 200 of the documented shape. */
async function ok<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
  const { status, body } = await bench.get(path);
  expect({ path, status, body }).toMatchObject({ status: 200 });
  return schema.parse(body);
}

interface ProblemBody {
  status: number;
  detail: string;
  instance: string;
  errors?: { field: string; detail: string }[];
}

async function problem(path: string): Promise<ProblemBody> {
  const { status, headers, body } = await bench.get<ProblemBody>(path);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({ status, instance: path });
  schemas.problem.parse(body);
  return body;
}

describe('alarms', () => {
  it('are listed newest first, with place, evidence and e-mail state', async () => {
    const { items, next, total } = await ok('/api/alarms', schemas.alarmList);
    expect(items.map(({ alarmId }) => alarmId)).toEqual([unplaced, motion, smoke, recovered].map(({ data }) => data.alarmId));
    expect({ next, total }).toEqual({ next: null, total: 4 });
    expect(items[2]).toMatchObject({
      sensorId: '42959', type: 'smoke', status: 'open', zone: 'Mediterranean', geohash: 'eztz8kqyz', email: 'parked', recoveredAt: null,
      triggeredAt: '2026-03-01T12:00:00.000Z',
    });
    expect(items[2]?.evidence).toHaveLength(3);
    expect(items[0]).toMatchObject({ zone: null, geohash: null });
  });

  it.each([
    ['status=open', 3],
    ['status=recovered', 1],
    ['type=smoke', 1],
    ['zone=UK', 2],
    ['zone=UK&status=open&type=motion', 1],
    ['sensor=7', 2],
    ['sensor=007', 2],
    ['from=2026-03-01T12:00:00Z&to=2026-03-01T12:01:00Z', 1],
    ['from=2026-03-01T13:00:00%2B01:00', 3],
    ['zone=Africa', 0],
    ['cell=gc', 2],
    ['cell=gcpvj&status=open', 1],
    ['cell=ez&type=smoke,motion', 1],
    ['zone=UK&cell=gc&status=recovered', 1],
    ['zone=UK&cell=ez', 0],
    ['cell=ez&sensor=7', 0],
    ['acknowledged=no', 4],
    ['status=standing&acknowledged=yes', 0],
    ['email=parked', 1],
    ['order=oldest&type=motion', 1],
    ['type=motion,temperature', 3],
    ['type=temperature,motion,temperature', 3],
    ['type=motion,smoke,temperature', 4],
    ['zone=UK&type=smoke,motion', 1],
    ['status=open&type=temperature,smoke', 2],
  ])('filter by %s', async (query, count) => {
    const { items, total } = await ok(`/api/alarms?${query}`, schemas.alarmList);
    expect({ items: items.length, total }).toEqual({ items: count, total: count });
  });

  it.each<[string, readonly AlarmTriggered[]]>([
    ['', [unplaced, motion, smoke, recovered]],
    ['&type=temperature,motion', [unplaced, motion, recovered]],
    ['&type=temperature,smoke&order=oldest', [recovered, smoke, unplaced]],
  ])('come in pages that follow on one another: limit=1%s', async (query, expected) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: z.infer<typeof schemas.alarmList> = await ok(`/api/alarms?limit=1${query}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, schemas.alarmList);
      expect(page.total).toBe(expected.length);
      seen.push(...page.items.map(({ alarmId }) => alarmId));
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual(expected.map(({ data }) => data.alarmId));
  });

  it('are found one by one, with what became of the e-mail', async () => {
    const details = await ok(`/api/alarms/${smoke.data.alarmId}`, schemas.alarmDetails);
    expect(details.notifications).toEqual([
      { type: 'NotificationRequested', recordedAt: '2026-03-01T12:00:05.000Z', data: { alarmId: smoke.data.alarmId, sensorId: 42959 } },
      expect.objectContaining({ type: 'NotificationParked', data: expect.objectContaining({ reason: '550 no such mailbox' }) }),
    ]);
    expect(details.emailDetail).toMatchObject({ reason: '550 no such mailbox' });
    expect(details.mail).toBeNull();
  });

  it('come as CSV with their customers’ names, none of them a formula', async () => {
    await bench.customers.save([{ ...LONDON, name: '=cmd()', surname: 'O"Hara, Ada' }]);
    const { headers, body } = await bench.get<string>('/api/export/alarms.csv?zone=UK');
    await bench.customers.save([LONDON]);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, ...lines] = body.replace(/^\uFEFF/, '').trimEnd().split('\r\n');
    expect(head).toContain('alarmId,sensorId,type,status,triggeredAt');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe(`${motion.data.alarmId},7,motion,open,2026-03-01T12:01:00.000Z,,,,UK,pending,0,'=cmd(),"O""Hara, Ada",London,${CUSTOMER.country}`);
    expect(await problem('/api/export/alarms.csv?limit=3')).toMatchObject({ status: 400 });
  });

  it('come as CSV of some types alone', async () => {
    const { body } = await bench.get<string>('/api/export/alarms.csv?type=temperature,motion&order=oldest');
    const [, ...lines] = body.trimEnd().split('\r\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual([recovered, motion, unplaced].map(({ data }) => data.alarmId));
  });

  it('that do not exist are a 404', async () => {
    expect(await problem(`/api/alarms/${randomUUID()}`)).toMatchObject({ status: 404, detail: expect.stringContaining('no alarm') });
  });
});

describe('sensors and customers', () => {
  it('show state, place, customer and last events', async () => {
    const sensor = await ok('/api/sensors/7', schemas.sensorDetails);
    expect(sensor).toMatchObject({
      sensorId: '7', place: { geohash: LONDON.geohash, zone: 'UK' }, customerState: 'known',
      customer: { name: 'Ada', surname: CUSTOMER.surname, city: 'London', country: CUSTOMER.country },
    });
    expect(sensor.openAlarms).toEqual({ motion: expect.objectContaining({ alarmId: motion.data.alarmId }) });
    expect(sensor.lastEvents.map(({ type }) => type)).toEqual(['AlarmRecovered', 'AlarmTriggered', 'AlarmTriggered']);
  });

  it('a sensor without a customer is known by its alarm', async () => {
    expect(await ok('/api/sensors/123456', schemas.sensorDetails)).toMatchObject({ place: null, customer: null, customerState: 'unknown' });
  });

  it('a customer has every column', async () => {
    expect(await ok('/api/customers/42959', schemas.customer)).toEqual(CUSTOMER);
  });

  it('names of many customers come at once, without those that do not exist', async () => {
    const { items } = await ok('/api/customers?ids=42959,99,7,7', schemas.customerNames);
    const { id, name, surname, city, country } = CUSTOMER;
    expect(items).toEqual([{ id, name, surname, city, country }, { id: 7, name: 'Ada', surname, city: 'London', country }]);
  });

  it.each(['/api/sensors/99', '/api/customers/99', '/api/audit/sensors/99'])('%s is a 404', async (path) => {
    expect(await problem(path)).toMatchObject({ status: 404, detail: expect.stringContaining('99') });
  });
});

describe('the audit', () => {
  it('gives the state as of a recorded time, and the events up to then', async () => {
    const then = await ok('/api/audit/sensors/7?asOf=2026-03-01T11:15:00Z', schemas.sensorAudit);
    expect(then.asOf).toBe('2026-03-01T11:15:00.000Z');
    expect(then.state.openAlarms).toEqual({ temperature: expect.objectContaining({ alarmId: recovered.data.alarmId }) });
    expect(then.items.map(({ type, revision }) => [type, revision])).toEqual([['AlarmTriggered', 0]]);
    expect(then.items[0]?.metadata).toMatchObject({ schemaVersion: 1, source: { topic: 'ENTRY' } });

    const before = await ok('/api/audit/sensors/7?asOf=2026-02-01T00:00:00Z', schemas.sensorAudit);
    expect(before).toMatchObject({ total: 0, items: [], state: { openAlarms: {}, strikes: {} } });
  });

  it('gives the state after one event, and the one before it', async () => {
    const { asOf, state, before, items, first, last } = await ok('/api/audit/sensors/7?revision=1', schemas.sensorAudit);
    expect(items.map(({ revision, type }) => [revision, type])).toEqual([[1, 'AlarmTriggered'], [0, 'AlarmTriggered']]);
    expect(Object.keys(before.openAlarms)).toEqual(['temperature']);
    expect(Object.keys(state.openAlarms).sort()).toEqual(['motion', 'temperature']);
    expect({ asOf, first, last }).toEqual({
      asOf: motion.metadata.recordedAt,
      first: { revision: 0, recordedAt: recovered.metadata.recordedAt },
      last: { revision: 2, recordedAt: '2026-03-01T11:30:00.000Z' },
    });
  });

  it('gives the whole system as of a recorded time, and what changed last', async () => {
    const past = await ok('/api/audit/system?asOf=2026-03-01T12:01:30Z', pastAnswer);
    expect(past.open).toMatchObject({ total: 2, items: [{ alarmId: motion.data.alarmId, zone: 'UK' }, { alarmId: smoke.data.alarmId, zone: 'Mediterranean', acknowledged: null }] });
    expect(past.map.cells.filter(({ active }) => active > 0).map(({ geohash }) => geohash)).toEqual(['ez', 'gc']);
    expect(past.changes).toMatchObject({ total: 1, items: [{ change: 'opened', alarmId: motion.data.alarmId }] });
    expect(past.moments).toEqual({
      first: recovered.metadata.recordedAt, last: unplaced.metadata.recordedAt,
      previous: smoke.metadata.recordedAt, current: motion.metadata.recordedAt, next: unplaced.metadata.recordedAt,
    });
    const earlier = await ok('/api/audit/system?asOf=2026-03-01T11:15:00Z&zone=UK', pastAnswer);
    expect(earlier.open).toMatchObject({ total: 1, items: [{ alarmId: recovered.data.alarmId }] });
    expect((await ok('/api/audit/system', pastAnswer)).open.total).toBe(3);
    const ofCell = await ok('/api/audit/system?asOf=2026-03-01T12:01:30Z&cell=ez', pastAnswer);
    expect(ofCell.open).toMatchObject({ total: 1, items: [{ alarmId: smoke.data.alarmId }] });
    expect(ofCell.map).toEqual(past.map);
  });

  it('is taken away, a range as lines of JSON and as CSV, of all or of one sensor', async () => {
    const lines = async (query: string) => {
      const { headers, body } = await bench.get<string>(`/api/export/events.jsonl?${query}`);
      expect(headers.get('content-type')).toBe('application/x-ndjson');
      return body.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const all = await lines('from=2026-03-01T11:00:00Z&to=2026-03-01T12:01:00Z');
    expect(all.map(({ type, stream }) => [type, stream])).toEqual([['AlarmTriggered', 'sensor-7'], ['AlarmTriggered', 'sensor-42959'], ['AlarmRecovered', 'sensor-7']]);
    expect(all[1]).toMatchObject({ id: smoke.id, revision: 0, data: { alarmId: smoke.data.alarmId }, metadata: { source: { topic: 'ENTRY' } } });
    expect(await lines('sensor=7')).toHaveLength(3);
    expect(await lines('sensor=8')).toEqual([]);
    const { body } = await bench.get<string>('/api/export/events.csv?sensor=7&from=2026-03-01T11:30:00Z&to=2026-03-01T11:31:00Z');
    const [head, line, ...rest] = body.replace(/^\uFEFF/, '').trimEnd().split('\r\n');
    expect({ head, rest }).toEqual({ head: 'position,recordedAt,sensorId,revision,type,alarmId,alarmType,by,eventId,data,metadata', rest: [] });
    expect(line).toContain(`,2026-03-01T11:30:00.000Z,7,2,AlarmRecovered,${recovered.data.alarmId},temperature,ok-message,`);
  });

  it('comes in pages', async () => {
    const first = await ok('/api/audit/sensors/7?limit=2', schemas.sensorAudit);
    expect(first).toMatchObject({ total: 3, next: '0' });
    const second = await ok('/api/audit/sensors/7?limit=2&cursor=0', schemas.sensorAudit);
    expect([...first.items, ...second.items].map(({ revision }) => revision)).toEqual([2, 1, 0]);
    expect(second.next).toBeNull();
  });
});

describe('map and counts', () => {
  it('the map has cells of the asked length, and the unplaced', async () => {
    const { cells, unplaced: others } = await ok('/api/map?prefixLength=2', mapAnswer);
    expect(cells).toEqual([
      { geohash: 'ez', sensors: 1, active: 1, byType: { motion: 0, smoke: 1, temperature: 0 }, worst: 'active' },
      { geohash: 'gc', sensors: 1, active: 1, byType: { motion: 1, smoke: 0, temperature: 0 }, worst: 'active' },
    ]);
    expect(others).toEqual({ sensors: 1, active: 1 });
    expect((await ok('/api/map?prefixLength=9&zone=UK', mapAnswer)).cells.map(({ geohash }) => geohash)).toEqual([LONDON.geohash]);
  });

  it('the sensors of a cell come in pages, of one zone when it is asked for, and a cursor is that of its cell', async () => {
    await bench.customers.save([{ ...LONDON, id: 8, geohash: 'gcpvj0dur' }]);
    await bench.settle();
    const first = await ok('/api/map/sensors?cell=gc&limit=1', cellSensorsAnswer);
    expect(first).toMatchObject({ total: 2, items: [{ sensorId: '7', state: 'active', openTypes: ['motion'], zone: 'UK' }] });
    const cursor = encodeURIComponent(first.next ?? '');
    expect(await ok(`/api/map/sensors?cell=gc&limit=1&cursor=${cursor}`, cellSensorsAnswer)).toMatchObject({ total: 2, next: null, items: [{ sensorId: '8', state: 'inactive', openTypes: [], since: null }] });
    expect(await ok('/api/map/sensors?cell=gc&zone=Africa', cellSensorsAnswer)).toEqual({ items: [], next: null, total: 0 });
    expect(await problem(`/api/map/sensors?cell=ez&cursor=${cursor}`)).toMatchObject({ status: 400, errors: [{ field: 'cursor' }] });
    await bench.customers.erase(8);
    await bench.settle();
  });

  it('counts alarms per minute and type', async () => {
    const { items } = await ok('/api/counts?from=2026-03-01T12:00:00Z&to=2026-03-01T12:02:00Z', schemas.countList);
    expect(items).toEqual([
      { minute: '2026-03-01T12:00:00.000Z', type: 'smoke', count: 1 },
      { minute: '2026-03-01T12:01:00.000Z', type: 'motion', count: 1 },
    ]);
    const typesOf = async (type: string) => (await ok(`/api/counts?from=2026-03-01T12:00:00Z&to=2026-03-01T13:00:00Z&type=${type}`, schemas.countList)).items.map((item) => item.type);
    expect(await typesOf('motion')).toEqual(['motion']);
    expect(await typesOf('temperature,smoke')).toEqual(['smoke', 'temperature']);
    expect((await ok('/api/counts', schemas.countList)).items).toEqual([]);
  });

  it('are added up in longer steps, over more than a month', async () => {
    const year = 'from=2025-06-01T00:00:00Z&to=2026-06-01T00:00:00Z';
    expect((await ok(`/api/counts?${year}&step=86400`, schemas.countList)).items).toEqual(
      ['motion', 'smoke', 'temperature'].map((type) => ({ minute: '2026-03-01T00:00:00.000Z', type, count: type === 'temperature' ? 2 : 1 })),
    );
    expect((await ok('/api/counts?from=2026-03-01T11:30:00Z&to=2026-03-01T13:00:00Z&step=3600', schemas.countList)).items).toEqual([
      { minute: '2026-03-01T11:00:00.000Z', type: 'temperature', count: 1 },
      { minute: '2026-03-01T12:00:00.000Z', type: 'motion', count: 1 },
      { minute: '2026-03-01T12:00:00.000Z', type: 'smoke', count: 1 },
      { minute: '2026-03-01T12:00:00.000Z', type: 'temperature', count: 1 },
    ]);
  });

  it('come as CSV, with a column per type', async () => {
    const { status, headers, body } = await bench.get<string>('/api/export/counts.csv?from=2026-03-01T12:00:00Z&to=2026-03-01T12:02:00Z');
    expect({ status, type: headers.get('content-type'), name: headers.get('content-disposition') }).toEqual({
      status: 200, type: 'text/csv; charset=utf-8', name: 'attachment; filename="vigia-counts.csv"',
    });
    expect(body.replace(/^\uFEFF/, '')).toBe('from,motion,smoke,temperature,total\r\n2026-03-01T12:00:00.000Z,0,1,0,1\r\n2026-03-01T12:01:00.000Z,1,0,0,1\r\n');
    const some = await bench.get<string>('/api/export/counts.csv?from=2026-03-01T11:00:00Z&to=2026-03-01T12:02:00Z&type=temperature,motion&step=3600');
    expect(some.body.replace(/^\uFEFF/, '')).toBe('from,motion,temperature,total\r\n2026-03-01T11:00:00.000Z,0,1,1\r\n2026-03-01T12:00:00.000Z,1,0,1\r\n');
  });
});

describe('the load of operators', () => {
  it('is per console, with what makes it', async () => {
    const load = await ok('/api/load?from=2026-03-01T11:05:00Z&to=2026-03-01T12:20:00Z', loadAnswer);
    expect(load).toMatchObject({
      from: '2026-03-01T11:00:00.000Z', to: '2026-03-01T12:20:00.000Z',
      thresholds: { floodAbove: 10, chatterAlarms: 3, chatterSeconds: 60, staleHours: 24 },
      whole: { alarms: 4, perPeriod: 0.5, mostInPeriod: 3, floodPeriods: 0, level: 'acceptable', acknowledged: { count: 0, p50Ms: null } },
      busiest: { total: 3, items: [{ sensorId: '7', zone: 'UK', alarms: 2 }, { sensorId: '42959' }, { sensorId: '123456', zone: null }] },
      chattering: { total: 0 },
    });
    expect(load.periods).toEqual([{ from: '2026-03-01T11:00:00.000Z', alarms: 1 }, { from: '2026-03-01T12:00:00.000Z', alarms: 3 }]);
    expect(load.consoles.filter(({ alarms }) => alarms > 0).map(({ zone, alarms }) => [zone, alarms])).toEqual([['Mediterranean', 1], ['UK', 2], [null, 1]]);
    // Those of the fixture are open since the first of March.
    expect(load.stale).toMatchObject({ total: 3, items: [{ alarmId: smoke.data.alarmId }, { alarmId: motion.data.alarmId }, { alarmId: unplaced.data.alarmId }] });
    expect((await ok('/api/load?zone=UK', loadAnswer)).stale.total).toBe(1);
  });
});

describe('bad requests', () => {
  it.each<[string, string]>([
    ['/api/alarms?limit=0', 'limit'],
    ['/api/alarms?limit=501', 'limit'],
    ['/api/alarms?limit=ten', 'limit'],
    ['/api/alarms?limit=', 'limit'],
    ['/api/alarms?limit=1&limit=2', 'limit'],
    ['/api/alarms?status=closed', 'status'],
    ['/api/alarms?zone=Atlantis', 'zone'],
    ['/api/alarms?cell=a', 'cell'],
    ['/api/alarms?type=fire', 'type'],
    ['/api/alarms?type=motion,fire', 'type'],
    ['/api/alarms?type=motion,', 'type'],
    ['/api/alarms?type=motion&type=smoke', 'type'],
    ['/api/counts?type=', 'type'],
    ['/api/export/alarms.csv?type=motion;smoke', 'type'],
    ['/api/alarms?from=2026-03-01', 'from'],
    ['/api/alarms?from=2026-03-01T12:00:00', 'from'],
    ['/api/alarms?from=2026-02-30T12:00:00Z', 'from'],
    ['/api/alarms?sensor=2147483648', 'sensor'],
    ['/api/alarms?sensor=-1', 'sensor'],
    ['/api/alarms?cursor=nonsense', 'cursor'],
    ['/api/alarms?colour=red', 'colour'],
    ['/api/alarms/not-an-id', 'id'],
    ['/api/sensors/2147483648', 'id'],
    ['/api/sensors/7.5', 'id'],
    ['/api/sensors/7?x=1', 'x'],
    ['/api/customers/abc', 'id'],
    ['/api/customers', 'ids'],
    ['/api/customers?ids=1,,2', 'ids'],
    ['/api/customers?ids=9999999999', 'ids'],
    [`/api/customers?ids=${Array.from({ length: 101 }, (_, id) => id).join()}`, 'ids'],
    ['/api/alarms?acknowledged=maybe', 'acknowledged'],
    ['/api/alarms?order=random', 'order'],
    ['/api/counts?step=61', 'step'],
    ['/api/counts?step=86400&from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
    ['/api/map?prefixLength=10', 'prefixLength'],
    ['/api/map?prefixLength=0', 'prefixLength'],
    ['/api/map/sensors', 'cell'],
    ['/api/map/sensors?cell=a', 'cell'],
    ['/api/map/sensors?cell=gcpvj0duqq', 'cell'],
    ['/api/map/sensors?cell=gc&limit=501', 'limit'],
    ['/api/map/sensors?cell=gc&cursor=nonsense', 'cursor'],
    ['/api/map/sensors?cell=gc&prefixLength=2', 'prefixLength'],
    ['/api/counts?from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:00Z', 'from'],
    ['/api/counts?from=2025-03-01T12:00:00Z&to=2026-03-01T12:00:00Z', 'from'],
    ['/api/load?from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:00Z', 'from'],
    ['/api/load?from=2026-01-01T12:00:00Z&to=2026-03-01T12:00:00Z', 'from'],
    ['/api/load?zone=Atlantis', 'zone'],
    ['/api/audit/sensors/7?cursor=99', 'cursor'],
    ['/api/audit/sensors/7?asOf=yesterday', 'asOf'],
    ['/api/audit/sensors/7?asOf=2026-03-01T12:00:00Z&revision=1', 'revision'],
    ['/api/audit/system?asOf=yesterday', 'asOf'],
    ['/api/audit/system?prefixLength=10', 'prefixLength'],
    ['/api/audit/system?cell=a', 'cell'],
    ['/api/export/events.csv?from=yesterday', 'from'],
    ['/api/mailbox/..%2F..%2Fetc%2Fpasswd', 'name'],
    ['/api/mailbox/x.eml?y=1', 'y'],
    ['/api/health?deep=1', 'deep'],
    ['/api/live?x=1', 'x'],
  ])('%s names %s', async (path, field) => {
    const body = await problem(path);
    expect(body.status).toBe(400);
    expect(body.errors?.map((error) => error.field)).toContain(field);
    expect(body.detail).toContain(field);
  });

  it('every bad parameter is named', async () => {
    const { errors } = await problem('/api/alarms?limit=0&type=fire&colour=red&shape=round');
    expect(errors?.map(({ field }) => field).sort()).toEqual(['colour', 'limit', 'shape', 'type']);
  });

  it('an address without anything is a 404, a malformed one a 400', async () => {
    expect(await problem('/api/nothing')).toMatchObject({ status: 404 });
    expect(await problem('/api/alarms/%zz')).toMatchObject({ status: 400 });
  });
});
