import type { AlarmLife } from './check-alarm-life.js';
import type { Outputs, OutputEvent, ReadModels } from './outputs.js';
import { ALARM_TYPES } from './reference-parser.js';

/** P6 and R6: the read models, and topic COUNT, are what the events come to, and nothing else. */
export function checkReadModels(outputs: Outputs, life: AlarmLife): string[] {
  const alarmEvents = outputs.events.filter(({ type, stream }) => stream.startsWith('sensor-') && (type === 'AlarmTriggered' || type === 'AlarmRecovered'));
  const should = { map: mapOf(alarmEvents), counts: countsOf(alarmEvents), alarms: alarmsOf(alarmEvents, outputs.events, life), shelved: listOf(life.shelved), silent: listOf(life.silent) };
  return [...outputs.readModels.flatMap((models) => checkModels(models, should)), ...checkCountTopic(outputs, alarmEvents)];
}

interface Expected {
  /** A sensor's state, then its open types: `active motion,smoke`. */
  readonly map: ReadonlyMap<string, string>;
  readonly counts: ReadonlyMap<string, string>;
  /** `open sent acknowledged`, or without the last word. */
  readonly alarms: ReadonlyMap<string, string>;
  readonly shelved: ReadonlyMap<string, string>;
  readonly silent: ReadonlyMap<string, string>;
}

function checkModels({ of, map, hasEverySensor = false, counts, alarms, shelved, silent, parked }: ReadModels, should: Expected): string[] {
  const shown = map.filter(({ sensorId, state }) => !hasEverySensor || state !== 'inactive' || should.map.has(String(sensorId)));
  // Where types are not kept, those that should be there are taken for given.
  const typesOf = (sensorId: number) => (should.map.get(String(sensorId)) ?? '').replace(/^\S* /, '');
  return [
    ...differences(`${of}: map, sensor`, new Map(shown.map(({ sensorId, state, openTypes }) => [String(sensorId), `${state} ${openTypes ?? typesOf(sensorId)}`])), should.map),
    ...differences(`${of}: count of`, new Map(counts.map(({ minute, type, count }) => [`${minute} ${type}`, String(count)])), should.counts),
    ...(alarms === null ? [] : differences(`${of}: alarm`, new Map(alarms.map(({ alarmId, status, email, acknowledgedAt }) => [alarmId, alarmText(status, email, acknowledgedAt !== null)])), should.alarms)),
    ...(shelved === undefined ? [] : differences(`${of}: shelved sensor`, listOf(shelved.filter(({ isShelved }) => isShelved === 1).map(({ sensorId }) => sensorId)), should.shelved)),
    ...(silent === undefined ? [] : differences(`${of}: silent sensor`, listOf(silent.filter(({ isSilent }) => isSilent === 1).map(({ sensorId }) => sensorId)), should.silent)),
    ...(parked > 0 ? [`${of}: ${parked} events are parked`] : []),
  ];
}

function mapOf(events: readonly OutputEvent[]): Map<string, string> {
  const open = new Map<string, Set<unknown>>();
  for (const { type, data } of events) {
    const types = open.get(String(data['sensorId'])) ?? new Set();
    open.set(String(data['sensorId']), types);
    if (type === 'AlarmTriggered') types.add(data['alarmType']);
    else types.delete(data['alarmType']);
  }
  return new Map([...open].map(([sensor, types]) => [sensor, `${types.size > 0 ? 'active' : 'inactive'} ${ALARM_TYPES.filter((type) => types.has(type)).join(',')}`]));
}

function countsOf(events: readonly OutputEvent[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const { type, data } of events) {
    if (type !== 'AlarmTriggered') continue;
    const key = `${String(data['triggeredAt']).slice(0, 16)}:00.000Z ${String(data['alarmType'])}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Map([...counts].map(([key, count]) => [key, String(count)]));
}

function alarmsOf(alarmEvents: readonly OutputEvent[], all: readonly OutputEvent[], { held, acknowledged }: AlarmLife): Map<string, string> {
  const recovered = new Set(alarmEvents.filter(({ type }) => type === 'AlarmRecovered').map(({ data }) => data['alarmId']));
  const emails = new Map<unknown, string>();
  for (const { type, data } of all) {
    if (type === 'NotificationSent') emails.set(data['alarmId'], 'sent');
    if (type === 'NotificationParked') emails.set(data['alarmId'], 'parked');
  }
  const triggered = alarmEvents.filter(({ type }) => type === 'AlarmTriggered').map(({ data }) => data['alarmId']);
  const emailOf = (id: unknown) => (held.has(id) ? (recovered.has(id) ? 'withheld' : 'held') : (emails.get(id) ?? 'pending'));
  return new Map(triggered.map((id) => [String(id), alarmText(recovered.has(id) ? 'recovered' : 'open', emailOf(id), acknowledged.has(id))]));
}

function alarmText(status: string, email: string, isAcknowledged: boolean): string {
  return `${status} ${email}${isAcknowledged ? ' acknowledged' : ''}`;
}

function listOf(sensors: Iterable<number>): Map<string, string> {
  return new Map(Array.from(sensors, (sensorId) => [String(sensorId), 'listed']));
}

/** R4: each alarm is on COUNT at least once, under its own id. */
function checkCountTopic({ topics }: Outputs, events: readonly OutputEvent[]): string[] {
  const published = new Set((topics['COUNT'] ?? []).flatMap((records) => Array.from(records, ({ headers }) => headers['ce_id'])));
  const alarms = new Set(events.filter(({ type }) => type === 'AlarmTriggered').map(({ data }) => String(data['alarmId'])));
  return [
    ...[...alarms].filter((id) => !published.has(id)).map((id) => `COUNT: alarm ${id} is missing`),
    ...[...published].filter((id) => id === undefined || !alarms.has(id)).map((id) => `COUNT: ${id} is no alarm`),
  ];
}

function differences(what: string, is: ReadonlyMap<string, string>, should: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...is.keys(), ...should.keys()]);
  return [...keys].filter((key) => is.get(key) !== should.get(key)).map((key) => `${what} ${key} is ${is.get(key) ?? 'missing'}, expected ${should.get(key) ?? 'none'}`);
}
