import { ALARM_TYPES, EMAIL_STATES, type AlarmSummary } from '../api.js';

export const COLUMNS = ['type', 'age', 'zone', 'sensor', 'customer', 'email'] as const;
export type Column = (typeof COLUMNS)[number];

export interface Sorting {
  readonly column: Column;
  readonly isDescending: boolean;
}

/** By age the server sorts; by anything else what is loaded is sorted here, and what is the same stays by age. */
export function sorted(alarms: readonly AlarmSummary[], { column, isDescending }: Sorting, names: ReadonlyMap<string, string>): readonly AlarmSummary[] {
  if (column === 'age') return alarms;
  const sign = isDescending ? -1 : 1;
  return [...alarms].sort((a, b) => sign * compare(keyOf(a, column, names), keyOf(b, column, names)));
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

function keyOf(alarm: AlarmSummary, column: Exclude<Column, 'age'>, names: ReadonlyMap<string, string>): string | number {
  switch (column) {
    case 'type':
      return ALARM_TYPES.indexOf(alarm.type);
    case 'zone':
      return alarm.zone ?? '';
    case 'sensor':
      return Number(alarm.sensorId);
    case 'customer':
      return names.get(alarm.sensorId) ?? '';
    case 'email':
      return EMAIL_STATES.indexOf(alarm.email);
  }
}
