import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/cli/simulator/random.js';
import { systemClock } from '../../src/clock.js';
import { ALL_PROJECTIONS } from '../../src/projections/all-projections.js';
import type { RebuildAllReport } from '../../src/projections/projection-runner.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { waitFor } from '../support/wait-for.js';
import { dataFolderOutputs, mailsOf, storedEvents } from './data-folder-outputs.js';
import { sendRecord } from './send-record.js';
import { drawBody } from './simulation/draw-body.js';
import { USUAL_POLICY } from './usual-policy.js';
import type { Outputs, SentRecord } from './verifier/outputs.js';
import { verify } from './verifier/verify.js';

const SENSORS = 8;
/** One more, whose e-mails are held back at the time of the backup. */
const SHELVED = 50;
const COMMAND = join('dist', 'cli', 'vigia.js');

/** `vigia …` on a data folder, with at most so many blocks of 1024 bytes in a file. */
function vigia(dataDir: string, args: readonly string[], { env = {}, fileBlocks }: { env?: Record<string, string>; fileBlocks?: number } = {}) {
  const script = `${fileBlocks === undefined ? '' : `ulimit -f ${fileBlocks}; `}exec "$@"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, COMMAND, ...args], { env: { ...process.env, VIGIA_DATA_DIR: dataDir, ...env }, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** Those that are kept: checkpoints are replaced by later ones. */
const lasting = (events: Outputs['events']) => events.filter(({ stream }) => /^(sensor|notification|receipts)-/.test(stream));
const isAlarm = ({ type }: Outputs['events'][number]) => type === 'AlarmTriggered';

describe('vigia backup and restore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-backup-'));
  const [original, restored, backup] = [join(folder, 'original'), join(folder, 'restored'), join(folder, 'backup')];
  let mailServer: SmtpTestServer;
  const sent: SentRecord[] = [];
  const [stop, again] = [new AbortController(), new AbortController()];

  beforeAll(async () => {
    mailServer = await SmtpTestServer.start();
  });
  afterAll(async () => {
    for (const each of [stop, again]) each.abort(); // a test that failed has left its senders
    await stopAll();
    await mailServer.stop();
    rmSync(folder, { recursive: true });
  });

  async function started(dataDir: string): Promise<Product> {
    const product = new Product({ dataDir, logFile: join(folder, 'log') }, { ingest: await freePort(), console: await freePort() }, 300, { SMTP_URL: mailServer.url });
    product.start();
    await product.waitUntilUp();
    return product;
  }

  async function operate(product: Product, what: 'shelve' | 'unshelve', body: object): Promise<void> {
    const headers = { 'content-type': 'application/json', 'if-match': '*' };
    const answer = await fetch(`${product.consoleUrl}/api/sensors/${SHELVED}/${what}`, { method: 'POST', body: JSON.stringify({ operator: 'ana', ...body }), headers });
    expect({ what, status: answer.status }).toEqual({ what, status: 200 });
  }

  async function sendUntil(stop: AbortSignal, url: string, name: string): Promise<void> {
    await Promise.all(Array.from({ length: SENSORS }, async (_, sensorId) => {
      const random = Random.seeded(`${name} ${sensorId}`);
      for (let message = 0; !stop.aborted; message += 1) {
        const topic = random.fraction() < 0.2 ? 'OK' : 'ENTRY';
        await sendRecord(url, topic, drawBody(random, topic, sensorId), `${name}-${sensorId}-${message}`, sent);
        await systemClock.sleep(random.integer(0, 20));
      }
    }));
  }

  it('bring back all that was accepted before the backup, which is made while readings come in, and send no e-mail twice unmarked', async () => {
    const first = await started(original);
    const sending = sendUntil(stop.signal, first.ingestUrl, 'before');
    await operate(first, 'shelve', { reason: 'test', until: new Date(systemClock.now() + 3_600_000).toISOString() });
    await sendRecord(first.ingestUrl, 'ENTRY', `[${SHELVED}, true, false, 20, 30]`, 'shelved', sent);
    const heldAlarm = async (product: Product) => (await product.alarms()).find(({ sensorId }) => sensorId === String(SHELVED));
    await waitFor('the held alarm', async () => (await heldAlarm(first))?.email === 'held');
    await waitFor('mails', () => mailServer.mails.length > 5, 30_000);
    mailServer.behave = () => ({ refuseAt: 'rcpt-to', code: 451 });
    await systemClock.sleep(500);
    const acceptedBefore = sent.length;
    const report = JSON.parse(await first.command('backup', backup, '--json')) as { files: number };
    expect(report.files).toBe(3);
    mailServer.behave = () => 'accept';
    await operate(first, 'unshelve', {});
    await systemClock.sleep(1500);
    stop.abort();
    await sending;
    await first.waitUntilSettled();
    await first.interrupt();
    const whole: Outputs = { ...(await dataFolderOutputs(original, USUAL_POLICY, sent, await mailsOf(mailServer))), sentHas: 'every request' };
    expect(verify(whole).problems).toEqual([]);
    // What was accepted after the backup, and its alarms, are lost.
    const acceptedLate = sent.splice(acceptedBefore);
    expect(acceptedLate.length).toBeGreaterThan(20);

    const said = JSON.parse(vigia(restored, ['restore', backup, '--json']).stdout) as { possiblySent: number };
    expect(said.possiblySent).toBeGreaterThan(0);
    const second = await started(restored);
    await second.waitUntilSettled();
    const held = await heldAlarm(second);
    expect(held?.email).toBe('held');
    await operate(second, 'unshelve', {});
    await second.waitUntilSettled();
    const atRestore = new Set((await second.alarms()).map(({ alarmId }) => alarmId));
    const sendingAgain = sendUntil(again.signal, second.ingestUrl, 'after');
    await systemClock.sleep(2500);
    again.abort();
    await sendingAgain;
    await second.waitUntilSettled();
    const { readModels } = JSON.parse(await second.command('rebuild', '--all', '--json')) as RebuildAllReport;
    expect(readModels.map(({ name, ...how }) => [name, how])).toEqual(ALL_PROJECTIONS.map(({ name }): [string, unknown] => [name, expect.objectContaining({ equal: true })]));
    expect(JSON.parse(await second.command('reconcile', '--json'))).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
    await second.interrupt();

    // Of what was accepted late some may have come before the backup.
    const allSent = [...sent, ...acceptedLate.map((each) => (each.outcome === 'refused' ? each : { ...each, outcome: 'unknown' as const, places: [] }))];
    const after: Outputs = { ...(await dataFolderOutputs(restored, USUAL_POLICY, allSent)), sentHas: 'every request' };
    const known = new Set(after.events.filter(isAlarm).map(({ data }) => data['alarmId']));
    const mails = (await mailsOf(mailServer)).filter(({ alarmId }) => known.has(alarmId));
    const { problems, figures } = verify({ ...after, mails });
    expect(problems).toEqual([]);
    expect(figures.flaggedMails).toBeGreaterThan(0);
    // It went from the original after the backup, and had to go from what was restored, too.
    expect(mails.filter(({ alarmId }) => alarmId === held?.alarmId).map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([false, true]);
    // The events are those of the original up to the backup, and no alarm since then has the id of one that is lost.
    const copy = join(folder, 'copy');
    cpSync(backup, copy, { recursive: true });
    const inBackup = lasting(await storedEvents(copy));
    expect(lasting(after.events).slice(0, inBackup.length)).toEqual(inBackup);
    expect(lasting(whole.events).slice(0, inBackup.length)).toEqual(inBackup);
    const lost = new Set(whole.events.filter(isAlarm).map(({ data }) => data['alarmId']));
    const newAlarms = [...known].filter((id) => !atRestore.has(id as string));
    expect(newAlarms.length).toBeGreaterThan(5);
    expect(newAlarms.filter((id) => lost.has(id))).toEqual([]);
  }, 180_000);

  it('refuse what can’t be done, by name, and leave everything as it was', () => {
    const files = readdirSync(backup);
    expect(vigia(original, ['backup', backup])).toEqual({ status: 1, stdout: '', stderr: `vigia: ${backup} is there already; name a folder that is not\n` });
    expect(vigia(join(folder, 'none'), ['backup', join(folder, 'b')]).stderr).toMatch(/^vigia: data folder .*none has no events and no message log; set VIGIA_DATA_DIR/);
    expect(vigia(original, ['backup', join(folder, 'b')], { env: { KAFKA_BROKERS: '127.0.0.1:9' } }).stderr).toMatch(/KAFKA_BROKERS is set/);
    expect(vigia(original, ['restore', backup]).stderr).toMatch(new RegExp(`^vigia: data folder ${original} is not empty \\(.+\\); set VIGIA_DATA_DIR to a new folder\n$`));
    const later = join(folder, 'later');
    mkdirSync(later);
    writeFileSync(join(later, 'backup.json'), '{"format":3}');
    expect(vigia(join(folder, 'new'), ['restore', later]).stderr).toBe(`vigia: ${later} is a backup of format 3, made by a later version of Vigía; this one reads formats 1 and 2\n`);
    expect(vigia(join(folder, 'new'), ['restore', folder]).stderr).toMatch(/^vigia: .* is no complete backup: .*ENOENT/);
    const full = vigia(original, ['backup', join(folder, 'full')], { fileBlocks: 40 });
    expect({ status: full.status, stderr: full.stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^vigia: the backup to .*full failed, and what there was of it is removed: [^\n]+\n$/) });
    expect([existsSync(join(folder, 'full')), existsSync(join(folder, 'full.partial'))]).toEqual([false, false]);
    expect(readdirSync(backup)).toEqual(files);
  }, 60_000);

  it('restore nothing from a backup of which a file was changed, and leave the folder empty', () => {
    const damaged = join(folder, 'damaged');
    cpSync(backup, damaged, { recursive: true });
    const file = join(damaged, 'message-log.db');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const target = join(folder, 'from-damaged');
    expect(vigia(target, ['restore', damaged])).toEqual({ status: 1, stdout: '', stderr: `vigia: ${file} is not as it was when the backup was made: the backup is damaged\n` });
    expect(readdirSync(target).filter((name) => !name.startsWith('lock.db'))).toEqual([]);
  }, 60_000);

  it('go on after a kill: a backup is begun anew, and nothing starts on a folder that is half restored; accounts are in it', async () => {
    const target = join(folder, 'killed');
    expect(vigia(original, ['users', 'add', 'reports', '--role', 'auditor', '--token']).status).toBe(0);
    const child = spawn(process.execPath, [COMMAND, 'backup', target], { env: { ...process.env, VIGIA_DATA_DIR: original }, stdio: 'ignore' });
    await waitFor('the copies', () => existsSync(join(`${target}.partial`, 'event-store.db')));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(target)).toBe(false);
    expect(vigia(original, ['backup', target]).status).toBe(0);

    const dataDir = join(folder, 'half');
    const restoring = spawn(process.execPath, [COMMAND, 'restore', target], { env: { ...process.env, VIGIA_DATA_DIR: dataDir }, stdio: 'ignore' });
    await waitFor('the copies', () => existsSync(join(dataDir, 'event-store.db')));
    restoring.kill('SIGKILL');
    await once(restoring, 'exit');
    const refused = spawnSync(process.execPath, ['dist/main.js'], { env: { ...process.env, VIGIA_DATA_DIR: dataDir }, encoding: 'utf8' });
    expect(refused).toMatchObject({ status: 1, stderr: `the restore into data folder ${dataDir} was broken off; give the same vigia restore again\n` });
    expect(vigia(dataDir, ['restore', target]).status).toBe(0);
    const accounts = join(dataDir, 'users.json');
    expect([readFileSync(accounts, 'utf8'), statSync(accounts).mode & 0o777]).toEqual([readFileSync(join(original, 'users.json'), 'utf8'), 0o600]);
    expect(vigia(dataDir, ['log', 'status', '--json']).stdout).toMatch(/"records":0/);
    // Where the accounts are in another file, those in the data folder are no one's.
    const elsewhere = join(folder, 'elsewhere');
    expect(vigia(original, ['backup', elsewhere], { env: { VIGIA_USERS_FILE: join(folder, 'users.json') } }).status).toBe(0);
    expect(existsSync(join(elsewhere, 'users.json'))).toBe(false);
  }, 60_000);
});
