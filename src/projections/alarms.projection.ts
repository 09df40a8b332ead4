import type { AlarmRecovered, AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { assertNever } from '../alarm-domain/assert-never.js';
import { NOTIFICATION_EVENT_TYPES, type NotificationEvent } from '../alarm-domain/notification-events.js';
import type { AlarmType } from '../alarm-domain/reading.js';
import type { Projection } from './projection.js';

/** `held`: the e-mail waits for an operator's leave; `parked`: no attempt is made without one. */
export type EmailState = 'pending' | 'sent' | 'held' | 'parked';

/** `evidence` and `policy` are JSON as in AlarmTriggered; `attempts`, `reason` (of the last failure) and `possibleDuplicate` (0 or 1) are the e-mail's. */
export type AlarmRow = {
  readonly alarmId: string;
  readonly sensorId: number;
  readonly type: AlarmType;
  readonly status: 'open' | 'recovered';
  readonly triggeredAt: string;
  readonly recoveredAt: string | null;
  readonly evidence: string;
  readonly policy: string;
  readonly email: EmailState;
  readonly attempts: number;
  readonly reason: string | null;
  readonly possibleDuplicate: 0 | 1;
};

/** Every alarm there was, with the state of its e-mail, by alarm id. Source: R4, R5. */
export const alarms: Projection<AlarmRow, (AlarmTriggered | AlarmRecovered | NotificationEvent)['type']> = {
  name: 'alarms',
  version: 1,
  handles: ['AlarmTriggered', 'AlarmRecovered', ...NOTIFICATION_EVENT_TYPES],
  columns: {
    alarmId: 'text',
    sensorId: 'integer',
    type: 'text',
    status: 'text',
    triggeredAt: 'text',
    recoveredAt: 'text or null',
    evidence: 'text',
    policy: 'text',
    email: 'text',
    attempts: 'integer',
    reason: 'text or null',
    possibleDuplicate: 'integer',
  },
  indexes: [['triggeredAt'], ['type', 'triggeredAt'], ['status', 'triggeredAt'], ['sensorId', 'triggeredAt', 'type'], ['email']],

  keys: (event) => [event.data.alarmId],

  project(row, event) {
    if (event.type === 'AlarmTriggered') return opened(event);
    if (!row) throw new Error(`${event.type} of alarm ${event.data.alarmId} before its AlarmTriggered`);
    switch (event.type) {
      case 'AlarmRecovered':
        return { ...row, status: 'recovered', recoveredAt: event.data.recoveredAt };
      case 'NotificationRequested':
      case 'NotificationRequeued':
        return { ...row, email: 'pending' };
      case 'NotificationClaimed': {
        const { attempt, possibleDuplicate } = event.data;
        return { ...row, attempts: attempt, possibleDuplicate: possibleDuplicate ? 1 : row.possibleDuplicate };
      }
      case 'NotificationSent':
        return { ...row, email: 'sent', attempts: event.data.attempt, possibleDuplicate: event.data.possibleDuplicate ? 1 : row.possibleDuplicate };
      case 'NotificationFailed':
        return { ...row, email: 'pending', attempts: event.data.attempt, reason: event.data.reason };
      case 'NotificationParked':
        return { ...row, email: 'parked', attempts: event.data.attempt, reason: event.data.reason };
      case 'NotificationCompleted':
        return { ...row, email: 'sent' };
      default:
        return assertNever(event);
    }
  },
};

function opened({ data }: AlarmTriggered): AlarmRow {
  return {
    alarmId: data.alarmId,
    sensorId: data.sensorId,
    type: data.alarmType,
    status: 'open',
    triggeredAt: data.triggeredAt,
    recoveredAt: null,
    evidence: JSON.stringify(data.evidence),
    policy: JSON.stringify(data.policy),
    email: 'pending',
    attempts: 0,
    reason: null,
    possibleDuplicate: 0,
  };
}
