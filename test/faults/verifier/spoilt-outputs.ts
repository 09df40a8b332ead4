import type { OutputEvent, Outputs, SentRecord, TopicRecord } from './outputs.js';

/** Changes the outputs of a sound run so that they are not sound any more. */
export type Tamper = (outputs: Outputs) => Outputs;
export type Ignored = Readonly<Record<string, number[]>>;

export const withoutEvent = (isIt: (event: OutputEvent) => boolean): Tamper => (outputs) => {
  const at = outputs.events.findIndex(isIt);
  expect(at).toBeGreaterThanOrEqual(0);
  return { ...outputs, events: outputs.events.filter((_, index) => index !== at) };
};
export const ofType = (type: string) => (event: OutputEvent) => event.type === type;
export const changedEvent = (type: string, change: (event: OutputEvent) => OutputEvent): Tamper => (outputs) => {
  const at = outputs.events.findIndex(ofType(type));
  return { ...outputs, events: outputs.events.map((event, index) => (index === at ? change(event) : event)) };
};
export const listed = ({ topics }: Outputs, topic: string): TopicRecord[][] => (topics[topic] ?? []).map((records) => [...records]);
export const withoutLast = (topic: string): Tamper => (outputs) => {
  const partitions = listed(outputs, topic);
  const at = partitions.findIndex((records) => records.length > 0);
  return { ...outputs, topics: { ...outputs.topics, [topic]: partitions.map((records, index) => (index === at ? records.slice(0, -1) : records)) } };
};

/** The first one of its partition, once more at the end. */
export const withRecordTwice: Tamper = (outputs) => {
  const entry = listed(outputs, 'ENTRY');
  const [record, last] = [entry[0]![0]!, entry[0]!.at(-1)!];
  return { ...outputs, topics: { ...outputs.topics, ENTRY: entry.with(0, [...entry[0]!, { ...record, offset: last.offset + 1, order: last.order + 0.5 }]) } };
};

const withCompleted: Tamper = (outputs) => {
  const sent = outputs.events.find(ofType('NotificationSent'))!;
  return { ...outputs, events: [...outputs.events, { ...sent, id: 'another', type: 'NotificationCompleted' }] };
};

/** The last reading of which the receipts tell no more than that it was normal, of a client that got no answer. */
const withoutUnansweredNormal: Tamper = (outputs) => {
  const entry = listed(outputs, 'ENTRY');
  const named = (partition: number): Set<number> =>
    new Set(outputs.events.filter(({ type, stream }) => type === 'ReceiptRecorded' && stream.endsWith(`-ENTRY-${partition}`)).flatMap(({ data }) => [data['events'], data['deadLettered'], data['skipped'], ...Object.values(data['ignored'] as Ignored)].flat() as number[]));
  const partition = entry.findIndex((records, index) => records.some(({ offset }) => !named(index).has(offset)));
  expect(partition).toBeGreaterThanOrEqual(0);
  const gone = entry[partition]!.findLast(({ offset }) => !named(partition).has(offset))!;
  const isOfIt = ({ topic, places }: SentRecord) => topic === 'ENTRY' && places.some((place) => place.partition === partition && place.offset === gone.offset);
  const sent = [...outputs.sent!].map((each) => (isOfIt(each) ? { ...each, outcome: 'unknown' as const, places: [] } : each));
  return { ...outputs, sent, topics: { ...outputs.topics, ENTRY: entry.map((records) => records.filter((record) => record !== gone)) } };
};

const changedEvents = (type: string, change: (data: OutputEvent['data']) => OutputEvent['data']): Tamper => (outputs) => ({ ...outputs, events: outputs.events.map((event) => (event.type === type ? { ...event, data: change(event.data) } : event)) });
const changedEvidence = (change: (evidence: object) => object) => changedEvents('AlarmTriggered', (data) => ({ ...data, evidence: (data['evidence'] as object[]).map(change) }));
const hourEarlier = (time: unknown): string => new Date(Date.parse(String(time)) - 3_600_000).toISOString();

/** Every alarm an hour early, and counted then. */
const earlyAlarms: Tamper = (outputs) => {
  const { events, ...rest } = changedEvents('AlarmTriggered', (data) => ({ ...data, triggeredAt: hourEarlier(data['triggeredAt']) }))(outputs);
  const readModels = rest.readModels.map((models) => ({ ...models, counts: models.counts.map((row) => ({ ...row, minute: hourEarlier(row.minute) })) }));
  return { ...rest, events, readModels };
};

/** A follow-up of the first mail that went, `times` over; with `owed` it went without the customer's data. */
export const withFollowUps = (times: number, isOwed: boolean): Tamper => (outputs) => {
  const mail = outputs.mails[0]!;
  const customer = isOwed ? 'unavailable' : 'complete';
  const events = outputs.events.map((event) => (event.type === 'NotificationSent' && event.data['alarmId'] === mail.alarmId ? { ...event, data: { ...event.data, customer } } : event));
  return { ...outputs, events, mails: [...outputs.mails, ...Array.from({ length: times }, () => ({ ...mail, isFollowUp: true, messageId: 'another' }))] };
};

/** What is lost, doubled or made up, and the promise that it breaks. */
export const SPOILT: readonly (readonly [what: string, promise: string, tamper: Tamper])[] = [
  ['an accepted record', 'P1', withoutLast('ENTRY')],
  ['the bytes of an accepted record', 'P1', (outputs) => ({ ...outputs, sent: [...outputs.sent!].map((each) => ({ ...each, value: 'bm8=' })) })],
  ['the place of an accepted record', 'P1', (outputs) => ({ ...outputs, sent: [...outputs.sent!].map((each) => ({ ...each, places: [] })) })],
  ['the place of two accepted records', 'P1', (outputs) => ({ ...outputs, sent: [...outputs.sent!, ...[...outputs.sent!].map((each) => ({ ...each, value: 'bm8=' }))] })],
  ['the answers to all that is in the log', 'P1', (outputs) => ({ ...outputs, sent: [...outputs.sent!].map((each) => ({ ...each, outcome: 'refused', places: [] })) })],
  ['all that clients know', 'P1', (outputs) => ({ ...outputs, sent: [] })],
  ['a record that came twice though its client sent it once', 'P1', withRecordTwice],
  ['a dead letter', 'P2', withoutLast('ENTRY.dlq')],
  ['a normal reading that was handled, of a client that got no answer', 'P2', withoutUnansweredNormal],
  ['a receipt', 'P2', withoutEvent(ofType('ReceiptRecorded'))],
  ['an offset of a receipt', 'P2', changedEvent('ReceiptRecorded', (event) => ({ ...event, data: { ...event.data, events: [], normal: Number(event.data['normal']) + (event.data['events'] as unknown[]).length } }))],
  ['a strike', 'P3', withoutEvent(ofType('StrikeRecorded'))],
  ['an alarm', 'P3', withoutEvent(ofType('AlarmTriggered'))],
  ['a recovery', 'P3', withoutEvent(ofType('AlarmRecovered'))],
  ['an event, stored twice', 'P3', (outputs) => ({ ...outputs, events: [...outputs.events, outputs.events.find(ofType('AlarmTriggered'))!] })],
  ['the type of an alarm', 'P3', changedEvent('AlarmTriggered', (event) => ({ ...event, data: { ...event.data, alarmType: 'other' } }))],
  ['the time of every alarm', 'P3', earlyAlarms],
  ['the readings of an alarm', 'P3', changedEvents('AlarmTriggered', ({ evidence: _, ...data }) => data)],
  ['the place of an alarm’s readings', 'P3', changedEvidence((evidence) => ({ ...evidence, source: { topic: 'ENTRY', partition: 0, offset: 100_000 } }))],
  ['the time of an alarm’s readings', 'P3', changedEvidence((evidence) => ({ ...evidence, receivedAt: '2026-01-01T00:00:00.000Z' }))],
  ['the policy of an alarm', 'P3', changedEvents('AlarmTriggered', ({ policy: _, ...data }) => data)],
  ['the number of a strike', 'P3', changedEvents('StrikeRecorded', (data) => ({ ...data, strike: Number(data['strike']) + 1 }))],
  ['the time of a recovery', 'P3', changedEvents('AlarmRecovered', (data) => ({ ...data, recoveredAt: hourEarlier(data['recoveredAt']) }))],
  ['the alarm of a recovery', 'P3', changedEvents('AlarmRecovered', (data) => ({ ...data, alarmId: 'another' }))],
  ['a mail', 'P4', (outputs) => ({ ...outputs, mails: outputs.mails.slice(1) })],
  ['the mark of a second copy', 'P4', (outputs) => ({ ...outputs, mails: [...outputs.mails, outputs.mails[0]!] })],
  ['a mail for no alarm', 'P4', (outputs) => ({ ...outputs, mails: [...outputs.mails, { ...outputs.mails[0]!, alarmId: 'another' }] })],
  ['a mark without a reason', 'P4', (outputs) => ({ ...outputs, mails: outputs.mails.map((mail) => ({ ...mail, possibleDuplicate: true })) })],
  ['a follow-up that no mail owes', 'P4', withFollowUps(1, false)],
  ['a hundred follow-ups for one that is owed', 'P4', withFollowUps(100, true)],
  ['a mail that names no alarm', 'P4', (outputs) => ({ ...outputs, mails: [...outputs.mails, { ...outputs.mails[0]!, isFollowUp: true, alarmId: null }] })],
  ['the record of a follow-up that did not go', 'P4', withCompleted],
  ['the record of a mail', 'P4', withoutEvent(ofType('NotificationSent'))],
  ['the lease of who sent', 'P4', (outputs) => ({ ...outputs, mails: outputs.mails.map((mail) => ({ ...mail, sender: mail.sender && { ...mail.sender, process: 'another' } })) })],
  ['a row of the map', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, map: models.map.slice(1) })) })],
  ['a state on a map of every sensor', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, hasEverySensor: true, map: models.map.map((row) => ({ ...row, state: row.state === 'active' ? 'inactive' : 'active', openTypes: null })) })) })],
  ['a count', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, counts: models.counts.map((row) => ({ ...row, count: row.count + 1 })) })) })],
  ['an alarm in the list', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, alarms: models.alarms!.slice(1) })) })],
  ['a parked event', 'P6', (outputs) => ({ ...outputs, readModels: outputs.readModels.map((models) => ({ ...models, parked: 1 })) })],
  ['an alarm on COUNT', 'P6', (outputs) => ({ ...outputs, topics: { ...outputs.topics, COUNT: [] } })],
];
