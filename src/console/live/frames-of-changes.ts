import type { Position, RecordedEvent } from '../../event-store/event-store.js';
import type { AlarmReads } from '../../projections/alarm-reads.js';
import type { LiveFrame } from './live-frame.js';

/** The events after which an alarm or the list of shelved sensors looks different. */
export const CHANGES = [
  'AlarmTriggered', 'AlarmRecovered', 'AlarmAcknowledged', 'AlarmCommented', 'SensorShelved', 'SensorUnshelved',
  'NotificationSent', 'NotificationParked', 'NotificationRequeued',
] as const;
const MAP_CHANGES: ReadonlySet<string> = new Set(['AlarmTriggered', 'AlarmRecovered']);

/** One frame for each alarm that changed, as it is now, then what else is to be read again. */
export async function framesOfChanges(events: readonly RecordedEvent[], alarms: Pick<AlarmReads, 'get'>): Promise<LiveFrame[]> {
  const last = events.at(-1)?.position;
  if (last === undefined) return [];
  const lastOf = new Map<string, Position>();
  for (const event of events) {
    for (const alarmId of alarmsIn(event)) {
      lastOf.delete(alarmId);
      lastOf.set(alarmId, event.position);
    }
  }
  const opened = new Set(events.filter(({ type }) => type === 'AlarmTriggered').flatMap(alarmsIn));
  const frames: LiveFrame[] = [];
  for (const [alarmId, id] of lastOf) {
    const alarm = await alarms.get(alarmId);
    if (alarm === null) continue;
    // Evidence makes most of an alarm's size, and a list shows none of it.
    const { evidence: _evidence, policy: _policy, ...summary } = alarm;
    frames.push({ event: 'alarm', id, data: { ...summary, isNew: opened.has(alarmId) } });
  }
  const types = events.map(({ type }) => type);
  if (types.some((type) => MAP_CHANGES.has(type))) frames.push({ event: 'map', id: last, data: {} });
  if (types.includes('AlarmTriggered')) frames.push({ event: 'counts', id: last, data: {} });
  if (events.some(changesShelved)) frames.push({ event: 'shelved', id: last, data: {} });
  return frames;
}

function alarmsIn({ type, data }: RecordedEvent): readonly string[] {
  if (type === 'SensorShelved') return [];
  return type === 'SensorUnshelved' ? (data as { emailsOwed: string[] }).emailsOwed : [(data as { alarmId: string }).alarmId];
}

/** An alarm that opened meanwhile is counted in the list of shelved sensors. */
function changesShelved({ type, data }: RecordedEvent): boolean {
  return type === 'SensorShelved' || type === 'SensorUnshelved' || (type === 'AlarmTriggered' && 'shelvedUntil' in data);
}
