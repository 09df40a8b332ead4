import type { SqlValue } from '../storage/libsql-connection.js';
import type { AlarmCursor } from './alarm-cursor.js';
import { toIsoTime } from './iso-range.js';

/** Which alarms are meant; all of what is given must hold. */
export interface AlarmFilter {
  /** `standing`: open, or not acknowledged. */
  readonly status?: 'open' | 'recovered' | 'standing';
  readonly acknowledged?: 'yes' | 'no';
  readonly type?: string;
  /** The state of the e-mail. */
  readonly email?: string;
  readonly zone?: string;
  /** A geohash prefix. */
  readonly cell?: string;
  readonly sensorId?: string | number;
  /** On `triggeredAt`; inclusive. */
  readonly from?: string;
  /** On `triggeredAt`; exclusive. */
  readonly to?: string;
}

/** Whether a filter asks where the sensor is. */
export function asksForPlace({ zone, cell }: AlarmFilter): boolean {
  return zone !== undefined || cell !== undefined;
}

/** The first geohash of a cell, and what comes after its last. */
export function geohashesOf(cell: string): readonly [first: string, end: string] {
  return [cell, `${cell}~`];
}

/** The filter alone, its times in the stored form. Thrown: a RangeError naming the field of a bad time. */
export function normalise({ type, email, zone, cell, sensorId, from, to, ...facts }: AlarmFilter): AlarmFilter {
  return {
    ...factsOf(facts),
    ...(type === undefined ? {} : { type }),
    ...(email === undefined ? {} : { email }),
    ...(zone === undefined ? {} : { zone }),
    ...(cell === undefined ? {} : { cell }),
    ...(sensorId === undefined ? {} : { sensorId }),
    ...(from === undefined ? {} : { from: toIsoTime('from', from) }),
    ...(to === undefined ? {} : { to: toIsoTime('to', to) }),
  };
}

/** What nobody has acknowledged stands, and of what somebody has only the open stands: said in the way that an index finds. */
function factsOf({ status, acknowledged }: Pick<AlarmFilter, 'status' | 'acknowledged'>): Pick<AlarmFilter, 'status' | 'acknowledged'> {
  if (acknowledged === undefined) return status === undefined ? {} : { status };
  if (status !== 'standing') return status === undefined ? { acknowledged } : { status, acknowledged };
  return acknowledged === 'no' ? { acknowledged } : { status: 'open', acknowledged };
}

export type AlarmOrder = 'newest' | 'oldest';

/** The index that finds the alarms of a filter: SQLite has no statistics of a table that has just been built. */
export type AlarmIndex = 'sensorId' | 'status' | 'isStanding' | 'acknowledgedAt' | 'type' | 'triggeredAt';

/** Few alarms are open and most have recovered and are acknowledged, so status leads to the open ones only. A place is no index of alarms. */
export function indexFor({ sensorId, status, acknowledged, type }: AlarmFilter): AlarmIndex {
  if (sensorId !== undefined) return 'sensorId';
  if (status === 'open') return 'status';
  if (status === 'standing') return 'isStanding';
  if (acknowledged === 'no') return 'acknowledgedAt';
  return type === undefined ? 'triggeredAt' : 'type';
}

/** The filter as SQL over `a` (alarms) and, for a zone or a cell, `p` (places); with a cursor, what comes after it. A plus keeps SQLite from using another index than `index`. */
export function conditions(filter: AlarmFilter, index: AlarmIndex, cursor: AlarmCursor | null = null, order: AlarmOrder = 'newest'): { where: string; values: SqlValue[] } {
  const { status, acknowledged, type, email, zone, cell, sensorId, from, to } = filter;
  const parts: [sql: string, ...values: SqlValue[]][] = [];
  if (zone !== undefined) parts.push(['p.zone = ?', zone]);
  if (cell !== undefined) parts.push(['p.geohash >= ? AND p.geohash < ?', ...geohashesOf(cell)]);
  if (sensorId !== undefined) parts.push(['a.sensorId = ?', Number(sensorId)]);
  if (status === 'standing') parts.push([`${index === 'isStanding' ? '' : '+'}a.isStanding = ?`, 1]);
  else if (status !== undefined) parts.push([`${index === 'status' ? '' : '+'}a.status = ?`, status]);
  if (acknowledged === 'no') parts.push([`${index === 'acknowledgedAt' ? '' : '+'}a.acknowledgedAt IS NULL`]);
  if (acknowledged === 'yes') parts.push(['+a.acknowledgedAt IS NOT NULL']);
  if (type !== undefined) parts.push([`${index === 'type' ? '' : '+'}a.type = ?`, type]);
  if (email !== undefined) parts.push(['+a.email = ?', email]);
  if (from !== undefined) parts.push(['a.triggeredAt >= ?', from]);
  if (to !== undefined) parts.push(['a.triggeredAt < ?', to]);
  if (cursor) parts.push([`(a.triggeredAt, a.key) ${order === 'newest' ? '<' : '>'} (?, ?)`, cursor.triggeredAt, cursor.alarmId]);
  return { where: ['true', ...parts.map(([sql]) => sql)].join(' AND '), values: parts.flatMap(([, ...values]) => values) };
}
