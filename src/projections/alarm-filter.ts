import type { SqlValue } from '../storage/embedded-database.js';
import type { AlarmCursor } from './alarm-cursor.js';
import { toIsoTime } from './iso-range.js';

/** Which alarms are meant; all of what is given must hold. */
export interface AlarmFilter {
  /** `standing`: open, or not acknowledged. */
  readonly status?: 'open' | 'recovered' | 'standing';
  readonly type?: string;
  readonly zone?: string;
  readonly sensorId?: string | number;
  /** On `triggeredAt`; inclusive. */
  readonly from?: string;
  /** On `triggeredAt`; exclusive. */
  readonly to?: string;
}

/** The filter alone, its times in the stored form. Thrown: a RangeError naming the field of a bad time. */
export function normalise({ status, type, zone, sensorId, from, to }: AlarmFilter): AlarmFilter {
  return {
    ...(status === undefined ? {} : { status }),
    ...(type === undefined ? {} : { type }),
    ...(zone === undefined ? {} : { zone }),
    ...(sensorId === undefined ? {} : { sensorId }),
    ...(from === undefined ? {} : { from: toIsoTime('from', from) }),
    ...(to === undefined ? {} : { to: toIsoTime('to', to) }),
  };
}

/** The index that finds the alarms of a filter: SQLite has no statistics of a table that has just been built. */
export type AlarmIndex = 'sensorId' | 'status' | 'isStanding' | 'type' | 'triggeredAt';

/** Few alarms are open and most have recovered, so status leads to the open ones only. A zone is no index of alarms. */
export function indexFor({ sensorId, status, type }: AlarmFilter): AlarmIndex {
  if (sensorId !== undefined) return 'sensorId';
  if (status === 'open') return 'status';
  if (status === 'standing') return 'isStanding';
  return type === undefined ? 'triggeredAt' : 'type';
}

/** The filter as SQL over `a` (alarms) and, for a zone, `p` (places). A plus keeps SQLite from using another index than `index`. */
export function conditions(filter: AlarmFilter, index: AlarmIndex, before: AlarmCursor | null = null): { where: string; values: SqlValue[] } {
  const { status, type, zone, sensorId, from, to } = filter;
  const parts: [sql: string, ...values: SqlValue[]][] = [];
  if (zone !== undefined) parts.push(['p.zone = ?', zone]);
  if (sensorId !== undefined) parts.push(['a.sensorId = ?', Number(sensorId)]);
  if (status === 'standing') parts.push([`${index === 'isStanding' ? '' : '+'}a.isStanding = ?`, 1]);
  else if (status !== undefined) parts.push([`${index === 'status' ? '' : '+'}a.status = ?`, status]);
  if (type !== undefined) parts.push([`${index === 'type' ? '' : '+'}a.type = ?`, type]);
  if (from !== undefined) parts.push(['a.triggeredAt >= ?', from]);
  if (to !== undefined) parts.push(['a.triggeredAt < ?', to]);
  if (before) parts.push(['(a.triggeredAt, a.key) < (?, ?)', before.triggeredAt, before.alarmId]);
  return { where: ['true', ...parts.map(([sql]) => sql)].join(' AND '), values: parts.flatMap(([, ...values]) => values) };
}
