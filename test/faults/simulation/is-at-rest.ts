import { SENSOR_TOPICS } from '../../../src/message-log/message-log.js';
import { ALL_PROJECTIONS } from '../../../src/projections/all-projections.js';
import { receiptStream } from '../../../src/ingestion/receipt.js';
import type { SimMachine } from './sim-machine.js';
import { foldAlarmLife } from '../verifier/check-alarm-life.js';
import { outputEvents } from './gather-outputs.js';
import type { SimServers } from './sim-servers.js';

/** Whether all that is owed has been done: the log is received to its end, no sensor is shelved, each alarm's e-mail is sent that is not held back, the alarm on COUNT, the read models are up to date. */
export function isAtRest({ log, events }: SimServers, machines: readonly SimMachine[]): boolean {
  for (const topic of SENSOR_TOPICS) {
    for (const { partition, endOffset } of log.describe(topic)) {
      const [last] = events.readStream(receiptStream(log.identity, topic, partition), { direction: 'backwards', limit: 1 });
      if (endOffset > 0 && ((last?.data as { last: number } | undefined)?.last ?? -1) !== endOffset - 1) return false;
    }
  }
  const idsOf = (types: readonly string[]) => new Set(events.events.filter(({ type }) => types.includes(type)).map(({ data }) => (JSON.parse(data) as { alarmId: string }).alarmId));
  const alarms = idsOf(['AlarmTriggered']);
  const sent = idsOf(['NotificationSent']);
  const published = new Set(log.describe('COUNT').flatMap(({ partition }) => log.records('COUNT', partition, 0).map(({ headers }) => headers['ce_id'])));
  const { held, shelved } = foldAlarmLife(outputEvents(events));
  if (shelved.size > 0 || [...alarms].some((id) => (!sent.has(id) && !held.has(id)) || !published.has(id))) return false;
  return machines.every(({ disk }) =>
    ALL_PROJECTIONS.every(({ name, handles }) => {
      const newest = events.readAll({ filter: { types: handles } }).at(-1);
      return newest === undefined || (disk.live(name)?.checkpoint ?? '') >= newest.position;
    }),
  );
}
