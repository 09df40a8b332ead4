import type { z } from 'zod';
import { CUSTOMER, alarmTriggered, raise } from '../../test/support/alarm-fixtures.js';
import { ConsoleBench } from '../../test/support/console-bench.js';
import { SensorCommands } from '../alarm-life/sensor-commands.js';
import { LONGEST_NOTE } from '../customers/note-store.js';
import { pastAnswer } from './past-schemas.js';
import * as schemas from './response-schemas.js';

/** What operators do, over real HTTP, on real stores. */

const HOUR_MS = 3_600_000;
const SENSOR = `/api/sensors/${CUSTOMER.id}`;

let bench: ConsoleBench;
let alarmId: string;
beforeEach(async () => {
  bench = await ConsoleBench.start();
  await bench.customers.save([CUSTOMER]);
  alarmId = (await raise(bench.store)).data.alarmId;
  await bench.settle();
});
afterEach(() => bench.stop());

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();
const shelving = (change: object = {}) => ({ operator: 'ana', reason: 'maintenance', until: inHours(2), ...change });

function post(path: string, body: object, version?: number | string) {
  const tag = typeof version === 'number' ? `"${version}"` : version;
  return bench.post<Record<string, unknown>>(path, body, tag === undefined ? {} : { 'If-Match': tag });
}

async function get<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
  const { status, body } = await bench.get(path);
  expect({ path, status, body }).toMatchObject({ status: 200 });
  return schema.parse(body);
}

const details = () => get(`/api/alarms/${alarmId}`, schemas.alarmDetails);
const problem = (status: number, detail: string) => ({ status, body: expect.objectContaining({ status, detail: expect.stringContaining(detail) }) });

describe('an acknowledgement over the API', () => {
  it('takes the version that was read, says the next, and leaves the alarm listed until it has recovered', async () => {
    const { headers } = await bench.get(`/api/alarms/${alarmId}`);
    expect(headers.get('etag')).toBe('"1"');
    const answer = await post(`/api/alarms/${alarmId}/acknowledge`, { operator: 'ana', note: 'I call them' }, headers.get('etag') as string);
    expect({ status: answer.status, body: answer.body, tag: answer.headers.get('etag') }).toEqual({ status: 200, body: { alarmId, version: 2 }, tag: '"2"' });
    await bench.settle();
    expect(await details()).toMatchObject({
      status: 'open', acknowledged: { by: 'ana' }, version: 2,
      operators: [{ type: 'AlarmAcknowledged', by: 'ana', note: 'I call them', noteState: 'known' }],
    });
    expect((await get('/api/alarms?status=standing', schemas.alarmList)).total).toBe(1);
    expect(await post(`/api/alarms/${alarmId}/acknowledge`, { operator: 'eva' }, 2)).toMatchObject({ status: 200, body: { version: 2 } });
  });

  it('with a stale version is 412, without one 428, and neither changes anything', async () => {
    const path = `/api/alarms/${alarmId}/acknowledge`;
    expect(await post(path, { operator: 'ana' }, 2)).toMatchObject(problem(412, 'expected version 2, it is at 1'));
    expect(await post(path, { operator: 'ana' }, 'W/"1"')).toMatchObject(problem(412, 'it is at 1'));
    expect(await post(path, { operator: 'ana' })).toMatchObject(problem(428, 'If-Match: missing'));
    expect(await post(path, { operator: 'ana' }, '1')).toMatchObject(problem(400, 'If-Match'));
    expect(await details()).toMatchObject({ version: 1, acknowledged: null, operators: [] });
    expect(await post(path, { operator: 'ana' }, '*')).toMatchObject({ status: 200 });
  });

  it('names what is wrong with it', async () => {
    const path = `/api/alarms/${alarmId}/acknowledge`;
    expect(await post(path, { operator: 'Ana García' }, 1)).toMatchObject(problem(400, 'operator: expected an operator\'s id'));
    expect(await post(path, {}, 1)).toMatchObject(problem(400, 'operator'));
    expect(await post(path, { operator: 'ana', note: 'x'.repeat(LONGEST_NOTE + 1) }, 1)).toMatchObject(problem(400, 'note'));
    expect(await post(path, { operator: 'ana', note: 'half \ud83d' }, 1)).toMatchObject(problem(400, 'note'));
    expect(await post(path, { operator: 'ana', by: 'eva' }, 1)).toMatchObject(problem(400, 'by: is not known here'));
    expect(await post(`/api/alarms/${CUSTOMER.id}/acknowledge`, { operator: 'ana' }, 1)).toMatchObject(problem(400, 'UUID'));
    expect(await post('/api/alarms/00000000-0000-4000-8000-000000000000/acknowledge', { operator: 'ana' }, 1)).toMatchObject(problem(404, 'no alarm'));
  });
});

describe('a comment over the API', () => {
  it('keeps its text out of the events (P5), and shows it until the customer is erased', async () => {
    const secret = 'Her brother José, +34 600 000 000, has the key';
    expect(await post(`/api/alarms/${alarmId}/comments`, { operator: 'ana', note: secret }, 1)).toMatchObject({ status: 201, body: { version: 2 } });
    expect((await details()).operators).toEqual([expect.objectContaining({ type: 'AlarmCommented', by: 'ana', note: secret })]);
    for await (const event of bench.store.readAll()) expect(JSON.stringify([event.data, event.metadata])).not.toContain('José');
    await post(`/api/operations/customers/${CUSTOMER.id}/erase`, {});
    expect((await details()).operators).toEqual([expect.objectContaining({ note: null, noteState: 'erased' })]);
  });

  it('that is refused leaves no text behind', async () => {
    expect(await post(`/api/alarms/${alarmId}/comments`, { operator: 'ana', note: 'stale' }, 7)).toMatchObject({ status: 412 });
    for await (const page of bench.customers.notes.all()) expect(page).toEqual([]);
  });

  it('needs a text', async () => expect(await post(`/api/alarms/${alarmId}/comments`, { operator: 'ana' }, 1)).toMatchObject(problem(400, 'note')));
});

describe('shelving over the API', () => {
  it('is always in sight, with why, by whom, until when and what came meanwhile', async () => {
    const before = await bench.get(`${SENSOR}/shelving`);
    expect({ body: schemas.sensorShelving.parse(before.body), tag: before.headers.get('etag') }).toEqual({ body: { sensorId: '42959', version: 0, longestMs: 24 * HOUR_MS, shelving: null }, tag: '"0"' });
    const until = inHours(2);
    const answer = await post(`${SENSOR}/shelve`, shelving({ until, note: 'The fitter comes at noon' }), 0);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(schemas.sensorShelving.parse(answer.body)).toMatchObject({ version: 1, shelving: { by: 'ana', reason: 'maintenance', until, note: 'The fitter comes at noon' } });
    await bench.settle();
    const { items, total } = await get('/api/shelved', schemas.shelvedList);
    expect({ items, total }).toEqual({ total: 1, items: [expect.objectContaining({ sensorId: '42959', zone: 'Mediterranean', alarms: 0, version: 1, until, note: 'The fitter comes at noon' })] });
    expect(await get(SENSOR, schemas.sensorDetails)).toMatchObject({ shelving: { until, by: 'ana' } });
    expect(await get(`/api/audit/sensors/${CUSTOMER.id}`, schemas.sensorAudit)).toMatchObject({ state: { shelving: { until } }, note: 'The fitter comes at noon', noteState: 'known' });
  });

  it('ends by hand, with the version of the shelving', async () => {
    await post(`${SENSOR}/shelve`, shelving(), 0);
    expect(await post(`${SENSOR}/unshelve`, { operator: 'eva' }, 0)).toMatchObject({ status: 412 });
    expect(await post(`${SENSOR}/unshelve`, { operator: 'eva' })).toMatchObject({ status: 428 });
    expect(await post(`${SENSOR}/unshelve`, { operator: 'eva' }, 1)).toMatchObject({ status: 200, body: { version: 2, shelving: null } });
    expect(await post(`${SENSOR}/unshelve`, { operator: 'eva' }, 2)).toMatchObject(problem(409, 'not-shelved'));
    await bench.settle();
    expect((await get('/api/shelved', schemas.shelvedList)).total).toBe(0);
  });

  it('names what is wrong with it', async () => {
    expect(await post(`${SENSOR}/shelve`, shelving({ until: inHours(25) }), 0)).toMatchObject(problem(400, 'until-too-far'));
    expect(await post(`${SENSOR}/shelve`, shelving({ until: inHours(-1) }), 0)).toMatchObject(problem(400, 'until-past'));
    expect(await post(`${SENSOR}/shelve`, shelving({ until: 'tomorrow' }), 0)).toMatchObject(problem(400, 'until: expected an ISO 8601 time'));
    expect(await post(`${SENSOR}/shelve`, shelving({ reason: 'because' }), 0)).toMatchObject(problem(400, 'reason'));
    expect(await post('/api/sensors/2147483648/shelve', shelving(), 0)).toMatchObject({ status: 400 });
  });

  it('lasts no longer than it is set to', async () => {
    await bench.stop();
    bench = await ConsoleBench.start({ settings: { VIGIA_LONGEST_SHELVING_HOURS: '1' } });
    expect(await get(`${SENSOR}/shelving`, schemas.sensorShelving)).toMatchObject({ longestMs: HOUR_MS });
    expect(await post(`${SENSOR}/shelve`, shelving({ until: inHours(2) }), 0)).toMatchObject(problem(400, 'until-too-far'));
    expect(await post(`${SENSOR}/shelve`, shelving({ until: inHours(0.5) }), 0)).toMatchObject({ status: 200 });
  });

  it('is listed in pages', async () => {
    for (let sensorId = 1; sensorId <= 5; sensorId += 1) await post(`/api/sensors/${sensorId}/shelve`, shelving(), 0);
    await bench.settle();
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: z.infer<typeof schemas.shelvedList> = await get(`/api/shelved?limit=2${cursor && `&cursor=${cursor}`}`, schemas.shelvedList);
      expect(page.total).toBe(5);
      seen.push(...page.items.map(({ sensorId }) => sensorId));
      cursor = page.next;
    }
    expect(seen).toEqual(['5', '4', '3', '2', '1']);
    expect(await bench.get('/api/shelved?cursor=bm8')).toMatchObject({ status: 400 });
  });
});

describe('what operators do, in the audit of the whole system', () => {
  const past = (query = '') => get(`/api/audit/system${query}`, pastAnswer);
  const stepBack = async () => {
    const { moments } = await past();
    return past(`?asOf=${moments.previous ?? ''}`);
  };

  it('is stepped through, with the texts of notes until the customer is erased', async () => {
    await post(`/api/alarms/${alarmId}/comments`, { operator: 'eva', note: 'Her brother has the key' }, 1);
    const until = inHours(2);
    await post(`${SENSOR}/shelve`, shelving({ until, note: 'The fitter comes at noon' }), 0);
    await bench.settle();
    const { changes, open, shelved } = await past();
    expect(changes.items).toContainEqual(expect.objectContaining({ change: 'shelved', sensorId: '42959', alarmId: null, by: 'ana', reason: 'maintenance', until, note: 'The fitter comes at noon', noteState: 'known' }));
    expect(shelved).toEqual({ total: 1, items: [expect.objectContaining({ sensorId: '42959', zone: 'Mediterranean', by: 'ana', until, note: 'The fitter comes at noon' })] });
    expect(open.items).toEqual([expect.objectContaining({ alarmId, comments: 1 })]);
    const before = await stepBack();
    expect(before.changes.items).toEqual([expect.objectContaining({ change: 'commented', alarmId, type: 'smoke', by: 'eva', note: 'Her brother has the key', noteState: 'known' })]);
    expect(before.shelved.total).toBe(0);

    await post(`/api/operations/customers/${CUSTOMER.id}/erase`, {});
    expect((await past()).shelved.items).toEqual([expect.objectContaining({ note: null, noteState: 'erased' })]);
    expect((await stepBack()).changes.items).toEqual([expect.objectContaining({ change: 'commented', note: null, noteState: 'erased' })]);
  });

  it('and what time brings is there too, of the whole system and of one sensor', async () => {
    const commands = bench.app.get(SensorCommands);
    await commands.execute(CUSTOMER.id, { type: 'note-silence', intervalMs: 60_000, silentForMs: 301_000 });
    await bench.settle();
    const { changes, silent } = await past();
    expect(changes.items).toEqual([expect.objectContaining({ change: 'silent', sensorId: '42959', silentForMs: 301_000, note: null, noteState: 'none' })]);
    expect(silent).toEqual({ total: 1, items: [expect.objectContaining({ sensorId: '42959', zone: 'Mediterranean', silentForMs: 301_000 })] });
    expect(await get(SENSOR, schemas.sensorDetails)).toMatchObject({ silence: { intervalMs: 60_000, silentForMs: 301_000 } });

    await commands.execute(CUSTOMER.id, { type: 'note-return' });
    await bench.settle();
    expect(await past()).toMatchObject({ changes: { items: [{ change: 'returned', sensorId: '42959' }] }, silent: { total: 0 } });
    expect(await get(`/api/audit/sensors/${CUSTOMER.id}`, schemas.sensorAudit)).toMatchObject({ before: { silence: { silentForMs: 301_000 } }, state: { silence: null } });
  });
});

describe('silent sensors over the API', () => {
  it('are listed until they return', async () => {
    const commands = bench.app.get(SensorCommands);
    for (const sensorId of [CUSTOMER.id, 7]) await commands.execute(sensorId, { type: 'note-silence', intervalMs: 60_000, silentForMs: 301_000 });
    await commands.execute(7, { type: 'note-return' });
    await bench.settle();
    const { items, total, next } = await get('/api/silent?limit=1', schemas.silentList);
    expect({ items, total, next }).toEqual({ total: 1, next: null, items: [expect.objectContaining({ sensorId: '42959', zone: 'Mediterranean', intervalMs: 60_000, silentForMs: 301_000 })] });
  });
});

describe('the alarm while notes can’t be read', () => {
  it('is shown all the same, and says so', async () => {
    await post(`/api/alarms/${alarmId}/comments`, { operator: 'ana', note: 'x' }, 1);
    await bench.customers.close();
    expect((await details()).operators).toEqual([expect.objectContaining({ note: null, noteState: 'unavailable' })]);
    expect(await post(`/api/alarms/${alarmId}/comments`, { operator: 'ana', note: 'y' }, 2)).toMatchObject({ status: 503 });
    expect(await post(`/api/alarms/${alarmId}/acknowledge`, { operator: 'ana' }, 2)).toMatchObject({ status: 200 });
  });
});

it('alarms of other sensors are not this one’s', async () => {
  const other = await raise(bench.store, alarmTriggered(7, 'motion'));
  await bench.settle();
  expect(await post(`/api/alarms/${other.data.alarmId}/acknowledge`, { operator: 'ana' }, 1)).toMatchObject({ status: 200, body: { alarmId: other.data.alarmId, version: 2 } });
  expect((await details()).version).toBe(1);
});
