import type { SensorReturned, SensorWentSilent } from '../alarm-domain/alarm-life-events.js';
import type { Projection } from './projection.js';

/** A sensor that has grown silent; `isSilent` is 0 once it has returned. `since`: when that was noted. */
export type SilentSensorRow = {
  readonly sensorId: number;
  readonly isSilent: 0 | 1;
  readonly since: string;
  readonly intervalMs: number;
  readonly silentForMs: number;
};

/** Which sensors are silent, by sensor id; the others that ever were stay as they were last. Source: ADR 17. */
export const silentSensors: Projection<SilentSensorRow, (SensorWentSilent | SensorReturned)['type']> = {
  name: 'silent-sensors',
  version: 1,
  handles: ['SensorWentSilent', 'SensorReturned'],
  columns: { sensorId: 'integer', isSilent: 'integer', since: 'text', intervalMs: 'integer', silentForMs: 'integer' },
  indexes: [['isSilent', 'since']],

  keys: (event) => [String(event.data.sensorId)],

  project(row, event) {
    if (event.type === 'SensorWentSilent') return { ...event.data, isSilent: 1, since: event.metadata.recordedAt };
    if (!row) throw new Error(`SensorReturned of sensor ${event.data.sensorId} before its SensorWentSilent`);
    return { ...row, isSilent: 0 };
  },
};
