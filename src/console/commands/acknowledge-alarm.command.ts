import type { OperatorActions } from '../../alarm-life/operator-actions.js';
import type { AlarmReads } from '../../projections/alarm-reads.js';
import type { AcknowledgementBy } from '../request-schemas.js';
import type { AlarmVersion } from '../response-schemas.js';
import { sensorOfAlarm } from './sensor-of-alarm.js';

/** An operator has seen an alarm. */
export class AcknowledgeAlarm {
  constructor(
    readonly alarmId: string,
    readonly expected: readonly number[] | null,
    readonly request: AcknowledgementBy,
  ) {}
}

export class AcknowledgeAlarmHandler {
  constructor(
    private readonly alarms: AlarmReads,
    private readonly actions: OperatorActions,
  ) {}

  /** Thrown: `RequestRefused` with 404; as by `OperatorActions.act`. */
  async execute({ alarmId, expected, request }: AcknowledgeAlarm): Promise<AlarmVersion> {
    const { operator: by, note = null } = request;
    const sensorId = await sensorOfAlarm(this.alarms, alarmId);
    const { version } = await this.actions.act({ sensorId, command: { type: 'acknowledge', alarmId, by, hasNote: note !== null }, expected, note });
    return { alarmId, version };
  }
}
