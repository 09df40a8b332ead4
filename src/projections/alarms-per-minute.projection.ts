import type { AlarmType } from '../alarm-domain/reading.js';
import type { Projection } from './projection.js';

/** `{"minute":"2025-11-24T03:55:00.000Z","type":"smoke","count":4}` */
export type AlarmsPerMinuteRow = {
  readonly minute: string;
  readonly type: AlarmType;
  readonly count: number;
};

/** How many alarms of each type there were in each minute, by the time of the reading that triggered them. Source: R6. */
export const alarmsPerMinute: Projection<AlarmsPerMinuteRow, 'AlarmTriggered'> = {
  name: 'alarms-per-minute',
  version: 1,
  handles: ['AlarmTriggered'],
  columns: { minute: 'text', type: 'text', count: 'integer' },
  indexes: [['minute', 'type']],

  keys: ({ data }) => [`${minuteOf(data.triggeredAt)} ${data.alarmType}`],

  project: (row, { data }) => ({ minute: minuteOf(data.triggeredAt), type: data.alarmType, count: (row?.count ?? 0) + 1 }),
};

/** `2025-11-24T03:55:28.770Z` → `2025-11-24T03:55:00.000Z` */
export function minuteOf(isoTime: string): string {
  return `${isoTime.slice(0, 16)}:00.000Z`;
}
