import type { Outputs, OutputEvent } from './outputs.js';
import { evidenceOf, placeOf, type Place } from './check-evidence.js';
import { alarmFact, strikeFact, type ExpectedRecord } from './reference-fold.js';

const FOLDED = new Set(['StrikeRecorded', 'AlarmTriggered', 'AlarmRecovered', 'StrikesCleared']);

/** P3, P7 and the rules: each sensor's stream is what its records come to in their order. */
export function checkStreams(outputs: Outputs, expected: readonly ExpectedRecord[]): string[] {
  const problems: string[] = [];
  const owed = new Map<string, string[]>();
  for (const { sensorId, topic, partition, record, facts } of expected) {
    if (facts.length > 0) push(owed, `sensor-${sensorId}`, groupOf(`${topic}-${partition} ${record.offset}`, facts));
  }
  const given = new Map<string, { place: string; facts: string[] }[]>();
  for (const event of outputs.events) {
    if (!event.stream.startsWith('sensor-') || !FOLDED.has(event.type)) continue;
    const place = placeOf(event.metadata['source'] as Place);
    const groups = given.get(event.stream) ?? [];
    given.set(event.stream, groups);
    if (groups.at(-1)?.place === place) groups.at(-1)?.facts.push(factOf(event));
    else groups.push({ place, facts: [factOf(event)] });
  }
  for (const stream of new Set([...owed.keys(), ...given.keys()])) {
    const [is, should] = [(given.get(stream) ?? []).map(({ place, facts }) => groupOf(place, facts)), owed.get(stream) ?? []];
    const at = should.findIndex((group, index) => is[index] !== group);
    if (at >= 0 || is.length > should.length) problems.push(`${stream}: event ${at < 0 ? should.length : at} is ${is[at < 0 ? should.length : at] ?? 'missing'}, expected ${should[at] ?? 'none'}`);
  }
  return problems;
}

function groupOf(place: string, facts: readonly string[]): string {
  return `${place}: ${[...facts].sort().join(', ')}`;
}

function factOf(event: OutputEvent): string {
  const { type, data } = event;
  const places = evidenceOf(event).map(({ source }) => placeOf(source));
  if (type === 'StrikeRecorded') return strikeFact(String(data['alarmType']), Number(data['strike']), Number(data['of']), String(places[0]));
  if (type === 'AlarmTriggered') return alarmFact(String(data['alarmType']), places);
  return `${type} ${type === 'StrikesCleared' ? (data['alarmTypes'] as string[]).join('+') : String(data['alarmType'])}`;
}

function push<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
