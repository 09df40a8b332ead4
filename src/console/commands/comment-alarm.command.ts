import type { OperatorActions } from '../../alarm-life/operator-actions.js';
import type { AlarmReads } from '../../projections/alarm-reads.js';
import type { CommentBy } from '../request-schemas.js';
import type { AlarmVersion } from '../response-schemas.js';
import { sensorOfAlarm } from './sensor-of-alarm.js';

/** An operator writes a note about an alarm. */
export class CommentAlarm {
  constructor(
    readonly alarmId: string,
    readonly expected: readonly number[] | null,
    readonly request: CommentBy,
  ) {}
}

export class CommentAlarmHandler {
  constructor(
    private readonly alarms: AlarmReads,
    private readonly actions: OperatorActions,
  ) {}

  /** Thrown: `RequestRefused` with 404; as by `OperatorActions.act`. */
  async execute({ alarmId, expected, request }: CommentAlarm): Promise<AlarmVersion> {
    const { operator: by, note } = request;
    const sensorId = await sensorOfAlarm(this.alarms, alarmId);
    const { version } = await this.actions.act({ sensorId, command: { type: 'comment', alarmId, by }, expected, note });
    return { alarmId, version };
  }
}
