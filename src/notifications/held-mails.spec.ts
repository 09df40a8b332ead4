import { randomUUID } from 'node:crypto';
import { alarmTriggered, CUSTOMER, raise } from '../../test/support/alarm-fixtures.js';
import { dyingAt, eventually, NotifierBench, withAppend } from '../../test/support/notifier-bench.js';
import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { AlarmType } from '../alarm-domain/reading.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import { SensorCommands } from '../alarm-life/sensor-commands.js';
import { isoTime } from '../clock.js';
import { toAppend } from '../event-store/event-codec.js';
import { claimLostAttempts } from './claim-lost-attempts.js';
import { reconcileMails } from './reconcile-mails.js';

const HOUR_MS = 3_600_000;
const SENSOR = CUSTOMER.id;

let bench: NotifierBench;
beforeEach(async () => {
  bench = await NotifierBench.open();
});
afterEach(async () => bench.close());

const commands = () => new SensorCommands(bench.store, bench.clock, 24 * HOUR_MS);
const shelve = () => commands().execute(SENSOR, { type: 'shelve', by: 'ana', reason: 'test', until: isoTime(bench.clock.now() + HOUR_MS), hasNote: false });
const unshelve = () => commands().execute(SENSOR, { type: 'unshelve', by: 'ana' });

/** As ingestion has it while the sensor is shelved. */
function raiseHeld(type: AlarmType): Promise<AlarmTriggered> {
  const alarm = alarmTriggered(SENSOR, type);
  return raise(bench.store, { ...alarm, data: { ...alarm.data, shelvedUntil: isoTime(bench.clock.now() + HOUR_MS) } });
}

async function recover({ data, metadata }: AlarmTriggered): Promise<void> {
  const { alarmId, sensorId, alarmType } = data;
  await bench.store.append(
    sensorStream(sensorId),
    [toAppend({ id: randomUUID(), type: 'AlarmRecovered', data: { alarmId, sensorId, alarmType, recoveredAt: metadata.receivedAt, by: 'ok-message' }, metadata })],
    'any',
  );
}

const idsOf = (alarms: readonly AlarmTriggered[]) => alarms.map(({ data }) => data.alarmId).sort();
const mailed = async () => (await bench.server.parsed()).map((mail) => mail.headers.get('x-vigia-alarm-id') as string).sort();

/** Sends whatever is owed: an alarm of another sensor, raised last, has its e-mail when all before it were looked at. */
async function untilLooked(): Promise<string> {
  const { alarmId } = (await raise(bench.store, alarmTriggered(SENSOR + 1))).data;
  await eventually('the last e-mail', async () => (await bench.history(alarmId)).includes('Sent 1'));
  return alarmId;
}

describe('e-mails of shelved sensors (P4)', () => {
  it('wait until the shelving ends, and go then if the alarm is still open', async () => {
    bench.start();
    await shelve();
    const [smoke, motion, heat] = [await raiseHeld('smoke'), await raiseHeld('motion'), await raiseHeld('temperature')];
    await recover(motion);
    const witness = await untilLooked();
    expect(await mailed()).toEqual([witness]);
    await unshelve();
    const open = idsOf([smoke, heat]);
    await eventually('the held e-mails', async () => (await mailed()).length === 3);
    const last = await untilLooked();
    expect(await mailed()).toEqual([witness, ...open, last].sort());
    expect(await bench.history(motion.data.alarmId)).toEqual([]);
    for (const alarmId of open) expect(await bench.history(alarmId)).toEqual(['Requested', 'Claimed 1', 'Sent 1']);
  });

  it('of a backup that was brought back go marked, since they may have gone after it, and no sooner', async () => {
    await shelve();
    const released = await raiseHeld('smoke');
    await unshelve();
    await shelve();
    const [held, over] = [await raiseHeld('motion'), await raiseHeld('temperature')];
    await recover(over);
    const pending = () => reconcileMails({ store: bench.store, mailer: null, clock: bench.clock, onProgress: () => undefined, onDifference: () => undefined });
    expect(await pending()).toMatchObject({ alarms: 3, pending: 1, held: 2 });
    expect(await claimLostAttempts(bench.store, bench.clock, 'lost/before-restore')).toBe(2);
    expect(await pending()).toMatchObject({ pending: 1, held: 2 });
    bench.clock.skip(1);
    bench.start();
    const witness = await untilLooked();
    await eventually('the released e-mail', async () => (await mailed()).length === 2);
    expect(await mailed()).toEqual([witness, released.data.alarmId].sort());
    await unshelve();
    await eventually('the held e-mail', async () => (await bench.history(held.data.alarmId)).includes('Sent 2 flagged'));
    for (const { data } of [released, held]) expect(await bench.history(data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Claimed 2 flagged', 'Sent 2 flagged']);
    expect(await pending()).toMatchObject({ alarms: 4, sent: 3, pending: 0, held: 1 });
  });

  it('that were released long ago and have not gone are missing', async () => {
    await shelve();
    const alarm = await raiseHeld('smoke');
    const lines: string[] = [];
    const reconciled = () => reconcileMails({ store: bench.store, mailer: null, clock: bench.clock, onProgress: () => undefined, onDifference: (line) => void lines.push(line) });
    bench.clock.skip(3 * HOUR_MS);
    expect(await reconciled()).toMatchObject({ held: 1, missing: 0 });
    await unshelve();
    expect(await reconciled()).toMatchObject({ pending: 1, missing: 0 });
    bench.clock.skip(3 * HOUR_MS);
    expect(await reconciled()).toMatchObject({ pending: 1, missing: 1 });
    expect(lines).toEqual([expect.stringMatching(`^e-mail of ${alarm.data.alarmId}: not sent since `)]);
  });

  it('of an alarm that was there before go all the same', async () => {
    const before = await raise(bench.store, alarmTriggered(SENSOR));
    await shelve();
    bench.start();
    const witness = await untilLooked();
    expect(await mailed()).toEqual([before.data.alarmId, witness].sort());
    await unshelve();
    await untilLooked();
    expect(await bench.history(before.data.alarmId)).toEqual(['Requested', 'Claimed 1', 'Sent 1']);
  });

  it('go once, with dispatchers that overlap, die after the claim or after the mail, and read all from the first event again', async () => {
    await shelve();
    const alarms = [await raiseHeld('smoke'), await raiseHeld('motion')];
    await unshelve();
    await shelve();
    const again = await raiseHeld('temperature');
    await unshelve();
    const ids = idsOf([...alarms, again]);
    // Each dies before its first mail is recorded as sent.
    for (let i = 0; i < 2; i += 1) {
      bench.start({ store: dyingAt(bench.store, (_stream, types) => types.includes('NotificationSent')) });
      await eventually('a mail', () => bench.server.mails.length > 0);
    }
    bench.start();
    bench.start();
    await eventually('all recorded', async () => {
      bench.clock.skip(5000); // so that the claims of the dead end
      return (await Promise.all(ids.map((id) => bench.history(id)))).every((lines) => lines.some((line) => line.startsWith('Sent')));
    });
    const unflagged = (await bench.server.parsed()).filter((mail) => mail.headers.get('x-vigia-possible-duplicate') !== 'true').map((mail) => mail.headers.get('x-vigia-alarm-id') as string);
    expect(unflagged.sort()).toEqual(ids);
    const claims = async () => (await Promise.all(ids.map((id) => bench.history(id)))).map((lines) => lines.filter((line) => line.startsWith('Claimed')).length);
    const before = await claims();
    await bench.store.deleteStream('checkpoint-notifications');
    bench.start();
    await untilLooked();
    expect(await claims()).toEqual(before);
  });

  it('of one event are each kept in mind until they are sent', async () => {
    await shelve();
    const alarms = [await raiseHeld('smoke'), await raiseHeld('motion')];
    await unshelve();
    // The motion's mail can't be sent: the checkpoint must stay before the event that both are owed by.
    const stuck = alarms[1]!.data.alarmId;
    const first = bench.start({ store: withAppend(bench.store, (append, ...call) => (call[0] === `notification-${stuck}` ? new Promise(() => undefined) : append(...call))) });
    await eventually('the other mail', async () => (await mailed()).length === 1);
    void first.stop();
    bench.clock.skip(3000);
    bench.start();
    await eventually('both mails', async () => (await mailed()).length === 2);
    expect(await mailed()).toEqual(idsOf(alarms));
  });
});
