import type { SensorCommands } from '../../alarm-life/sensor-commands.js';

/** Ends a shelving before its time. */
export class UnshelveSensor {
  constructor(
    readonly sensorId: number,
    readonly expected: readonly number[] | null,
    readonly operator: string,
  ) {}
}

export class UnshelveSensorHandler {
  constructor(private readonly commands: SensorCommands) {}

  /** Thrown: as by `SensorCommands.execute`. */
  async execute({ sensorId, expected, operator }: UnshelveSensor): Promise<void> {
    await this.commands.execute(sensorId, { type: 'unshelve', by: operator }, { expected });
  }
}
