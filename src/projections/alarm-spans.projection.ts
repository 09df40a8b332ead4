import type { AlarmRecovered, AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { AlarmAcknowledged } from '../alarm-domain/alarm-life-events.js';
import { assertNever } from '../alarm-domain/assert-never.js';
import type { AlarmType } from '../alarm-domain/reading.js';
import type { Projection } from './projection.js';

/** From when to when an alarm was known to be open, by the times of recording; `triggeredAt` is that of the reading, as everywhere. */
export type AlarmSpanRow = {
  readonly alarmId: string;
  readonly sensorId: number;
  readonly type: AlarmType;
  readonly triggeredAt: string;
  readonly openedAt: string;
  readonly endedAt: string | null;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
};

/** Every alarm as auditors ask for it: what was known at a time. Apart from `alarms`, so that its rows are small and its times are those of recording. */
export const alarmSpans: Projection<AlarmSpanRow, (AlarmTriggered | AlarmRecovered | AlarmAcknowledged)['type']> = {
  name: 'alarm-spans',
  version: 1,
  handles: ['AlarmTriggered', 'AlarmRecovered', 'AlarmAcknowledged'],
  columns: {
    alarmId: 'text', sensorId: 'integer', type: 'text', triggeredAt: 'text', openedAt: 'text', endedAt: 'text or null', acknowledgedAt: 'text or null', acknowledgedBy: 'text or null',
  },
  indexes: [['openedAt', 'endedAt'], ['endedAt', 'openedAt']],

  keys: ({ data }) => [data.alarmId],

  project(row, event) {
    if (event.type === 'AlarmTriggered') return opened(event);
    if (!row) throw new Error(`${event.type} of alarm ${event.data.alarmId} before its AlarmTriggered`);
    switch (event.type) {
      case 'AlarmRecovered':
        return { ...row, endedAt: event.metadata.recordedAt };
      case 'AlarmAcknowledged':
        return { ...row, acknowledgedAt: event.metadata.recordedAt, acknowledgedBy: event.data.by };
      default:
        return assertNever(event);
    }
  },
};

function opened({ data: { alarmId, sensorId, alarmType, triggeredAt }, metadata }: AlarmTriggered): AlarmSpanRow {
  return { alarmId, sensorId, type: alarmType, triggeredAt, openedAt: metadata.recordedAt, endedAt: null, acknowledgedAt: null, acknowledgedBy: null };
}
