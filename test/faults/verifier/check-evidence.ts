import type { Outputs, OutputEvent } from './outputs.js';
import { readAtMs, type ExpectedRecord } from './reference-fold.js';
import { parseRecord } from './reference-parser.js';

/** Where a record is in the log. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

interface Evidence {
  readonly source: Place;
  readonly readAt: string;
  readonly receivedAt: string;
}

/** `ENTRY-0 12`. */
export function placeOf({ topic, partition, offset }: Place): string {
  return `${topic}-${partition} ${offset}`;
}

/** The readings by which an event came about, as it tells them; none of other events. */
export function evidenceOf({ type, data }: OutputEvent): readonly Evidence[] {
  if (type === 'AlarmTriggered') return (data['evidence'] ?? []) as Evidence[];
  return (type === 'StrikeRecorded' || type === 'ReadingNoted') && data['evidence'] ? [data['evidence'] as Evidence] : [];
}

/**
 * P3, R2, R3, R6: what an event tells of readings is as the log has it, whatever the order of processing: an alarm has the readings that
 * make one, the time of the one that completed it, and the policy that is in force; a recovery has the time of its OK.
 *
 * `expected`: at least the OKs and the readings that are abnormal.
 */
export function checkEvidence({ events, policy }: Outputs, expected: readonly ExpectedRecord[]): string[] {
  const records = new Map(expected.map((each) => [placeOf({ ...each, offset: each.record.offset }), each]));
  return events.filter(({ stream }) => stream.startsWith('sensor-')).flatMap((event) => {
    const { stream, type, revision } = event;
    return [...checkReadings(event, records), ...checkTime(event, records), ...checkAlarm(event, policy)].map((what) => `${stream}: ${type} ${revision} ${what}`);
  });
}

type Records = ReadonlyMap<string, ExpectedRecord>;

function checkReadings(event: OutputEvent, records: Records): string[] {
  return evidenceOf(event).flatMap(({ source, readAt, receivedAt }) => {
    const place = placeOf(source);
    const reading = source.topic === 'ENTRY' ? records.get(place) : undefined;
    const parsed = reading && parseRecord(reading.record.value, reading.record.headers);
    if (!reading || !parsed) return [`has ${place}, which is no abnormal reading`];
    const { sensorId, abnormal } = parsed;
    const type = String(event.data['alarmType']);
    const times = [iso(readAtMs(parsed, reading.record)), iso(reading.record.appendedAtMs)];
    return [
      ...(event.stream === `sensor-${sensorId}` && (abnormal as string[]).includes(type) ? [] : [`has ${place}, which speaks for no ${type} there`]),
      ...(times.join() === `${readAt},${receivedAt}` ? [] : [`says that ${place} was read at ${readAt}, received at ${receivedAt}, expected ${times.join(' and ')}`]),
    ];
  });
}

function checkTime(event: OutputEvent, records: Records): string[] {
  const { type, data, metadata } = event;
  const source = metadata['source'] as Place | undefined;
  if (source === undefined || (type !== 'AlarmTriggered' && type !== 'AlarmRecovered')) return [];
  const evidence = evidenceOf(event);
  if (type === 'AlarmTriggered') {
    // Where an OK is handled after a reading that came later, the alarm is the OK's event; without a window its last reading is told last.
    const completing = evidence.find((each) => placeOf(each.source) === placeOf(source)) ?? evidence.at(-1);
    return data['triggeredAt'] === completing?.readAt ? [] : [`says ${String(data['triggeredAt'])}, expected ${completing?.readAt ?? 'evidence'}`];
  }
  const ok = records.get(placeOf(source));
  const parsed = ok && parseRecord(ok.record.value, ok.record.headers);
  const should = ok && parsed ? iso(readAtMs(parsed, ok.record)) : 'an OK';
  return data['recoveredAt'] === should ? [] : [`says ${String(data['recoveredAt'])}, expected ${should}`];
}

function checkAlarm(event: OutputEvent, policy: Outputs['policy']): string[] {
  const { type, data } = event;
  if (type !== 'AlarmTriggered' && type !== 'ReadingNoted') return [];
  const said = data['policy'] as Partial<Outputs['policy']> | undefined;
  const hasPolicy = said?.n === policy.n && said.windowMs === policy.windowMs && said.clearOnNormal === policy.clearOnNormal;
  const problems = hasPolicy ? [] : [`has the policy ${JSON.stringify(said)}, expected ${JSON.stringify(policy)}`];
  if (type === 'ReadingNoted') return problems;
  const evidence = evidenceOf(event);
  const wanted = data['alarmType'] === 'motion' ? 1 : policy.n;
  const places = new Set(evidence.map(({ source }) => placeOf(source)));
  if (places.size !== wanted || evidence.length !== wanted) problems.push(`has ${evidence.length} readings, ${places.size} of them different, expected ${wanted}`);
  const times = evidence.map(({ readAt }) => Date.parse(readAt));
  if (policy.windowMs !== null && Math.max(...times) - Math.min(...times) > policy.windowMs) problems.push('has readings that are further apart than the window');
  return problems;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
