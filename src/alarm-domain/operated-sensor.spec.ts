import { LONGEST_SHELVING_MS, PlayedSensor, second } from '../../test/support/sensor-commands.js';
import { motion, ok, smoke } from '../../test/support/sensor-messages.js';
import type { SensorCommand } from './operated-sensor.js';

const acknowledge = (alarmId: string): SensorCommand => ({ type: 'acknowledge', alarmId, by: 'ana', hasNote: false });
const comment = (alarmId: string): SensorCommand => ({ type: 'comment', alarmId, by: 'ana' });
const shelve = (until: number): SensorCommand => ({ type: 'shelve', by: 'ana', reason: 'maintenance', until: second(until), hasNote: true });
const unshelve: SensorCommand = { type: 'unshelve', by: 'eva' };
const byTime: SensorCommand = { type: 'unshelve-by-time' };

let sensor: PlayedSensor;
beforeEach(() => (sensor = new PlayedSensor()));
const alarmId = (index = 0) => sensor.alarmIds()[index] as string;
const dataOfLast = () => sensor.events.at(-1)?.data;
const refused = (reason: string) => ({ type: 'refused', reason });
const nothing = { type: 'events', events: [] };

describe('an acknowledgement', () => {
  it('says who has seen which alarm', () => {
    sensor.record(motion(1)).command(acknowledge(alarmId()), 5);
    expect(dataOfLast()).toEqual({ alarmId: alarmId(), sensorId: 7, alarmType: 'motion', by: 'ana', hasNote: false });
    expect(sensor.events.at(-1)?.metadata).toMatchObject({ recordedAt: second(5), causationId: 'command at 5' });
  });
  it('is of an open alarm and of a recovered one, and leaves the alarm as it is', () => {
    sensor.record(motion(1)).command(acknowledge(alarmId()), 2);
    expect(sensor.state(null).sensor.openAlarms.motion?.alarmId).toBe(alarmId());
    sensor.record(ok(3)).record(motion(4)).record(ok(5));
    expect(sensor.command(acknowledge(alarmId(1)), 6)).toMatchObject({ events: [{ type: 'AlarmAcknowledged' }] });
  });
  it('is made once', () => {
    sensor.record(motion(1)).command(acknowledge(alarmId()), 2);
    expect(sensor.command(acknowledge(alarmId()), 3)).toEqual(nothing);
  });
  it('needs an alarm of this sensor', () => expect(sensor.command(acknowledge('no such'), 1)).toEqual(refused('unknown-alarm')));
});

describe('a comment', () => {
  it('may come as often as one likes, each an event of its own', () => {
    sensor.record(motion(1)).command(comment(alarmId()), 2);
    sensor.command(comment(alarmId()), 3);
    const comments = sensor.events.filter(({ type }) => type === 'AlarmCommented');
    expect(new Set(comments.map(({ id }) => id)).size).toBe(2);
  });
  it('needs an alarm of this sensor', () => expect(sensor.command(comment('no such'), 1)).toEqual(refused('unknown-alarm')));
});

describe('the version that a command expects', () => {
  it('is of the alarm: it rises with what is told of it, and of nothing else', () => {
    expect(sensor.version(acknowledge('no such'))).toBeNull();
    sensor.record(motion(1));
    const versions = [sensor.version(acknowledge(alarmId()))];
    sensor.record(smoke(2)).record(smoke(3)).command(shelve(60), 3);
    versions.push(sensor.version(acknowledge(alarmId())));
    sensor.command(comment(alarmId()), 4);
    versions.push(sensor.version(acknowledge(alarmId())));
    sensor.record(ok(5));
    versions.push(sensor.version(acknowledge(alarmId())));
    sensor.command(acknowledge(alarmId()), 6);
    versions.push(sensor.version(acknowledge(alarmId())));
    expect(versions).toEqual([1, 1, 2, 3, 4]);
  });
  it('of shelving rises with that alone', () => {
    const versions = [sensor.version(unshelve)];
    sensor.record(motion(1)).command(shelve(60), 2);
    versions.push(sensor.version(unshelve));
    sensor.command(unshelve, 3);
    versions.push(sensor.version(unshelve));
    expect(versions).toEqual([0, 1, 2]);
  });
});

describe('shelving', () => {
  it('marks the alarms that open meanwhile, and no other; readings are decided as ever', () => {
    sensor.record(motion(1)).command(shelve(60), 2);
    sensor.record(smoke(3)).record(smoke(4)).record(smoke(5));
    const alarms = sensor.events.filter(({ type }) => type === 'AlarmTriggered').map(({ data }) => data);
    expect(alarms).toEqual([
      expect.not.objectContaining({ shelvedUntil: expect.anything() }),
      expect.objectContaining({ alarmType: 'smoke', shelvedUntil: second(60), evidence: expect.arrayContaining([expect.anything(), expect.anything(), expect.anything()]) }),
    ]);
  });
  it('holds nothing back after its time, even if nobody has ended it', () => {
    sensor.command(shelve(60), 2);
    sensor.record(motion(60));
    expect(dataOfLast()).not.toHaveProperty('shelvedUntil');
  });
  it('may be made longer or shorter', () => {
    sensor.command(shelve(60), 2);
    sensor.command(shelve(30), 3);
    sensor.record(motion(30));
    expect(dataOfLast()).not.toHaveProperty('shelvedUntil');
  });
  it('has an end in time to come, within the longest time', () => {
    expect(sensor.command(shelve(2), 2)).toEqual(refused('until-past'));
    expect(sensor.command(shelve(2 + LONGEST_SHELVING_MS / 1000), 2)).toMatchObject({ type: 'events' });
    expect(sensor.command(shelve(3 + LONGEST_SHELVING_MS / 1000), 2)).toEqual(refused('until-too-far'));
  });
});

describe('unshelving', () => {
  it('names the alarms that opened meanwhile and are still open', () => {
    sensor.record(smoke(0)).record(smoke(1)).record(smoke(2)).command(shelve(60), 3);
    sensor.record(motion(4)).record(ok(5)).record(motion(6));
    sensor.command(unshelve, 7);
    expect(dataOfLast()).toEqual({ sensorId: 7, cause: 'operator', by: 'eva', emailsOwed: [alarmId(2)] });
  });
  it('names each once, however often the sensor is shelved', () => {
    sensor.command(shelve(60), 1);
    sensor.record(motion(2)).command(shelve(90), 3);
    sensor.command(unshelve, 4);
    sensor.command(shelve(60), 5);
    sensor.command(unshelve, 6);
    expect(dataOfLast()).toMatchObject({ emailsOwed: [] });
  });
  it('needs a shelved sensor', () => {
    expect(sensor.command(unshelve, 1)).toEqual(refused('not-shelved'));
    sensor.command(shelve(60), 2);
    sensor.command(unshelve, 3);
    expect(sensor.command(unshelve, 4)).toEqual(refused('not-shelved'));
  });
  it('by time comes when the time is over, not before, and not after an operator did it', () => {
    expect(sensor.command(byTime, 1)).toEqual(nothing);
    sensor.command(shelve(60), 2);
    expect(sensor.command(byTime, 59)).toEqual(nothing);
    sensor.record(motion(59)).command(byTime, 60);
    expect(dataOfLast()).toEqual({ sensorId: 7, cause: 'time', by: null, emailsOwed: [alarmId()] });
    expect(sensor.command(byTime, 61)).toEqual(nothing);
  });
  it('by time is the same event whoever makes it', () => {
    sensor.command(shelve(60), 2);
    const other = new PlayedSensor();
    other.events.push(...sensor.events);
    sensor.command(byTime, 60);
    other.command(byTime, 61);
    expect(sensor.events.at(-1)?.id).toBe(other.events.at(-1)?.id);
    expect(sensor.events.at(-1)?.metadata.causationId).toBe(sensor.events[0]?.id);
  });
  it('by time does not end the next shelving', () => {
    sensor.command(shelve(60), 2);
    sensor.command(shelve(90), 3);
    expect(sensor.command(byTime, 60)).toEqual(nothing);
  });
});

describe('silence', () => {
  const silence: SensorCommand = { type: 'note-silence', intervalMs: 60_000, silentForMs: 300_000 };
  const back: SensorCommand = { type: 'note-return' };
  it('is noted once, and so is its end', () => {
    expect(sensor.command(back, 1)).toEqual(nothing);
    sensor.command(silence, 2);
    expect(dataOfLast()).toEqual({ sensorId: 7, intervalMs: 60_000, silentForMs: 300_000 });
    expect(sensor.command(silence, 3)).toEqual(nothing);
    sensor.command(back, 4);
    expect(dataOfLast()).toEqual({ sensorId: 7 });
    expect(sensor.command(back, 5)).toEqual(nothing);
    expect(sensor.command(silence, 6)).toMatchObject({ events: [{ type: 'SensorWentSilent' }] });
  });
  it('changes nothing of what a reading does, nor of the versions of alarms and shelving', () => {
    sensor.record(motion(1));
    const before = [sensor.version(acknowledge(alarmId())), sensor.version(unshelve), sensor.state(null).sensor];
    sensor.command(silence, 2);
    expect([sensor.version(acknowledge(alarmId())), sensor.version(unshelve), sensor.state(null).sensor]).toEqual(before);
  });
});
