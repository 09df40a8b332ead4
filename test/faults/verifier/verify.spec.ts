import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPlan, type Action, type Command, type Plan } from '../simulation/plan.js';
import { NO_FAULTS } from '../simulation/sim-network.js';
import { runPlan } from '../simulation/simulated-run.js';
import { foldAlarmLife } from './check-alarm-life.js';
import type { OutputEvent, Outputs, ReadModels, SentRecord } from './outputs.js';
import { changedEvent, listed, ofType, SPOILT, withFollowUps, withoutEvent, withoutLast, withRecordTwice, type Ignored, type Tamper } from './spoilt-outputs.js';
import { storedOutputs, writeOutputs } from './stored-outputs.js';
import { verify } from './verify.js';

const heldAlarm = ({ type, data }: OutputEvent) => type === 'AlarmTriggered' && data['shelvedUntil'] !== undefined;
const twice = (isIt: (event: OutputEvent) => boolean): Tamper => (outputs) => {
  const at = outputs.events.findIndex(isIt);
  const again = { ...outputs.events[at]!, id: 'another' };
  return { ...outputs, events: outputs.events.toSpliced(at + 1, 0, again) };
};
const withModels = (change: (models: ReadModels) => Partial<ReadModels>): Tamper => (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, ...change(models) })) });

/** A run without faults: sensor 8 recovers while it is shelved, 9 does not. */
const LIVELY: Plan = {
  seed: 'lively', machines: 1, policy: { n: 3, windowMs: null, clearOnNormal: false }, isKeyed: true, claimFrozenMs: 0, safetyMs: 20_000,
  chorus: { sensors: [101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112], everyMs: 2000, silent: 105, fromMs: 20_000, untilMs: 20_000, frozenMs: 0 },
  faults: { store: NO_FAULTS, log: NO_FAULTS, mail: NO_FAULTS, customers: NO_FAULTS, disk: NO_FAULTS },
  actions: [
    message(1000, 'ENTRY', 7), command(4000, 'shelve', 8), command(4000, 'shelve', 9), command(5000, 'acknowledge', 7), message(6000, 'ENTRY', 8), message(6000, 'ENTRY', 9),
    message(8000, 'OK', 8), command(10_500, 'note-silence', 7), command(11_000, 'note-return', 7), command(11_000, 'note-silence', 8),
  ],
};

function message(atMs: number, topic: 'ENTRY' | 'OK', sensor: number): Action {
  return { atMs, do: 'send', topic, body: `{"id":"${sensor}","movement":true,"smoke":false,"temperature":20,"maxTemperature":30}`, key: String(sensor), messageId: null, tries: 1 };
}

function command(atMs: number, what: Command['do'], sensor: number): Action {
  return { atMs, do: what, machine: 0, sensor, forMs: 8000 };
}

/** The same of what operators and time did. */
const LIFE_CASES: readonly (readonly [what: string, promise: string, tamper: Tamper])[] = [
  ['the event of a command that was done', 'P1', withoutEvent(ofType('AlarmAcknowledged'))],
  ['the answer to a command', 'P1', (outputs) => ({ ...outputs, commands: outputs.commands!.map((each) => ({ ...each, outcome: 'refused' })) })],
  ['the number of acknowledgements', 'P3', twice(ofType('AlarmAcknowledged'))],
  ['the alarm of an acknowledgement', 'P3', changedEvent('AlarmAcknowledged', (event) => ({ ...event, data: { ...event.data, alarmId: 'another' } }))],
  ['the shelving that an alarm tells of', 'P3', (outputs) => ({ ...outputs, events: outputs.events.map((event) => (heldAlarm(event) ? { ...event, data: { ...event.data, shelvedUntil: undefined } } : event)) })],
  ['the end of a shelving', 'P6', withoutEvent(ofType('SensorUnshelved'))],
  ['the number of ends of a shelving', 'P3', twice(ofType('SensorUnshelved'))],
  ['the time of a shelving’s end', 'P3', changedEvent('SensorUnshelved', (event) => ({ ...event, data: { ...event.data, cause: 'time' }, metadata: { ...event.metadata, recordedAt: '2000-01-01T00:00:00.000Z' } }))],
  ['the e-mails that a shelving’s end owes', 'P3', changedEvent('SensorUnshelved', (event) => ({ ...event, data: { ...event.data, emailsOwed: ['another'] } }))],
  ['a mail that was held back', 'P4', (outputs) => ({ ...outputs, mails: [...outputs.mails, { ...outputs.mails[0]!, alarmId: [...foldAlarmLife(outputs.events).held][0] as string }] })],
  ['the number of silences', 'P3', twice(ofType('SensorWentSilent'))],
  ['the return of a sensor', 'P1', withoutEvent(ofType('SensorReturned'))],
  ['the event of a silence', 'ADR 17', withoutEvent(({ type, stream }) => type === 'SensorWentSilent' && stream === 'sensor-105')],
  ['the event of a return', 'ADR 17', withoutEvent(({ type, stream }) => type === 'SensorReturned' && stream === 'sensor-105')],
  ['the sensor of a silence', 'ADR 17', (outputs) => ({ ...outputs, silence: { ...outputs.silence!, silent: 106 } })],
  ['who has acknowledged, in the list', 'P6', withModels(({ alarms }) => ({ alarms: alarms!.map((row) => ({ ...row, acknowledgedAt: null })) }))],
  ['a shelved sensor in the list', 'P6', withModels(({ shelved }) => ({ shelved: shelved!.map((row) => ({ ...row, isShelved: 1 })) }))],
  ['a silent sensor in the list', 'P6', withModels(({ silent }) => ({ silent: silent!.map((row) => ({ ...row, isSilent: 1 - row.isSilent })) }))],
];

/** Whether there is something of each kind that these take away. */
function hasAlarmLife({ events, mails }: Outputs): boolean {
  const types = new Set(events.map(({ type }) => type));
  const hasAll = ['AlarmAcknowledged', 'SensorShelved', 'SensorUnshelved', 'SensorWentSilent', 'SensorReturned'].every((type) => types.has(type));
  return hasAll && mails.length > 0 && foldAlarmLife(events).held.size > 0;
}

/** Whether there is something of each kind that a case takes away. */
function hasEverything(outputs: Outputs): boolean {
  const { isKeyed, events, mails, sent } = outputs;
  const types = new Set(events.map(({ type }) => type));
  const firstReceipt = events.find(ofType('ReceiptRecorded'))?.data['events'] as unknown[] | undefined;
  return (
    isKeyed &&
    [...sent!].every(({ outcome }) => outcome === 'accepted') &&
    ['StrikeRecorded', 'AlarmTriggered', 'AlarmRecovered', 'StrikesCleared', 'NotificationSent'].every((type) => types.has(type)) &&
    listed(outputs, 'ENTRY.dlq').flat().length === 1 &&
    (firstReceipt?.length ?? 0) > 0 &&
    mails.length > 0 &&
    mails.every(({ possibleDuplicate }) => !possibleDuplicate)
  );
}

describe('verify', () => {
  let sound: Outputs;
  let lively: Outputs;
  beforeAll(async () => {
    lively = (await runPlan(LIVELY)).outputs;
    for (let seed = 1; ; seed += 1) {
      const { outputs } = await runPlan(drawPlan(String(seed)));
      sound = outputs;
      if (hasEverything(outputs)) return;
    }
  }, 150_000);

  it('finds nothing in sound runs', () => {
    expect(hasAlarmLife(lively)).toBe(true);
    expect(verify(sound).problems).toEqual([]);
    expect(verify(lively).problems).toEqual([]);
  });

  it.each(SPOILT)('notices the change of %s (%s)', (_what, promise, tamper) => {
    expect(new Set(verify(tamper(sound)).problems.map((problem) => problem.promise))).toContain(promise);
  });

  it.each(LIFE_CASES)('notices the change of %s (%s)', (_what, promise, tamper) => {
    expect(new Set(verify(tamper(lively)).problems.map((problem) => problem.promise))).toContain(promise);
  });

  it('says the same of what is stored in a folder, as npm run acceptance does with more than goes into memory', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigia-outputs-'));
    writeOutputs(folder, sound);
    expect(verify(storedOutputs(folder))).toEqual({ problems: [], figures: verify(sound).figures });
    writeOutputs(folder, withoutLast('ENTRY')(sound));
    expect(verify(storedOutputs(folder)).problems.map(({ promise }) => promise)).toContain('P1');
    rmSync(folder, { recursive: true });
  });

  it('takes a map without types, on which every sensor is', () => {
    const readModels = sound.readModels.map((models) => ({ ...models, hasEverySensor: true, alarms: null, map: [...models.map.map((row) => ({ ...row, openTypes: null })), { sensorId: 2 ** 31 - 1, state: 'inactive', openTypes: null }] }));
    expect(verify({ ...sound, readModels }).problems).toEqual([]);
  });

  it('takes a reading that was noted for one that was ignored since its alarm is open, if there is such an event', () => {
    const at = sound.events.findIndex(({ type, stream, data }) => type === 'ReceiptRecorded' && stream.includes('-ENTRY-') && (data['ignored'] as Ignored)['alarm-open'] !== undefined);
    const receipt = sound.events[at]!;
    const { 'alarm-open': [first = -1, ...rest] = [], ...ignored } = receipt.data['ignored'] as Ignored;
    const data = { ...receipt.data, events: [...(receipt.data['events'] as number[]), first], ignored: rest.length > 0 ? { ...ignored, 'alarm-open': rest } : ignored };
    const source = { topic: 'ENTRY', partition: Number(receipt.stream.at(-1)), offset: first };
    const noted = { ...sound.events.find(({ type }) => type === 'StrikeRecorded')!, type: 'ReadingNoted', metadata: { source } };
    const p2 = (...events: OutputEvent[]) => verify({ ...sound, events }).problems.filter(({ promise }) => promise === 'P2').map(({ what }) => what);
    const saidToHaveEvents = sound.events.with(at, { ...receipt, data });
    expect(p2(...saidToHaveEvents, noted)).toEqual([]);
    expect(p2(...saidToHaveEvents)).toEqual([`ENTRY-${source.partition} ${first}: events, expected ignored alarm-open`]);
    expect(p2(...saidToHaveEvents, { ...noted, type: 'StrikeRecorded' })).toHaveLength(1);
  });

  it.each(SPOILT.filter(([what]) => /(time|readings|policy) of (an|every) alarm|time of a recovery/.test(what)))('notices the change of %s where no order of processing is told', (_what, promise, tamper) => {
    const keyless = { ...sound, isKeyed: false };
    expect(verify(keyless).problems).toEqual([]);
    expect(new Set(verify(tamper(keyless)).problems.map((problem) => problem.promise))).toContain(promise);
  });

  it('takes a follow-up that is owed', () => {
    expect(verify(withFollowUps(1, true)(sound)).problems.filter(({ what }) => !what.includes('lease'))).toEqual([]);
  });

  it('takes one record for each request without an answer, and what a client may have sent again', () => {
    const problems = (sent: readonly SentRecord[], more: Partial<Outputs> = {}) => verify({ ...sound, sent, ...more }).problems.filter(({ promise }) => promise === 'P1');
    const unanswered = [...sound.sent!].map((each) => ({ ...each, outcome: 'unknown' as const, places: [] }));
    expect(problems(unanswered)).toEqual([]);
    expect(problems(unanswered.slice(1))).toHaveLength(1);
    expect(problems(unanswered.slice(1), { sentHas: undefined! })).toEqual([]);
    const doubled = withRecordTwice(sound);
    expect(problems([...sound.sent!], { topics: doubled.topics, sentHas: 'every message' })).toEqual([]);
  });

  it('takes a client’s time-out for neither', () => {
    const { sent } = sound;
    expect(verify({ ...sound, sent: [...sent!, { topic: 'ENTRY', value: 'bm8=', outcome: 'unknown', places: [] }] }).problems).toEqual([]);
  });

  it('imports nothing of the product', () => {
    for (const file of readdirSync(import.meta.dirname)) {
      if (file.endsWith('.spec.ts')) continue;
      const imports = [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from!);
      expect(imports.filter((from) => !from.startsWith('./') && !from.startsWith('node:'))).toEqual([]);
    }
  });
});
