import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { SensorShelved, SensorUnshelved, ShelvingReason } from '../alarm-domain/alarm-life-events.js';
import { assertNever } from '../alarm-domain/assert-never.js';
import type { Projection } from './projection.js';

/**
 * A sensor that has been shelved. `isShelved` is 0 once it is unshelved; `since` is when that shelving began, `eventId` the last
 * SensorShelved, under which its note is stored. `alarms`: how many opened meanwhile. `version` is what commands expect.
 */
export type ShelvedSensorRow = {
  readonly sensorId: number;
  readonly isShelved: 0 | 1;
  readonly since: string;
  readonly until: string;
  readonly by: string;
  readonly reason: ShelvingReason;
  readonly hasNote: 0 | 1;
  readonly eventId: string;
  readonly alarms: number;
  readonly version: number;
};

/** Which sensors are shelved, by sensor id; the others that ever were stay as they were last. Source: ADR 15. */
export const shelvedSensors: Projection<ShelvedSensorRow, (SensorShelved | SensorUnshelved | AlarmTriggered)['type']> = {
  name: 'shelved-sensors',
  version: 1,
  handles: ['SensorShelved', 'SensorUnshelved', 'AlarmTriggered'],
  columns: { sensorId: 'integer', isShelved: 'integer', since: 'text', until: 'text', by: 'text', reason: 'text', hasNote: 'integer', eventId: 'text', alarms: 'integer', version: 'integer' },
  indexes: [['isShelved', 'until'], ['isShelved', 'since']],

  keys: (event) => (event.type === 'AlarmTriggered' && event.data.shelvedUntil === undefined ? [] : [String(event.data.sensorId)]),

  project(row, event) {
    if (event.type === 'SensorShelved') return shelved(row, event);
    if (!row) throw new Error(`${event.type} of sensor ${event.data.sensorId} before its SensorShelved`);
    switch (event.type) {
      case 'SensorUnshelved':
        return { ...row, isShelved: 0, version: row.version + 1 };
      case 'AlarmTriggered':
        return { ...row, alarms: row.alarms + 1 };
      default:
        return assertNever(event);
    }
  },
};

/** A shelving that is given another time goes on. */
function shelved(row: ShelvedSensorRow | undefined, { id, data, metadata }: SensorShelved): ShelvedSensorRow {
  const { sensorId, until, by, reason, hasNote } = data;
  const isLonger = row?.isShelved === 1;
  return {
    sensorId,
    isShelved: 1,
    since: isLonger ? row.since : metadata.recordedAt,
    until,
    by,
    reason,
    hasNote: hasNote ? 1 : 0,
    eventId: id,
    alarms: isLonger ? row.alarms : 0,
    version: (row?.version ?? 0) + 1,
  };
}
