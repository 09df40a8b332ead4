import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPlan } from '../simulation/plan.js';
import { runPlan } from '../simulation/simulated-run.js';
import type { OutputEvent, Outputs, TopicRecord } from './outputs.js';
import { storedOutputs, writeOutputs } from './stored-outputs.js';
import { verify } from './verify.js';

type Tamper = (outputs: Outputs) => Outputs;
type Ignored = Readonly<Record<string, number[]>>;

const withoutEvent = (isIt: (event: OutputEvent) => boolean): Tamper => (outputs) => {
  const at = outputs.events.findIndex(isIt);
  expect(at).toBeGreaterThanOrEqual(0);
  return { ...outputs, events: outputs.events.filter((_, index) => index !== at) };
};
const ofType = (type: string) => (event: OutputEvent) => event.type === type;
const changedEvent = (type: string, change: (event: OutputEvent) => OutputEvent): Tamper => (outputs) => {
  const at = outputs.events.findIndex(ofType(type));
  return { ...outputs, events: outputs.events.map((event, index) => (index === at ? change(event) : event)) };
};
const listed = ({ topics }: Outputs, topic: string): TopicRecord[][] => (topics[topic] ?? []).map((records) => [...records]);
const withoutLast = (topic: string): Tamper => (outputs) => {
  const partitions = listed(outputs, topic);
  const at = partitions.findIndex((records) => records.length > 0);
  return { ...outputs, topics: { ...outputs.topics, [topic]: partitions.map((records, index) => (index === at ? records.slice(0, -1) : records)) } };
};

/** What is lost, doubled or made up, and the promise that it breaks. */
const CASES: readonly (readonly [what: string, promise: string, tamper: Tamper])[] = [
  ['an accepted record', 'P1', withoutLast('ENTRY')],
  ['the bytes of an accepted record', 'P1', (outputs) => ({ ...outputs, sent: [...outputs.sent!].map((each) => ({ ...each, value: 'bm8=' })) })],
  ['the place of an accepted record', 'P1', (outputs) => ({ ...outputs, sent: [...outputs.sent!].map((each) => ({ ...each, places: [] })) })],
  ['the place of two accepted records', 'P1', (outputs) => ({ ...outputs, sent: [...outputs.sent!, ...[...outputs.sent!].map((each) => ({ ...each, value: 'bm8=' }))] })],
  ['a dead letter', 'P2', withoutLast('ENTRY.dlq')],
  ['a receipt', 'P2', withoutEvent(ofType('ReceiptRecorded'))],
  ['an offset of a receipt', 'P2', changedEvent('ReceiptRecorded', (event) => ({ ...event, data: { ...event.data, events: [], normal: Number(event.data['normal']) + (event.data['events'] as unknown[]).length } }))],
  ['a strike', 'P3', withoutEvent(ofType('StrikeRecorded'))],
  ['an alarm', 'P3', withoutEvent(ofType('AlarmTriggered'))],
  ['a recovery', 'P3', withoutEvent(ofType('AlarmRecovered'))],
  ['an event, stored twice', 'P3', (outputs) => ({ ...outputs, events: [...outputs.events, outputs.events.find(ofType('AlarmTriggered'))!] })],
  ['the type of an alarm', 'P3', changedEvent('AlarmTriggered', (event) => ({ ...event, data: { ...event.data, alarmType: 'other' } }))],
  ['a mail', 'P4', (outputs) => ({ ...outputs, mails: outputs.mails.slice(1) })],
  ['the mark of a second copy', 'P4', (outputs) => ({ ...outputs, mails: [...outputs.mails, outputs.mails[0]!] })],
  ['a mail for no alarm', 'P4', (outputs) => ({ ...outputs, mails: [...outputs.mails, { ...outputs.mails[0]!, alarmId: 'another' }] })],
  ['a mark without a reason', 'P4', (outputs) => ({ ...outputs, mails: outputs.mails.map((mail) => ({ ...mail, possibleDuplicate: true })) })],
  ['the record of a mail', 'P4', withoutEvent(ofType('NotificationSent'))],
  ['the lease of who sent', 'P4', (outputs) => ({ ...outputs, mails: outputs.mails.map((mail) => ({ ...mail, sender: mail.sender && { ...mail.sender, process: 'another' } })) })],
  ['a row of the map', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, map: models.map.slice(1) })) })],
  ['a state on a map of every sensor', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, hasEverySensor: true, map: models.map.map((row) => ({ ...row, state: row.state === 'active' ? 'inactive' : 'active', openTypes: null })) })) })],
  ['a count', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, counts: models.counts.map((row) => ({ ...row, count: row.count + 1 })) })) })],
  ['an alarm in the list', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, alarms: models.alarms!.slice(1) })) })],
  ['a parked event', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, parked: 1 })) })],
  ['an alarm on COUNT', 'P6', (outputs) => ({ ...outputs, topics: { ...outputs.topics, COUNT: [] } })],
];

/** Whether there is something of each kind that a case takes away. */
function hasEverything(outputs: Outputs): boolean {
  const { isKeyed, events, mails } = outputs;
  const types = new Set(events.map(({ type }) => type));
  const firstReceipt = events.find(ofType('ReceiptRecorded'))?.data['events'] as unknown[] | undefined;
  return (
    isKeyed &&
    ['StrikeRecorded', 'AlarmTriggered', 'AlarmRecovered', 'StrikesCleared', 'NotificationSent'].every((type) => types.has(type)) &&
    listed(outputs, 'ENTRY.dlq').flat().length === 1 &&
    (firstReceipt?.length ?? 0) > 0 &&
    mails.length > 0 &&
    mails.every(({ possibleDuplicate }) => !possibleDuplicate)
  );
}

describe('verify', () => {
  let sound: Outputs;
  beforeAll(async () => {
    for (let seed = 1; ; seed += 1) {
      const { outputs } = await runPlan(drawPlan(String(seed)));
      sound = outputs;
      if (hasEverything(outputs)) return;
    }
  });

  it('finds nothing in a sound run', () => {
    expect(verify(sound).problems).toEqual([]);
  });

  it.each(CASES)('notices the change of %s (%s)', (_what, promise, tamper) => {
    expect(new Set(verify(tamper(sound)).problems.map((problem) => problem.promise))).toContain(promise);
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
