import type { Outputs } from './outputs.js';

/** ADR 17: of a sensor that is not heard of an event tells in time, as of its return, and of no other one. Asks for the times at which events were stored. */
export function checkSilence({ events, silence }: Outputs): string[] {
  if (silence === undefined) return [];
  return silence.sensors.flatMap((sensor) => {
    const told = events.filter(({ stream, type }) => stream === `sensor-${sensor}` && (type === 'SensorWentSilent' || type === 'SensorReturned'));
    const since = told.filter(({ storedAtMs }) => (storedAtMs as number) >= silence.fromMs);
    const isSilent = told.at(-1)?.type === 'SensorWentSilent';
    if (sensor !== silence.silent) return isSilent || since.length > 0 ? [`sensor ${sensor} was heard of all the time, and ${isSilent ? 'is said to be silent' : 'was said to be silent'}`] : [];
    const isTold = since.length === 2 && since[0]?.type === 'SensorWentSilent' && since[1]?.type === 'SensorReturned' && (since[0].storedAtMs as number) < silence.untilMs && (since[1].storedAtMs as number) >= silence.untilMs;
    return isTold ? [] : [`sensor ${sensor} was silent for ${silence.untilMs - silence.fromMs} ms and heard of again; since then ${since.map(({ type }) => type).join(', ') || 'no event'} tells of it`];
  });
}
