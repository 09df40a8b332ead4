import type { Outputs, OutputEvent } from './outputs.js';
import { ALARM_TYPES, parseRecord, type AlarmType } from './reference-parser.js';
import type { ExpectedRecord } from './reference-fold.js';

/**
 * P3 and P7 where the log does not tell the order in which a sensor's records were processed: its stream is a possible
 * history, and its alarms in the end are those of the readings that were appended after its last OK.
 */
export function checkStates({ events, policy }: Outputs, expected: readonly ExpectedRecord[]): string[] {
  const problems: string[] = [];
  const streams = new Set(events.map(({ stream }) => stream).filter((stream) => stream.startsWith('sensor-')));
  for (const sensorId of new Set([...expected.map((each) => each.sensorId), ...[...streams].map((stream) => Number(stream.slice('sensor-'.length)))])) {
    if (sensorId === null) continue;
    const records = expected.filter((each) => each.sensorId === sensorId);
    const { open, problems: impossible } = foldStream(events.filter(({ stream }) => stream === `sensor-${sensorId}`));
    problems.push(...impossible.map((what) => `sensor-${sensorId}: ${what}`));
    if (hasRepeats(records)) continue; // which of two was the first one is not told
    const after = readingsAfterLastOk(records);
    for (const type of ALARM_TYPES) {
      const count = after.get(type) ?? 0;
      const must = count >= (type === 'motion' ? 1 : policy.n);
      // Strikes from before a late OK may have completed an alarm with one from after it.
      const may = count > 0;
      if (must && !open.has(type)) problems.push(`sensor-${sensorId}: no ${type} alarm is open after ${count} readings of it since the last OK`);
      if (!may && open.has(type)) problems.push(`sensor-${sensorId}: a ${type} alarm is open without a reading of it since the last OK`);
    }
  }
  return problems;
}

function foldStream(events: readonly OutputEvent[]): { open: Set<unknown>; problems: string[] } {
  const open = new Set<unknown>();
  const problems: string[] = [];
  for (const { type, data } of events) {
    const alarmType = data['alarmType'];
    if (type === 'AlarmTriggered') {
      if (open.has(alarmType)) problems.push(`a second ${String(alarmType)} alarm while one is open`);
      open.add(alarmType);
    }
    if (type === 'AlarmRecovered' && !open.delete(alarmType)) problems.push(`a ${String(alarmType)} alarm recovers that is not open`);
  }
  return { open, problems };
}

function hasRepeats(records: readonly ExpectedRecord[]): boolean {
  const ids = records.map(({ record }) => parseRecord(record.value, record.headers)?.messageId ?? null).filter((id) => id !== null);
  return new Set(ids).size < ids.length;
}

function readingsAfterLastOk(records: readonly ExpectedRecord[]): Map<AlarmType, number> {
  const lastOk = Math.max(-1, ...records.filter(({ topic }) => topic === 'OK').map(({ record }) => record.order));
  const counts = new Map<AlarmType, number>();
  for (const { topic, record } of records) {
    if (topic !== 'ENTRY' || record.order < lastOk) continue;
    for (const type of parseRecord(record.value, record.headers)?.abnormal ?? []) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}
