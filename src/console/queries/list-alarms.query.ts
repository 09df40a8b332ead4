import type { AlarmReads } from '../../projections/alarm-reads.js';
import type { AlarmListQuery } from '../request-schemas.js';

/** A page of alarms, newest first. */
export class ListAlarms {
  constructor(readonly filter: AlarmListQuery) {}
}

export type AlarmPage = Awaited<ReturnType<AlarmReads['list']>>;

export class ListAlarmsHandler {
  constructor(private readonly alarms: AlarmReads) {}

  /** Thrown: `BadCursor`. */
  async execute({ filter }: ListAlarms): Promise<AlarmPage> {
    return this.alarms.list(toAlarmQuery(filter));
  }
}

/** The filter of a request as the reads take it. */
export function toAlarmQuery<T extends Pick<AlarmListQuery, 'sensor' | 'type'>>({ sensor, type, ...rest }: T) {
  return definedOnly({ ...rest, types: type, sensorId: sensor?.toString() });
}

/** Without the properties that are undefined; the reads take a missing one, not an undefined one. */
function definedOnly<T extends object>(all: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}
