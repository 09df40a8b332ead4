import { readdirSync, readFileSync } from 'node:fs';
import { NOTIFICATION_EVENT_TYPES, type NotificationEvent } from '../alarm-domain/notification-events.js';
import {
  claim,
  evolve,
  INITIAL_NOTIFICATION,
  NOTIFICATION_POLICY,
  NOTIFICATION_SCHEMA_VERSION,
  recordCompleted,
  recordFailure,
  recordSent,
  requeue,
  type NotificationContext,
  type NotificationState,
} from '../alarm-domain/notification.js';
import { READING_EVENT_TYPES, SENSOR_EVENT_TYPES } from '../alarm-domain/alarm-events.js';
import { ALARM_LIFE_EVENT_TYPES } from '../alarm-domain/alarm-life-events.js';
import { SENSOR_EVENT_SCHEMA_VERSION } from '../alarm-domain/decided-events.js';
import { ALARM_LIFE_SCHEMA_VERSION } from '../alarm-domain/operated-sensor.js';
import { PlayedSensor, second } from '../../test/support/sensor-commands.js';
import { contextWith, motion, ok, play, smoke } from '../../test/support/sensor-messages.js';
import {
  currentVersion,
  decodeEvent,
  decoderWith,
  toAppend,
  UnreadableEvent,
  UPCASTERS,
  type EncodedEvent,
} from './event-codec.js';
import { EVENT_SCHEMAS, type DomainEvent } from './event-schemas.js';
import { decodeSensorEvent } from './sensor-stream.js';

const GOLDEN = new URL('../../test/golden/', import.meta.url);
const EVENT_TYPES: readonly DomainEvent['type'][] = [...SENSOR_EVENT_TYPES, ...NOTIFICATION_EVENT_TYPES];

type Json = Record<string, unknown>;
type GoldenEvent = DomainEvent & { data: Json; metadata: Json };

function golden(type: string, version: number): GoldenEvent {
  return JSON.parse(readFileSync(new URL(`${type}.v${version}.json`, GOLDEN), 'utf8')) as GoldenEvent;
}

function recorded(event: { id: string; type: string; data: object; metadata: object }): EncodedEvent {
  const { id, type, data, metadata } = event;
  return { id, type, data, metadata, stream: 'sensor-42959', revision: 7n };
}

/** `['data.evidence[].readAt', …]`: what is named, not what it is. */
function fields(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => fields(item, `${path}[]`)))];
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, inner]) => fields(inner, path === '' ? key : `${path}.${key}`)).sort();
}

/** Items of lists that are still right without any. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['data.emailsOwed[]']);

describe('golden samples', () => {
  it.each(EVENT_TYPES)('has one of %s for every version, and each decodes to the current one', (type) => {
    for (let version = 1; version <= currentVersion(type); version += 1) {
      const sample = golden(type, version);
      expect(sample.metadata['schemaVersion']).toBe(version);
      expect(decodeEvent(recorded(sample))?.metadata.schemaVersion).toBe(currentVersion(type));
    }
  });

  it.each(EVENT_TYPES)('gives the same JSON of %s after decoding and encoding', (type) => {
    const sample = golden(type, currentVersion(type));
    const decoded = decodeEvent(recorded(sample));
    expect(decoded).not.toBeNull();
    expect(JSON.stringify(toAppend(decoded!))).toBe(JSON.stringify(sample));
  });

  it('has no file of an unknown type or of a version to come', () => {
    const expected = EVENT_TYPES.flatMap((type) =>
      Array.from({ length: currentVersion(type) }, (_, index) => `${type}.v${index + 1}.json`),
    );
    expect(readdirSync(GOLDEN).sort()).toEqual(expected.sort());
  });

  it.each(EVENT_TYPES)('has exactly the fields of a %s as it is decided today', (type) => {
    const today = eventsOfToday().find((event) => event.type === type);
    expect(today).toBeDefined();
    expect(fields(today)).toEqual(fields(golden(type, currentVersion(type))));
  });

  it.each(EVENT_TYPES)('decodes a %s as it is decided today', (type) => {
    for (const event of eventsOfToday().filter((candidate) => candidate.type === type)) {
      expect(decodeEvent(recorded(toAppend(event)))).toEqual(event);
    }
  });

  it.each(EVENT_TYPES)('of %s misses no field: each is noticed when it is taken away or is of another type', (type) => {
    const sample = golden(type, currentVersion(type));
    const required = fields({ data: sample.data, metadata: sample.metadata });
    for (const path of required) {
      if (!MAY_BE_EMPTY.has(path)) expect(() => decodeEvent(recorded(withField(sample, path, undefined)))).toThrow(UnreadableEvent);
      expect(() => decodeEvent(recorded(withField(sample, path, { no: 'such' })))).toThrow(path.replaceAll('[]', '.0'));
    }
  });
});

describe('decodeEvent', () => {
  it('gives null for an event of another system', () => {
    expect(decodeEvent(recorded({ ...golden('AlarmTriggered', 1), type: 'InvoicePaid' }))).toBeNull();
    expect(decodeEvent(recorded({ ...golden('AlarmTriggered', 1), type: 'toString' }))).toBeNull();
  });

  it('says which stream, revision and field are wrong, and what was found', () => {
    const sample = golden('AlarmTriggered', 1);
    const broken = recorded(withField(sample, 'data.evidence[].readAt', 'yesterday'));
    expect(() => decodeEvent(broken)).toThrow(
      'event AlarmTriggered at revision 7 of stream sensor-42959: data.evidence.0.readAt: Invalid ISO datetime, got "yesterday"; a retry does not help',
    );
  });

  it('refuses an event of a version to come, or of none', () => {
    const sample = golden('StrikeRecorded', 1);
    expect(() => decodeEvent(recorded(withField(sample, 'metadata.schemaVersion', 2)))).toThrow('metadata.schemaVersion: got 2, this program reads versions 1 to 1');
    expect(() => decodeEvent(recorded(withField(sample, 'metadata.schemaVersion', undefined)))).toThrow('metadata.schemaVersion: got nothing');
    expect(() => decodeEvent(recorded(withField(sample, 'metadata.schemaVersion', 0.5)))).toThrow(UnreadableEvent);
  });

  it('refuses data or metadata that is null or a list', () => {
    const sample = golden('StrikeRecorded', 1);
    expect(() => decodeEvent(recorded({ ...sample, data: null as unknown as object }))).toThrow(UnreadableEvent);
    expect(() => decodeEvent(recorded({ ...sample, metadata: null as unknown as object }))).toThrow(UnreadableEvent);
    expect(() => decodeEvent(recorded({ ...sample, data: [] }))).toThrow(UnreadableEvent);
  });

  it('keeps fields that it does not know', () => {
    const sample = golden('AlarmRecovered', 1);
    const decoded = decodeEvent(recorded({ ...sample, data: { ...sample.data, room: 'kitchen' } }));
    expect(decoded?.data).toHaveProperty('room', 'kitchen');
  });
});

describe('decodeSensorEvent', () => {
  it('gives the events of a sensor and refuses all others', () => {
    expect(decodeSensorEvent(recorded(golden('AlarmTriggered', 1))).type).toBe('AlarmTriggered');
    for (const other of [golden('NotificationSent', 1), { ...golden('AlarmTriggered', 1), type: 'InvoicePaid' }]) {
      expect(() => decodeSensorEvent(recorded(other))).toThrow('type: expected one of StrikeRecorded');
    }
  });
});

describe('upcasting', () => {
  // An invented past: in version 1 the alarm had `kind`, in version 2 its sensor's id was text.
  const decode = decoderWith({
    ...UPCASTERS,
    AlarmRecovered: [
      ({ data: { kind, ...rest }, metadata }) => ({ data: { ...rest, alarmType: kind }, metadata }),
      ({ data, metadata }) => ({ data: { ...data, sensorId: Number(data['sensorId']) }, metadata }),
    ],
  });
  const today = golden('AlarmRecovered', 1);
  const current = withField(today, 'metadata.schemaVersion', 3);
  const version2 = withField(withField(today, 'metadata.schemaVersion', 2), 'data.sensorId', '42959');
  const version1 = withField(withField(withField(version2, 'metadata.schemaVersion', 1), 'data.kind', 'smoke'), 'data.alarmType', undefined);

  it('takes every older version through the steps that it lacks, and sets its version', () => {
    expect(decode(recorded(version1))).toEqual(current);
    expect(decode(recorded(version2))).toEqual(current);
    expect(decode(recorded(current))).toEqual(current);
  });

  it('leaves the stored event as it was', () => {
    const stored = recorded(version1);
    const before = JSON.stringify(stored.data);
    decode(stored);
    expect(JSON.stringify(stored.data)).toBe(before);
  });

  it('checks what the steps have made', () => {
    expect(() => decode(recorded(withField(version2, 'data.sensorId', 'kitchen')))).toThrow('data.sensorId');
    expect(() => decode(recorded(withField(version2, 'metadata.schemaVersion', 4)))).toThrow('got 4, this program reads versions 1 to 3');
  });
});

describe('toAppend', () => {
  it('refuses an event that does not say that it is of the current version', () => {
    const sample = golden('NotificationSent', 1);
    const wrong = withField(sample, 'metadata.schemaVersion', 2) as unknown as DomainEvent;
    expect(() => toAppend(wrong)).toThrow('has schemaVersion 2, this program writes 1');
  });

  it('agrees with the domain on the version that is written', () => {
    expect(READING_EVENT_TYPES.map(currentVersion)).toEqual(READING_EVENT_TYPES.map(() => SENSOR_EVENT_SCHEMA_VERSION));
    expect(ALARM_LIFE_EVENT_TYPES.map(currentVersion)).toEqual(ALARM_LIFE_EVENT_TYPES.map(() => ALARM_LIFE_SCHEMA_VERSION));
    expect(NOTIFICATION_EVENT_TYPES.map(currentVersion)).toEqual(NOTIFICATION_EVENT_TYPES.map(() => NOTIFICATION_SCHEMA_VERSION));
    expect(Object.keys(EVENT_SCHEMAS).sort()).toEqual([...EVENT_TYPES].sort());
  });
});

/** A copy with one field set, or removed by `undefined`; `[]` stands for the first of a list. */
function withField<T extends object>(event: T, path: string, value: unknown): T {
  const copy = structuredClone(event);
  const keys = path.replaceAll('[]', '.0').split('.');
  const name = keys.pop() as string;
  const holder = keys.reduce<unknown>((inner, key) => (inner as Json)[key], copy) as Json;
  if (Array.isArray(holder)) holder.splice(Number(name), 1, ...(value === undefined ? [] : [value as never]));
  else if (value === undefined) delete holder[name];
  else holder[name] = value;
  return copy;
}

/** At least one event of every type, made by the domain. */
function eventsOfToday(): DomainEvent[] {
  const sensor = play([smoke(0, 'a'), smoke(1), smoke(2), smoke(3), ok(4), smoke(5), ok(6)], { ...contextWith(), isOutOfOrder: true }).events;
  return [...sensor, ...alarmLifeOfToday(), ...notificationEventsOfToday()];
}

function alarmLifeOfToday(): DomainEvent[] {
  const sensor = new PlayedSensor();
  sensor.command({ type: 'shelve', by: 'operator-7', reason: 'maintenance', until: second(60), hasNote: true }, 1);
  const alarmId = sensor.record(motion(2)).alarmIds()[0] as string;
  sensor.command({ type: 'acknowledge', alarmId, by: 'operator-7', hasNote: true }, 3);
  sensor.command({ type: 'comment', alarmId, by: 'operator-7' }, 4);
  sensor.command({ type: 'unshelve', by: 'operator-7' }, 5);
  sensor.command({ type: 'note-silence', intervalMs: 60_000, silentForMs: 300_000 }, 6);
  sensor.command({ type: 'note-return' }, 7);
  return sensor.events.filter(({ type }) => (ALARM_LIFE_EVENT_TYPES as readonly string[]).includes(type));
}

function notificationEventsOfToday(): NotificationEvent[] {
  const context: NotificationContext = {
    alarmId: '095dc241-8250-5666-a200-08ef8e5d565c',
    sensorId: 7,
    nowMs: Date.parse('2026-03-01T12:00:00.000Z'),
    correlationId: 'c',
    causationId: 'd',
    idOf: (name) => name,
  };
  const events: NotificationEvent[] = [];
  let state: NotificationState = INITIAL_NOTIFICATION;
  const add = (decided: readonly NotificationEvent[]) => {
    events.push(...decided);
    state = decided.reduce(evolve, state);
  };
  add(claim(state, context, 'one', false, NOTIFICATION_POLICY));
  add(recordFailure(state, context, { attempt: 1, reason: '451', permanent: false }, NOTIFICATION_POLICY));
  add(claim(state, context, 'one', false, NOTIFICATION_POLICY));
  add(recordFailure(state, context, { attempt: 2, reason: '550', permanent: true }, NOTIFICATION_POLICY));
  add(requeue(state, context, 'operator-7'));
  add(claim(state, context, 'one', false, NOTIFICATION_POLICY));
  add(recordSent(state, context, { attempt: 3, mailId: '<a@b>', possibleDuplicate: false, customer: 'unavailable' }));
  add(recordCompleted(state, context, { mailId: '<c@d>', customer: 'complete' }));
  return events;
}
