import type { OperatorActions } from '../../alarm-life/operator-actions.js';

/** Ends a shelving before its time. */
export class UnshelveSensor {
  constructor(
    readonly sensorId: number,
    readonly expected: readonly number[] | null,
    readonly operator: string,
  ) {}
}

export class UnshelveSensorHandler {
  constructor(private readonly actions: OperatorActions) {}

  /** Thrown: as by `OperatorActions.act`. */
  async execute({ sensorId, expected, operator }: UnshelveSensor): Promise<void> {
    await this.actions.act({ sensorId, command: { type: 'unshelve', by: operator }, expected, note: null });
  }
}
