import { ALARM_LIFE_EVENT_TYPES, type AlarmLifeEvent, type ShelvingReason } from '../alarm-domain/alarm-life-events.js';
import { assertNever } from '../alarm-domain/assert-never.js';
import type { AlarmType } from '../alarm-domain/reading.js';
import type { Projection } from './projection.js';

/** What an event of alarm life is about; of a sensor's shelvings the last one up to a time says whether it was shelved then, and so of its silences. */
export type LifeSubject = 'alarm' | 'shelving' | 'silence';

/** `by` is null for what time brought; `hasNote` is 1 when a note was stored under the event's id. What a type has not is null. */
export type LifeEventRow = {
  readonly type: AlarmLifeEvent['type'];
  readonly subject: LifeSubject;
  readonly sensorId: number;
  readonly recordedAt: string;
  readonly alarmId: string | null;
  readonly alarmType: AlarmType | null;
  readonly by: string | null;
  readonly reason: ShelvingReason | null;
  readonly until: string | null;
  readonly silentForMs: number | null;
  readonly hasNote: 0 | 1;
};

/** What operators did and time brought, event by event, by the event's id: how auditors step through it, and what was shelved or silent at a time. */
export const lifeEvents: Projection<LifeEventRow, AlarmLifeEvent['type']> = {
  name: 'life-events',
  version: 1,
  handles: ALARM_LIFE_EVENT_TYPES,
  columns: {
    type: 'text', subject: 'text', sensorId: 'integer', recordedAt: 'text', alarmId: 'text or null', alarmType: 'text or null', by: 'text or null', reason: 'text or null', until: 'text or null',
    silentForMs: 'integer or null', hasNote: 'integer',
  },
  indexes: [['recordedAt'], ['sensorId', 'subject', 'recordedAt'], ['alarmId', 'recordedAt']],

  keys: ({ id }) => [id],

  project: (_row, event) => ({ ...NOTHING, type: event.type, sensorId: event.data.sensorId, recordedAt: event.metadata.recordedAt, ...factsOf(event) }),
};

const NOTHING = { alarmId: null, alarmType: null, by: null, reason: null, until: null, silentForMs: null, hasNote: 0 } as const;

function factsOf(event: AlarmLifeEvent): Partial<LifeEventRow> & Pick<LifeEventRow, 'subject'> {
  switch (event.type) {
    case 'AlarmAcknowledged':
    case 'AlarmCommented': {
      const { alarmId, alarmType, by } = event.data;
      return { subject: 'alarm', alarmId, alarmType, by, hasNote: event.type === 'AlarmCommented' || event.data.hasNote ? 1 : 0 };
    }
    case 'SensorShelved': {
      const { by, reason, until, hasNote } = event.data;
      return { subject: 'shelving', by, reason, until, hasNote: hasNote ? 1 : 0 };
    }
    case 'SensorUnshelved':
      return { subject: 'shelving', by: event.data.by };
    case 'SensorWentSilent':
      return { subject: 'silence', silentForMs: event.data.silentForMs };
    case 'SensorReturned':
      return { subject: 'silence' };
    default:
      return assertNever(event);
  }
}
