import type { Outputs, TopicRecord } from './outputs.js';
import { ALARM_TYPES, parseRecord, type AlarmType, type ParsedRecord } from './reference-parser.js';

/** The rules R1–R3, R5 and R7 a second time, as the shortest program that follows from docs/alarm-rules.md. */

export type Expected = 'normal' | 'dead-lettered' | 'events' | `ignored ${string}`;

export interface ExpectedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: TopicRecord;
  readonly outcome: Expected;
  readonly sensorId: number | null;
  /** `AlarmTriggered motion`: what its events say, in no order. */
  readonly facts: readonly string[];
}

interface Strike {
  readonly readAtMs: number;
}

interface Sensor {
  readonly open: Set<AlarmType>;
  readonly strikes: Map<AlarmType, Strike[]>;
  readonly messageIds: Set<string>;
}

/** What every record of ENTRY and OK comes to, in the order in which they were appended. */
export function foldLog({ topics, policy }: Outputs): ExpectedRecord[] {
  const all = ['ENTRY', 'OK'].flatMap((topic) =>
    (topics[topic] ?? []).flatMap((records, partition) => records.map((record) => ({ topic, partition, record }))),
  );
  all.sort((a, b) => a.record.order - b.record.order);
  const sensors = new Map<number, Sensor>();
  return all.map((place) => {
    const parsed = parseRecord(place.record.value, place.record.headers);
    if (parsed === null) return { ...place, outcome: 'dead-lettered', sensorId: null, facts: [] };
    const sensor = sensors.get(parsed.sensorId) ?? { open: new Set(), strikes: new Map(), messageIds: new Set() };
    sensors.set(parsed.sensorId, sensor);
    const { outcome, facts } = foldRecord(sensor, place.topic, place.record, parsed, policy);
    if (parsed.messageId !== null && outcome !== 'normal') sensor.messageIds.add(parsed.messageId);
    return { ...place, outcome, sensorId: parsed.sensorId, facts };
  });
}

function foldRecord(sensor: Sensor, topic: string, record: TopicRecord, parsed: ParsedRecord, policy: Outputs['policy']): { outcome: Expected; facts: string[] } {
  // R1 comes first: that a normal reading was sent before makes no difference to it.
  const isDiscarded = topic === 'ENTRY' && parsed.abnormal.length === 0 && !policy.clearOnNormal;
  if (!isDiscarded && parsed.messageId !== null && sensor.messageIds.has(parsed.messageId)) return { outcome: 'ignored duplicate', facts: [] };
  if (topic === 'OK') {
    const facts = [...ALARM_TYPES.filter((type) => sensor.open.delete(type)).map((type) => `AlarmRecovered ${type}`), ...clearStrikes(sensor)];
    return facts.length > 0 ? { outcome: 'events', facts } : { outcome: 'ignored no-open-alarm', facts: [] };
  }
  if (parsed.abnormal.length === 0) {
    const facts = policy.clearOnNormal ? clearStrikes(sensor) : [];
    return { outcome: facts.length > 0 ? 'events' : 'normal', facts };
  }
  const facts = parsed.abnormal.filter((type) => !sensor.open.has(type)).flatMap((type) => foldAbnormal(sensor, type, readAtMs(parsed, record), policy));
  return facts.length > 0 ? { outcome: 'events', facts } : { outcome: 'ignored alarm-open', facts: [] };
}

function foldAbnormal(sensor: Sensor, type: AlarmType, atMs: number, { n, windowMs }: Outputs['policy']): string[] {
  if (type !== 'motion') {
    const strikes = [...(sensor.strikes.get(type) ?? []), { readAtMs: atMs }];
    sensor.strikes.set(type, strikes);
    if (mostTogether(strikes, atMs, windowMs) < n) return [`StrikeRecorded ${type}`];
    sensor.strikes.delete(type);
  }
  sensor.open.add(type);
  return [...(type === 'motion' ? [] : [`StrikeRecorded ${type}`]), `AlarmTriggered ${type}`];
}

/** The most strikes within one window that has `atMs` in it; all without a window. */
function mostTogether(strikes: readonly Strike[], atMs: number, windowMs: number | null): number {
  if (windowMs === null) return strikes.length;
  const times = strikes.map(({ readAtMs: each }) => each);
  const begins = times.filter((each) => each <= atMs && each >= atMs - windowMs);
  return Math.max(...begins.map((from) => times.filter((each) => each >= from && each <= from + windowMs).length));
}

function clearStrikes({ strikes }: Sensor): string[] {
  const types = ALARM_TYPES.filter((type) => strikes.delete(type));
  return types.length > 0 ? [`StrikesCleared ${types.join('+')}`] : [];
}

/** ADR 4: the sensor's own time if it is plausible, else the log's. */
function readAtMs({ atMs }: ParsedRecord, { appendedAtMs }: TopicRecord): number {
  const isPlausible = atMs !== null && atMs >= appendedAtMs - 86_400_000 && atMs <= appendedAtMs + 300_000;
  return isPlausible ? atMs : appendedAtMs;
}
