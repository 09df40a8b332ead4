import type { AlarmReads } from '../../projections/alarm-reads.js';
import { RequestRefused } from '../problem.js';

/** In whose stream an alarm is. Thrown: `RequestRefused` with 404. */
export async function sensorOfAlarm(alarms: Pick<AlarmReads, 'get'>, alarmId: string): Promise<number> {
  const alarm = await alarms.get(alarmId);
  if (alarm === null) throw new RequestRefused(404, `no alarm has the id ${alarmId}`);
  return Number(alarm.sensorId);
}
