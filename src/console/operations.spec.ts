import { randomUUID } from 'node:crypto';
import { notificationStream } from '../alarm-domain/notification-events.js';
import { systemClock } from '../clock.js';
import { toAppend } from '../event-store/event-codec.js';
import { DeadLetters } from '../ingestion/dead-letters.js';
import type { LogRecord } from '../message-log/message-log.js';
import { ALL_PROJECTIONS } from '../projections/all-projections.js';
import type { RebuildAllReport } from '../projections/projection-runner.js';
import { raise } from '../../test/support/alarm-fixtures.js';
import { customerExample } from '../../test/contracts/customer-store.contract.js';
import { ConsoleBench } from '../../test/support/console-bench.js';
import * as schemas from './response-schemas.js';

let bench: ConsoleBench;
beforeEach(async () => {
  bench = await ConsoleBench.start();
});
afterEach(() => bench.stop());

function linesOf(body: unknown): Record<string, { [key: string]: unknown }>[] {
  const lines = String(body).trim().split('\n').map((line) => JSON.parse(line) as Record<string, { [key: string]: unknown }>);
  lines.forEach((line) => schemas.progressLine.parse(line));
  return lines;
}

describe('long operations', () => {
  it('a rebuild tells how far it is, and gives the result last', async () => {
    for (let count = 0; count < 3; count += 1) await raise(bench.store);
    await bench.settle();
    const { status, headers, body } = await bench.post('/api/operations/projections/alarms/rebuild', {});
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'application/x-ndjson' });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(linesOf(body).at(-1)).toMatchObject({ result: { events: 3 } });
    expect((await bench.get<{ total: number }>('/api/alarms')).body.total).toBe(3);
  });

  it('a rebuild of something unknown is a 404 that names what there is', async () => {
    const { status, body } = await bench.post<{ detail: string }>('/api/operations/projections/weather/rebuild', {});
    expect(status).toBe(404);
    expect(body.detail).toContain('alarms-per-minute');
  });

  it('a rebuild of all tells of each read model', async () => {
    for (let count = 0; count < 3; count += 1) await raise(bench.store);
    await bench.settle();
    const { status, body } = await bench.post('/api/operations/rebuild', {});
    expect(status).toBe(200);
    const { events, readModels } = linesOf(body).at(-1)?.['result'] as unknown as RebuildAllReport;
    expect(events).toBe(3);
    expect(readModels.map(({ name }) => name).sort()).toEqual(ALL_PROJECTIONS.map(({ name }) => name).sort());
    for (const each of readModels) expect(each).toMatchObject({ equal: true });
    expect(readModels).toContainEqual({ name: 'alarms', events: 3, rows: 3, equal: true });
    expect((await bench.get<{ total: number }>('/api/alarms')).body.total).toBe(3);
  });

  it('a reconciliation gives its sums', async () => {
    const { body } = await bench.post('/api/operations/reconcile', {});
    expect(linesOf(body).at(-1)).toMatchObject({ result: { records: 0, unaccounted: 0, doubled: 0 } });
  });
});

describe('dead letters', () => {
  const record = (offset: number, value: Buffer | null): LogRecord => ({ offset, key: Buffer.from('7'), value, headers: {}, appendedAtMs: 1_772_366_400_000 });

  async function add(count: number): Promise<void> {
    const letters = new DeadLetters(bench.log, bench.store, systemClock);
    for (let offset = 0; offset < count; offset += 1) {
      const source = { log: bench.log.identity, topic: 'ENTRY', partition: 0, epoch: 0, offset };
      await letters.add('ENTRY', [{ record: record(offset, offset === 0 ? null : Buffer.from([0xff, offset])), source, reason: `bad ${offset}` }]);
    }
  }

  it('are listed in pages, with their original bytes', async () => {
    await add(5);
    const first = schemas.deadLetterList.parse((await bench.get('/api/operations/dead-letters?limit=3')).body);
    expect(first.items.map(({ reason }) => reason)).toEqual(['bad 4', 'bad 3', 'bad 2']);
    expect(first).toMatchObject({ total: 5, items: [{ valueBase64: Buffer.from([0xff, 4]).toString('base64'), status: 'open' }, {}, {}] });
    const second = schemas.deadLetterList.parse((await bench.get(`/api/operations/dead-letters?limit=3&cursor=${first.next}`)).body);
    expect(second.items.map(({ reason }) => reason)).toEqual(['bad 1', 'bad 0']);
    expect(second).toMatchObject({ next: null, items: [{}, { valueBase64: null }] });
  });

  it('are dropped and replayed by id or all', async () => {
    await add(3);
    const { items } = schemas.deadLetterList.parse((await bench.get('/api/operations/dead-letters')).body);
    expect(await bench.post('/api/operations/dead-letters/drop', { ids: [items[0]?.id] })).toMatchObject({ status: 200, body: { count: 1 } });
    expect(await bench.post('/api/operations/dead-letters/drop', { ids: [items[0]?.id] })).toMatchObject({ status: 404 });
    expect(await bench.post('/api/operations/dead-letters/replay', { ids: 'all' })).toMatchObject({ status: 200, body: { count: 2 } });
    expect((await bench.get('/api/operations/dead-letters?status=open')).body).toMatchObject({ total: 0 });
    expect((await bench.get('/api/operations/dead-letters?status=replayed')).body).toMatchObject({ total: 2 });
  });

  it('a cursor of no letter is a 400', async () => {
    expect(await bench.get('/api/operations/dead-letters?cursor=x')).toMatchObject({ status: 400 });
  });
});

describe('a customer', () => {
  it.each([
    ['name', 'Ana\u0000', 'holds a NUL character'],
    ['city', '\ud800', 'holds half of a UTF-16 surrogate pair'],
  ])('whose %s can’t be stored unchanged is a 400 that says so', async (column, text, why) => {
    const customers = [customerExample(7), { ...customerExample(8), [column]: text }];
    expect(await bench.post('/api/operations/customers', { customers })).toMatchObject({ status: 400, body: { detail: `customer 8: ${column} ${why}`, errors: [{ field: 'customers' }] } });
    expect(await bench.get('/api/customers/7')).toMatchObject({ status: 404 });
  });

  it('is erased once, with the place on the map', async () => {
    await bench.customers.save([customerExample(7), customerExample(8)]);
    await bench.settle();
    expect(await bench.post('/api/operations/customers/7/erase', {})).toMatchObject({ status: 200, body: { count: 1 } });
    expect(await bench.post('/api/operations/customers/7/erase', {})).toMatchObject({ status: 200, body: { count: 0 } });
    expect(await bench.get('/api/customers/7')).toMatchObject({ status: 404 });
    expect(await bench.get('/api/customers/8')).toMatchObject({ status: 200 });
    await bench.settle();
    expect((await bench.get<{ cells: { sensors: number }[] }>('/api/map')).body.cells).toMatchObject([{ sensors: 1 }]);
    expect(await bench.post('/api/operations/customers/x/erase', {})).toMatchObject({ status: 400 });
  });
});

describe('a parked e-mail', () => {
  it('is asked for again once', async () => {
    const { alarmId, sensorId } = (await raise(bench.store)).data;
    const metadata = { schemaVersion: 1, recordedAt: '2026-03-01T12:00:00.000Z', correlationId: alarmId, causationId: alarmId };
    const parked = [
      toAppend({ id: randomUUID(), type: 'NotificationRequested', data: { alarmId, sensorId }, metadata }),
      toAppend({ id: randomUUID(), type: 'NotificationParked', data: { alarmId, sensorId, attempt: 1, reason: 'refused' }, metadata }),
    ];
    await bench.store.append(notificationStream(alarmId), parked, 'no-stream');
    const path = `/api/operations/notifications/${alarmId}/retry`;
    expect(await bench.post(path, {})).toMatchObject({ status: 202, body: { alarmId, status: 'requeued' } });
    expect(await bench.post(path, {})).toMatchObject({ status: 409 });
    expect(await bench.post(`/api/operations/notifications/${randomUUID()}/retry`, {})).toMatchObject({ status: 404 });
  });
});
