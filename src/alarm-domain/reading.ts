/** What a sensor measured, and the word of the field for what is wrong in it. */

export const ALARM_TYPES = ['motion', 'smoke', 'temperature'] as const;
export type AlarmType = (typeof ALARM_TYPES)[number];

/**
 * One reading of one sensor, in canonical form.
 *
 * `sensorId` is an int32 ≥ 0 (`"042959"` is 42959); temperatures are in degrees Celsius.
 * Source: mission, "The message".
 */
export interface Reading {
  readonly sensorId: number;
  readonly movement: boolean;
  readonly smoke: boolean;
  readonly temperatureCelsius: number;
  readonly maxTemperatureCelsius: number;
}

/** The types of alarm that a reading speaks for, in the order of `ALARM_TYPES`; none when it is normal. Source: R1. */
export function abnormalTypes(reading: Reading): readonly AlarmType[] {
  const types: AlarmType[] = [];
  if (reading.movement) types.push('motion');
  if (reading.smoke) types.push('smoke');
  if (reading.temperatureCelsius > reading.maxTemperatureCelsius) types.push('temperature');
  return types;
}
