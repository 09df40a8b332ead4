import { assertNever } from '../../alarm-domain/assert-never.js';
import type { AlarmType } from '../../alarm-domain/reading.js';
import type { Projection } from '../projection.js';

/**
 * Whether a sensor has an open alarm of a type. `changedAt` is the recorder's clock at the last change, never
 * before the one before; `changes` counts them: both together order a sensor's changes, whatever the recorders' clocks.
 */
export type SensorStateRow = {
  readonly sensorId: number;
  readonly type: AlarmType;
  readonly active: 0 | 1;
  readonly changedAt: string;
  readonly changes: number;
};

/** What InfluxDB's `sensor_state` is made from, by sensor and type. Source: R4, R5, ADR 12. */
export const sensorState: Projection<SensorStateRow, 'AlarmTriggered' | 'AlarmRecovered'> = {
  name: 'influx-sensor-state',
  version: 1,
  handles: ['AlarmTriggered', 'AlarmRecovered'],
  columns: { sensorId: 'integer', type: 'text', active: 'integer', changedAt: 'text', changes: 'integer' },
  indexes: [],

  keys: ({ data }) => [`${data.sensorId} ${data.alarmType}`],

  project(row, event) {
    const { sensorId, alarmType: type } = event.data;
    const { recordedAt } = event.metadata;
    const changedAt = row && row.changedAt > recordedAt ? row.changedAt : recordedAt;
    const change = { sensorId, type, changedAt, changes: (row?.changes ?? 0) + 1 };
    switch (event.type) {
      case 'AlarmTriggered':
        return { ...change, active: 1 };
      case 'AlarmRecovered':
        return { ...change, active: 0 };
      default:
        return assertNever(event);
    }
  },
};
