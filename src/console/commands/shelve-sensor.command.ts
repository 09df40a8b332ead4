import type { OperatorActions } from '../../alarm-life/operator-actions.js';
import type { ShelvingBy } from '../request-schemas.js';

/** Holds the e-mails of a sensor's new alarms back until a time. */
export class ShelveSensor {
  constructor(
    readonly sensorId: number,
    readonly expected: readonly number[] | null,
    readonly request: ShelvingBy,
  ) {}
}

export class ShelveSensorHandler {
  constructor(private readonly actions: OperatorActions) {}

  /** Thrown: as by `OperatorActions.act`. */
  async execute({ sensorId, expected, request }: ShelveSensor): Promise<void> {
    const { operator: by, reason, until, note = null } = request;
    await this.actions.act({ sensorId, command: { type: 'shelve', by, reason, until, hasNote: note !== null }, expected, note });
  }
}
