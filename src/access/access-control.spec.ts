import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machines, PASSWORD, people } from '../../test/support/accounts.js';
import { readConfig } from '../config.js';
import { AccessControl, LogInRefused, NoAccounts, SESSION_COOKIE } from './access-control.js';
import { Accounts, BadAccounts, type Account } from './accounts.js';

const HOUR_MS = 3_600_000;
let nowMs = 1_772_366_400_000;
const clock = { now: () => nowMs, sleep: async () => undefined };

async function opened(accounts: readonly Account[] | null, settings: Readonly<Record<string, string>> = {}): Promise<{ control: AccessControl; file: Accounts }> {
  const file = new Accounts(join(mkdtempSync(join(tmpdir(), 'vigia-users-')), 'users.json'));
  if (accounts !== null) await file.save(accounts);
  return { file, control: await AccessControl.open(readConfig({ VIGIA_USERS_FILE: file.file, ...settings }), clock) };
}
const cookie = (token: string) => ({ cookie: `theme=dark; ${SESSION_COOKIE}=${token}; other=1` });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const refusal = (logIn: Promise<unknown>): Promise<LogInRefused | null> => logIn.then(() => null, (error: LogInRefused) => error);

describe('a start', () => {
  const SERVERS = { KAFKA_BROKERS: '127.0.0.1:1', EVENTSTORE_URL: 'esdb://127.0.0.1:1' };

  it.each([
    [{ VIGIA_BIND: '0.0.0.0' }, 'VIGIA_BIND=0.0.0.0'],
    [{ VIGIA_BIND: '10.0.0.7', VIGIA_CONSOLE_PORT: '3100' }, 'port 3100'],
    [{ VIGIA_BIND: '::' }, 'VIGIA_BIND=::'],
    [{ VIGIA_CONSOLE_URL: 'https://alarms.example' }, 'VIGIA_CONSOLE_URL=https://alarms.example'],
    [{ VIGIA_BIND: '0.0.0.0', VIGIA_ROLES: 'project,notify,console', ...SERVERS }, 'VIGIA_BIND'],
  ])('with %j is refused without accounts, and says what to do', async (settings, why) => {
    const start = opened(null, settings);
    await expect(start).rejects.toThrow(NoAccounts);
    await expect(start).rejects.toThrow(why);
    await expect(start).rejects.toThrow('vigia users add NAME --role administrator');
    await expect(opened([], settings)).rejects.toThrow(NoAccounts);
    expect(await (await opened(await people(), settings)).control.isLogInRequired()).toBe(true);
  });

  it.each([[{}], [{ VIGIA_BIND: '127.0.0.9' }], [{ VIGIA_BIND: '::1' }], [{ VIGIA_CONSOLE_URL: 'http://localhost:3000' }], [{ VIGIA_BIND: '0.0.0.0', VIGIA_ROLES: 'process', ...SERVERS }]])(
    'with %j needs none, and then anyone may do everything',
    async (settings) => {
      const { control } = await opened(null, settings);
      expect(await control.isLogInRequired()).toBe(false);
      expect(await control.identify({})).toEqual({ name: null, role: 'administrator' });
    },
  );

  it('is refused when the file can’t be read', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'vigia-users-')), 'users.json');
    writeFileSync(file, '{}');
    await expect(AccessControl.open(readConfig({ VIGIA_USERS_FILE: file }), clock)).rejects.toThrow(BadAccounts);
  });
});

describe('who is known', () => {
  it('is who has logged in, for as long as the session lasts', async () => {
    const { control } = await opened(await people(), { VIGIA_SESSION_HOURS: '2' });
    expect(await control.identify({})).toBeNull();
    const { token, identity } = await control.logIn('oto', PASSWORD, '10.0.0.1');
    expect(identity).toEqual({ name: 'oto', role: 'operator' });
    expect(await control.identify(cookie(token))).toEqual(identity);
    expect(await control.identify(cookie(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`))).toBeNull();
    expect(await control.identify(bearer(token))).toBeNull();
    nowMs += 2 * HOUR_MS - 1;
    expect(await control.identify(cookie(token))).toEqual(identity);
    nowMs += 1;
    expect(await control.identify(cookie(token))).toBeNull();
  });

  it('is known no longer after the log-out, a new password, the removal, or as the 21st of one name', async () => {
    const all = await people();
    const { control, file } = await opened(all);
    const tokens: string[] = [];
    for (let session = 0; session < 21; session += 1) tokens.push((await control.logIn('ada', PASSWORD, '10.0.0.1')).token);
    const known = async () => (await Promise.all(tokens.map((token) => control.identify(cookie(token))))).filter((identity) => identity !== null).length;
    expect([await control.identify(cookie(tokens[0]!)), await known()]).toEqual([null, 20]);
    await control.logOut(cookie(tokens[5]!));
    expect([await control.identify(cookie(tokens[5]!)), await known()]).toEqual([null, 19]);
    await file.save(all.map((account) => (account.name === 'ada' ? { ...account, role: 'auditor' as const } : account)));
    expect(await control.identify(cookie(tokens[9]!))).toEqual({ name: 'ada', role: 'auditor' });
    const [other] = await people();
    await file.save(all.map((account) => (account.name === 'ada' ? { ...other!, name: 'ada' } : account)));
    expect(await known()).toBe(0);
    const { token } = await control.logIn('ana', PASSWORD, '10.0.0.1');
    await file.save([]);
    expect(await control.identify(cookie(token))).toBeNull();
    expect(await control.identify({})).toBeNull();
  });

  it('is what has a token, and this machine’s command line', async () => {
    const { accounts, tokens } = machines();
    const { control } = await opened(accounts);
    expect(await control.identify(bearer(tokens.auditor))).toEqual({ name: 'auditor-machine', role: 'auditor' });
    expect(await control.identify({ ...cookie(tokens.auditor) })).toBeNull();
    expect(await control.identify(bearer(control.localToken))).toEqual({ name: null, role: 'administrator' });
    for (const authorization of ['Basic YWRhOng=', 'Bearer', `Bearer ${'x'.repeat(43)}`, `Bearer ${tokens.auditor}x`]) expect(await control.identify({ authorization })).toBeNull();
    expect((await refusal(control.logIn('auditor-machine', tokens.auditor, '10.0.0.1')))?.reason).toBe('wrong');
  });

  it('changes from anyone to somebody with the first account, and never back', async () => {
    const { control, file } = await opened(null);
    expect(await control.identify({})).not.toBeNull();
    await file.save(await people());
    expect(await control.identify({})).toBeNull();
    await file.save([]);
    expect(await control.identify({})).toBeNull();
  });
});

describe('a log-in', () => {
  it('is refused alike for a wrong name and a wrong password, and slowed down', async () => {
    const { control } = await opened(await people());
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await refusal(control.logIn('oto', 'not the password', '10.0.0.1'))).toMatchObject({ reason: 'wrong', waitMs: 0 });
    expect(await refusal(control.logIn('nobody', PASSWORD, '10.0.0.1'))).toMatchObject({ reason: 'wrong' });
    expect(await refusal(control.logIn('oto', PASSWORD, '10.0.0.1'))).toMatchObject({ reason: 'too-many', waitMs: 2000 });
    expect(await refusal(control.logIn('oto', PASSWORD, '10.0.0.2'))).toBeNull();
    nowMs += 2000;
    expect(await refusal(control.logIn('oto', PASSWORD, '10.0.0.1'))).toBeNull();
  });

  it('is refused an unknown name no sooner than a wrong password: both are checked, one after the other', async () => {
    const { control } = await opened(await people());
    const refused: string[] = [];
    const tries = (name: string, from: string) => refusal(control.logIn(name, 'not the password', from)).then(() => refused.push(name));
    const known = ['10.0.1.1', '10.0.1.2', '10.0.1.3', '10.0.1.4', '10.0.1.5'].map((from) => tries('oto', from));
    await Promise.race(known); // the others wait for their turns
    await Promise.all([...known, tries('nobody', '10.0.1.6')]);
    expect(refused).toEqual(['oto', 'oto', 'oto', 'oto', 'oto', 'nobody']);
  });

  it('many at once are not more attempts, and never more than some wait', async () => {
    const { control } = await opened(await people());
    const guesses = await Promise.all(Array.from({ length: 8 }, (_, guess) => refusal(control.logIn('oto', `guess ${guess}`, '10.0.0.1'))));
    expect(guesses.map((refused) => refused?.reason)).toEqual([...Array<string>(5).fill('wrong'), 'too-many', 'too-many', 'too-many']);
    const crowd = await Promise.all(Array.from({ length: 30 }, (_, one) => refusal(control.logIn('oto', PASSWORD, `10.0.1.${one}`))));
    expect(crowd.filter((refused) => refused?.reason === 'busy').length).toBe(10);
    expect(crowd.filter((refused) => refused === null).length).toBe(20);
  });
});

describe('a stream', () => {
  it('ends with the session that opened it', async () => {
    const { control } = await opened(await people());
    const { token } = await control.logIn('ana', PASSWORD, '10.0.0.1');
    const { token: other } = await control.logIn('ada', PASSWORD, '10.0.0.1');
    const ended: string[] = [];
    control.follow(cookie(token), () => ended.push('ana'));
    control.follow(cookie(other), () => ended.push('ada'));
    control.follow(cookie(other), () => ended.push('left'))();
    await control.logOut(cookie(token));
    expect(ended).toEqual(['ana']);
    nowMs += 12 * HOUR_MS;
    const stop = new AbortController();
    const sweeping = control.keepSweeping(stop.signal, (error) => ended.push(String(error)));
    stop.abort();
    await sweeping;
    expect(ended).toEqual(['ana', 'ada']);
  });

  it('that anyone could open ends with the first account', async () => {
    const { control, file } = await opened(null);
    const ended: string[] = [];
    control.follow({}, () => ended.push('anyone'));
    await control.logOut({});
    expect(ended).toEqual([]);
    await file.save(await people());
    await control.logOut({});
    expect(ended).toEqual(['anyone']);
  });
});
