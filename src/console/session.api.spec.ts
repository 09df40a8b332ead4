import { writeFileSync } from 'node:fs';
import { Accounts } from '../access/accounts.js';
import { machines, PASSWORD, people } from '../../test/support/accounts.js';
import { alarmTriggered, raise } from '../../test/support/alarm-fixtures.js';
import { ConsoleBench } from '../../test/support/console-bench.js';
import { waitFor } from '../../test/support/wait-for.js';
import * as schemas from './response-schemas.js';

let bench: ConsoleBench;
let alarmId: string;
const { accounts, tokens } = machines();

async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  bench = await ConsoleBench.start({ accounts: [...(await people()), ...accounts], settings });
  alarmId = (await raise(bench.store, alarmTriggered(7, 'motion'))).data.alarmId;
  await bench.settle();
}
afterEach(() => bench.stop());

async function logIn(name: string, password = PASSWORD): Promise<{ status: number; cookie: string; setCookie: string; body: { detail?: string } }> {
  const { status, headers, body } = await bench.post<{ detail?: string }>('/api/session', { name, password });
  const setCookie = headers.get('set-cookie') ?? '';
  return { status, setCookie, cookie: setCookie.split(';')[0] ?? '', body };
}
const session = async (headers: Record<string, string>) => schemas.session.parse((await bench.get('/api/session', headers)).body);
const acknowledge = (headers: Record<string, string>, body: object = {}) => bench.post<{ detail: string }>(`/api/alarms/${alarmId}/acknowledge`, body, { 'If-Match': '*', ...headers });

describe('a session', () => {
  it('begins with name and password, lasts by a cookie that no script and no other site has, and ends', async () => {
    await start();
    expect(await session({})).toEqual({ isRequired: true, user: null });
    const { status, setCookie, cookie } = await logIn('oto');
    expect(status).toBe(200);
    expect(setCookie).toMatch(/^vigia_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect(await session({ Cookie: cookie })).toEqual({ isRequired: true, user: { name: 'oto', role: 'operator' } });
    expect(await bench.get('/api/alarms', { Cookie: cookie })).toMatchObject({ status: 200 });
    const ended = await bench.post('/api/session/end', {}, { Cookie: cookie });
    expect(ended).toMatchObject({ status: 200, body: { isRequired: true, user: null } });
    expect(ended.headers.get('set-cookie')).toMatch(/^vigia_session=; .*Max-Age=0/);
    const answer = await bench.get('/api/alarms', { Cookie: cookie });
    expect(answer).toMatchObject({ status: 401, body: { type: 'urn:vigia:problem:unauthorized', status: 401, instance: '/api/alarms' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="vigia"');
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  });

  it('has a cookie for TLS alone where the console is reached by it', async () => {
    await start({ VIGIA_CONSOLE_URL: 'https://alarms.example' });
    expect((await logIn('oto')).setCookie).toMatch(/; Secure$/);
  });

  it('does not begin with anything else, and says no alike', async () => {
    await start();
    const wrong = [await logIn('oto', 'not the password'), await logIn('nobody'), await logIn('operator-machine', tokens.operator)];
    expect(wrong.map(({ status, setCookie, body }) => ({ status, setCookie, detail: body.detail }))).toEqual(Array(3).fill({ status: 401, setCookie: '', detail: 'there is no such name and password' }));
    expect(await bench.post('/api/session', { name: 'oto' })).toMatchObject({ status: 400, body: { errors: [{ field: 'password' }] } });
    expect(await bench.post('/api/session', { name: 'oto', password: PASSWORD }, { Origin: 'http://evil.example' })).toMatchObject({ status: 403 });
    for (let attempt = 0; attempt < 4; attempt += 1) await logIn('oto', 'not the password');
    const { status, headers } = await bench.post('/api/session', { name: 'oto', password: PASSWORD });
    expect([status, Number(headers.get('retry-after'))]).toEqual([429, 2]);
  });

  it('takes its stream of events with it when it ends', async () => {
    await start();
    const { cookie } = await logIn('ana');
    const answer = await fetch(`${bench.url}/api/live`, { headers: { Cookie: cookie } });
    expect(answer.status).toBe(200);
    const ended = answer.text().then(() => 'ended', () => 'cut');
    await bench.post('/api/session/end', {}, { Cookie: cookie });
    expect(await ended).toBe('ended');
    expect((await fetch(`${bench.url}/api/live`, { headers: { Cookie: cookie } })).status).toBe(401);
  });

  it('and its stream end when the account is removed', async () => {
    await start();
    const { cookie } = await logIn('ana');
    const answer = await fetch(`${bench.url}/api/live`, { headers: { Cookie: cookie } });
    const file = new Accounts(`${bench.dir}/users.json`);
    await file.save((await file.list()).filter(({ name }) => name !== 'ana'));
    expect(await bench.get('/api/alarms', { Cookie: cookie })).toMatchObject({ status: 401 });
    expect(await answer.text().then(() => 'ended', () => 'cut')).toBe('ended');
  });
});

it('while the accounts can’t be read nobody comes in, and nothing of the file is told', async () => {
  await start();
  const { cookie } = await logIn('ada');
  writeFileSync(`${bench.dir}/users.json`, '{"users": "secret"}');
  for (const answer of [await bench.get('/api/alarms', { Cookie: cookie }), await bench.post('/api/session', { name: 'ada', password: PASSWORD })]) {
    expect(answer).toMatchObject({ status: 503, body: { status: 503, detail: 'who may log in is not known now; the log says why' } });
  }
  expect(await bench.get('/api/health')).toMatchObject({ status: 200 });
});

describe('a command', () => {
  it('is in the name of who has logged in, and of nobody else', async () => {
    await start();
    const { cookie } = await logIn('oto');
    expect(await acknowledge({ Cookie: cookie }, { operator: 'ada' })).toMatchObject({ status: 403, body: { detail: 'operator is "ada", but you are logged in as oto' } });
    expect(await acknowledge({ Cookie: cookie })).toMatchObject({ status: 200 });
    await waitFor('the acknowledgement', async () => (await bench.get<{ acknowledged: { by: string } | null }>(`/api/alarms/${alarmId}`, { Cookie: cookie })).body.acknowledged?.by === 'oto');
  });

  it('of a machine is in its name; the command line says in whose', async () => {
    await start();
    expect(await acknowledge({ Authorization: `Bearer ${tokens.auditor}` })).toMatchObject({ status: 403, body: { detail: 'this is for the role operator; auditor-machine has the role auditor' } });
    expect(await acknowledge({ Authorization: `Bearer ${tokens.operator}` }, { operator: 'operator-machine' })).toMatchObject({ status: 200 });
    const shelve = (body: object) => bench.post<{ shelving: { by: string } }>('/api/sensors/7/shelve', body, { 'If-Match': '*', Authorization: `Bearer ${tokens.administrator}` });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect((await shelve({ reason: 'test', until })).body.shelving.by).toBe('administrator-machine');
    expect(await shelve({ reason: 'test', until, operator: 'eva' })).toMatchObject({ status: 403 });
    const unshelve = await bench.post('/api/sensors/7/unshelve', { operator: 'ada' }, { 'If-Match': '*', Authorization: `Bearer ${tokens.operator}` });
    expect(unshelve).toMatchObject({ status: 403 });
  });

  it('where nobody logs in is in the name that it gives', async () => {
    bench = await ConsoleBench.start();
    alarmId = (await raise(bench.store, alarmTriggered(7, 'motion'))).data.alarmId;
    await bench.settle();
    expect(await session({})).toEqual({ isRequired: false, user: { name: null, role: 'administrator' } });
    expect(await acknowledge({})).toMatchObject({ status: 400, body: { errors: [{ field: 'operator' }] } });
    expect(await acknowledge({}, { operator: 'eva' })).toMatchObject({ status: 200 });
  });
});
