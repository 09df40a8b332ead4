import type { AlarmRecovered, AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { AlarmAcknowledged, AlarmCommented, SensorUnshelved } from '../alarm-domain/alarm-life-events.js';
import { assertNever } from '../alarm-domain/assert-never.js';
import { NOTIFICATION_EVENT_TYPES, type NotificationEvent } from '../alarm-domain/notification-events.js';
import type { AlarmType } from '../alarm-domain/reading.js';
import type { Projection } from './projection.js';

/**
 * `held`: the sensor is shelved, and the e-mail goes when that ends while the alarm is open; `withheld`: the alarm recovered
 * before, so none goes; `parked`: no attempt is made without an operator.
 */
export const EMAIL_STATES = ['pending', 'sent', 'held', 'withheld', 'parked'] as const;
export type EmailState = (typeof EMAIL_STATES)[number];

/**
 * An alarm stands (`isStanding`, 0 or 1) while it is open or nobody has acknowledged it. `version` is what commands about it
 * expect (`OperatedAlarm`). `evidence` and `policy` are JSON as in AlarmTriggered; `attempts`, `reason` (of the last failure) and
 * `possibleDuplicate` (0 or 1) are the e-mail's.
 */
export type AlarmRow = {
  readonly alarmId: string;
  readonly sensorId: number;
  readonly type: AlarmType;
  readonly status: 'open' | 'recovered';
  readonly triggeredAt: string;
  readonly recoveredAt: string | null;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly isStanding: 0 | 1;
  readonly comments: number;
  readonly version: number;
  readonly evidence: string;
  readonly policy: string;
  readonly email: EmailState;
  readonly attempts: number;
  readonly reason: string | null;
  readonly possibleDuplicate: 0 | 1;
};

type AlarmsEvent = AlarmTriggered | AlarmRecovered | AlarmAcknowledged | AlarmCommented | SensorUnshelved | NotificationEvent;

/** Every alarm there was, with what operators did and the state of its e-mail, by alarm id. Source: R4, R5; ADR 15. */
export const alarms: Projection<AlarmRow, AlarmsEvent['type']> = {
  name: 'alarms',
  version: 2,
  handles: ['AlarmTriggered', 'AlarmRecovered', 'AlarmAcknowledged', 'AlarmCommented', 'SensorUnshelved', ...NOTIFICATION_EVENT_TYPES],
  columns: {
    alarmId: 'text',
    sensorId: 'integer',
    type: 'text',
    status: 'text',
    triggeredAt: 'text',
    recoveredAt: 'text or null',
    acknowledgedAt: 'text or null',
    acknowledgedBy: 'text or null',
    isStanding: 'integer',
    comments: 'integer',
    version: 'integer',
    evidence: 'text',
    policy: 'text',
    email: 'text',
    attempts: 'integer',
    reason: 'text or null',
    possibleDuplicate: 'integer',
  },
  indexes: [['triggeredAt'], ['type', 'triggeredAt'], ['status', 'triggeredAt'], ['isStanding', 'triggeredAt'], ['acknowledgedAt', 'triggeredAt'], ['sensorId', 'triggeredAt', 'type'], ['email']],

  keys: (event) => (event.type === 'SensorUnshelved' ? event.data.emailsOwed : [event.data.alarmId]),

  project(row, event, alarmId) {
    if (event.type === 'AlarmTriggered') return opened(event);
    if (!row) throw new Error(`${event.type} of alarm ${alarmId} before its AlarmTriggered`);
    const version = row.version + 1;
    switch (event.type) {
      case 'AlarmRecovered': {
        const isStanding = row.acknowledgedAt === null ? 1 : 0;
        return { ...row, version, status: 'recovered', recoveredAt: event.data.recoveredAt, isStanding, email: row.email === 'held' ? 'withheld' : row.email };
      }
      case 'AlarmAcknowledged': {
        const isStanding = row.status === 'open' ? 1 : 0;
        return { ...row, version, acknowledgedAt: event.metadata.recordedAt, acknowledgedBy: event.data.by, isStanding };
      }
      case 'AlarmCommented':
        return { ...row, version, comments: row.comments + 1 };
      case 'SensorUnshelved':
        return { ...row, email: 'pending' };
      case 'NotificationRequested':
        // A restore claims those that are held, too: they may have gone after the backup.
        return { ...row, email: row.email === 'held' ? 'held' : 'pending' };
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
    acknowledgedAt: null,
    acknowledgedBy: null,
    isStanding: 1,
    comments: 0,
    version: 1,
    evidence: JSON.stringify(data.evidence),
    policy: JSON.stringify(data.policy),
    email: data.shelvedUntil === undefined ? 'pending' : 'held',
    attempts: 0,
    reason: null,
    possibleDuplicate: 0,
  };
}
