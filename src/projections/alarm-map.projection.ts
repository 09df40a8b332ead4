import { assertNever } from '../alarm-domain/assert-never.js';
import { ALARM_TYPES, type AlarmType } from '../alarm-domain/reading.js';
import type { Projection } from './projection.js';

/** A sensor that has had an alarm. `openTypes`: `"motion,smoke"`, in the order of `ALARM_TYPES`, empty when inactive. `since`: when it got its state. */
export type AlarmMapRow = {
  readonly sensorId: number;
  readonly state: 'active' | 'inactive';
  readonly openTypes: string;
  readonly since: string;
};

/** State of each sensor on the map, by sensor id. Sensors that never had an alarm have no row. Source: R4, R5. */
export const alarmMap: Projection<AlarmMapRow, 'AlarmTriggered' | 'AlarmRecovered'> = {
  name: 'alarm-map',
  version: 1,
  handles: ['AlarmTriggered', 'AlarmRecovered'],
  columns: { sensorId: 'integer', state: 'text', openTypes: 'text', since: 'text' },
  indexes: [['state', 'sensorId'], ['sensorId']],

  keys: (event) => [String(event.data.sensorId)],

  project(row, event) {
    const { sensorId, alarmType } = event.data;
    const open = openTypesOf(row);
    switch (event.type) {
      case 'AlarmTriggered':
        open.add(alarmType);
        return { sensorId, state: 'active', openTypes: inOrder(open), since: row?.state === 'active' ? row.since : event.data.triggeredAt };
      case 'AlarmRecovered':
        open.delete(alarmType);
        if (row && open.size > 0) return { ...row, openTypes: inOrder(open) };
        return { sensorId, state: 'inactive', openTypes: '', since: event.data.recoveredAt };
      default:
        return assertNever(event);
    }
  },
};

/** The types of a row, none for a sensor without one. */
export function openTypesOf(row: Pick<AlarmMapRow, 'openTypes'> | undefined): Set<AlarmType> {
  return new Set(ALARM_TYPES.filter((type) => row?.openTypes.split(',').includes(type)));
}

function inOrder(types: ReadonlySet<AlarmType>): string {
  return ALARM_TYPES.filter((type) => types.has(type)).join(',');
}
