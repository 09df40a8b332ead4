import type { Outputs, TopicRecord } from './outputs.js';
import { ALARM_TYPES, parseRecord, type AlarmType, type ParsedRecord } from './reference-parser.js';

/** The rules R1–R3, R5 and R7 a second time, as the shortest program that follows from docs/alarm-rules.md. */

export type Expected = 'normal' | 'dead-lettered' | 'events' | `ignored ${string}`;

export interface ExpectedRecord extends Place {
  readonly outcome: Expected;
  readonly sensorId: number | null;
  /** `AlarmTriggered motion by ENTRY-0 12`: what its events say, in no order. */
  readonly facts: readonly string[];
}

interface Strike {
  /** `ENTRY-0 12`. */
  readonly place: string;
  readonly readAtMs: number;
}

interface Sensor {
  readonly open: Set<AlarmType>;
  readonly strikes: Map<AlarmType, Strike[]>;
  readonly messageIds: Set<string>;
}

/** What every record of ENTRY and OK comes to, one by one, in the order in which they were appended. */
export function* foldLog({ topics, policy }: Outputs): Generator<ExpectedRecord> {
  const sensors = new Map<number, Sensor>();
  for (const place of inOrder(topics)) {
    const parsed = parseRecord(place.record.value, place.record.headers);
    if (parsed === null) yield { ...place, outcome: 'dead-lettered', sensorId: null, facts: [] };
    else yield { ...place, sensorId: parsed.sensorId, ...foldParsed(sensors, place, parsed, policy) };
  }
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly record: TopicRecord;
}

/** All partitions of both topics as one. */
function* inOrder(topics: Outputs['topics']): Generator<Place> {
  const partitions = ['ENTRY', 'OK'].flatMap((topic) =>
    (topics[topic] ?? []).map((records, partition) => {
      const rest = records[Symbol.iterator]();
      return { topic, partition, rest, next: rest.next() };
    }),
  );
  for (;;) {
    const waiting = partitions.filter(({ next }) => next.done !== true);
    if (waiting.length === 0) return;
    const first = waiting.reduce((a, b) => ((b.next.value as TopicRecord).order < (a.next.value as TopicRecord).order ? b : a));
    yield { topic: first.topic, partition: first.partition, record: first.next.value as TopicRecord };
    first.next = first.rest.next();
  }
}

function foldParsed(sensors: Map<number, Sensor>, place: Place, parsed: ParsedRecord, policy: Outputs['policy']): Pick<ExpectedRecord, 'outcome' | 'facts'> {
  // R1 comes first: that a normal reading was sent before makes no difference to it.
  if (place.topic === 'ENTRY' && parsed.abnormal.length === 0 && !policy.clearOnNormal) return { outcome: 'normal', facts: [] };
  const sensor = sensors.get(parsed.sensorId) ?? { open: new Set(), strikes: new Map(), messageIds: new Set() };
  sensors.set(parsed.sensorId, sensor);
  const folded = foldRecord(sensor, place, parsed, policy);
  if (parsed.messageId !== null && folded.outcome !== 'normal') sensor.messageIds.add(parsed.messageId);
  return folded;
}

function foldRecord(sensor: Sensor, { topic, partition, record }: Place, parsed: ParsedRecord, policy: Outputs['policy']): { outcome: Expected; facts: string[] } {
  if (parsed.messageId !== null && sensor.messageIds.has(parsed.messageId)) return { outcome: 'ignored duplicate', facts: [] };
  if (topic === 'OK') {
    const facts = [...ALARM_TYPES.filter((type) => sensor.open.delete(type)).map((type) => `AlarmRecovered ${type}`), ...clearStrikes(sensor)];
    return facts.length > 0 ? { outcome: 'events', facts } : { outcome: 'ignored no-open-alarm', facts: [] };
  }
  if (parsed.abnormal.length === 0) {
    const facts = policy.clearOnNormal ? clearStrikes(sensor) : [];
    return { outcome: facts.length > 0 ? 'events' : 'normal', facts };
  }
  const strike = { place: `${topic}-${partition} ${record.offset}`, readAtMs: readAtMs(parsed, record) };
  const facts = parsed.abnormal.filter((type) => !sensor.open.has(type)).flatMap((type) => foldAbnormal(sensor, type, strike, policy));
  return facts.length > 0 ? { outcome: 'events', facts } : { outcome: 'ignored alarm-open', facts: [] };
}

function foldAbnormal(sensor: Sensor, type: AlarmType, strike: Strike, { n, windowMs }: Outputs['policy']): string[] {
  if (type === 'motion') {
    sensor.open.add(type);
    return [alarmFact(type, [strike.place])];
  }
  const strikes = [...(sensor.strikes.get(type) ?? []), strike];
  sensor.strikes.set(type, strikes);
  const together = countedTogether(strikes, strike.readAtMs, windowMs);
  const fact = strikeFact(type, together.length, n, strike.place);
  if (together.length < n) return [fact];
  sensor.strikes.delete(type);
  sensor.open.add(type);
  return [fact, alarmFact(type, together.map(({ place }) => place))];
}

/** A reading was kept as strike number `strike` of `of`. */
export function strikeFact(type: string, strike: number, of: number, place: string): string {
  return `StrikeRecorded ${type} ${strike} of ${of} by ${place}`;
}

/** An alarm opened, with this evidence in this order. */
export function alarmFact(type: string, places: readonly string[]): string {
  return `AlarmTriggered ${type} by ${places.join(' + ')}`;
}

/** The most strikes within one window that has `atMs` in it, of several such the earliest, by their times; all as they came without a window. */
function countedTogether(strikes: readonly Strike[], atMs: number, windowMs: number | null): readonly Strike[] {
  if (windowMs === null) return strikes;
  const byTime = strikes.toSorted((a, b) => a.readAtMs - b.readAtMs);
  const begins = byTime.map(({ readAtMs: each }) => each).filter((each) => each <= atMs && each >= atMs - windowMs);
  const windows = begins.map((from) => byTime.filter(({ readAtMs: each }) => each >= from && each <= from + windowMs));
  return windows.reduce((most, each) => (each.length > most.length ? each : most));
}

function clearStrikes({ strikes }: Sensor): string[] {
  const types = ALARM_TYPES.filter((type) => strikes.delete(type));
  return types.length > 0 ? [`StrikesCleared ${types.join('+')}`] : [];
}

/** ADR 4: the sensor's own time if it is plausible, else the log's. */
export function readAtMs({ atMs }: ParsedRecord, { appendedAtMs }: TopicRecord): number {
  const isPlausible = atMs !== null && atMs >= appendedAtMs - 86_400_000 && atMs <= appendedAtMs + 300_000;
  return isPlausible ? atMs : appendedAtMs;
}
