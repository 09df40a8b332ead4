import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Evidence } from '../alarm-domain/alarm-events.js';
import { ALARM_TYPES, type AlarmType } from '../alarm-domain/reading.js';
import type { StrikePolicy } from '../alarm-domain/strike-policy.js';
import { decodeCursor, encodeCursor, type AlarmCursor } from './alarm-cursor.js';
import { asksForPlace, conditions, indexFor, normalise, type AlarmFilter, type AlarmIndex, type AlarmOrder } from './alarm-filter.js';
import { AlarmTotals } from './alarm-totals.js';
import { alarms, type AlarmRow, type EmailState } from './alarms.projection.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';

export { BadCursor } from './alarm-cursor.js';

/** An alarm as the API gives it; `zone` and `geohash` are those of the customer list at the time of the read, null for an unplaced sensor. */
export interface AlarmView {
  readonly alarmId: string;
  readonly sensorId: string;
  readonly type: AlarmType;
  readonly status: 'open' | 'recovered';
  readonly triggeredAt: string;
  readonly recoveredAt: string | null;
  /** Null until an operator has seen it; an alarm that is neither open nor unacknowledged stands no more. */
  readonly acknowledged: { readonly at: string; readonly by: string } | null;
  readonly comments: number;
  /** What a command about it names as expected, as entity tag. */
  readonly version: number;
  readonly zone: string | null;
  readonly geohash: string | null;
  readonly email: EmailState;
  readonly evidence: readonly Evidence[];
  readonly policy: StrikePolicy;
  readonly emailDetail: { readonly attempts: number; readonly reason: string | null; readonly possibleDuplicate: boolean };
}

export interface AlarmQuery extends Omit<AlarmFilter, 'type'> {
  /** Any of these; all when it is left out. */
  readonly types?: readonly AlarmType[];
  /** 1 to 1000. */
  readonly limit: number;
  /** By (triggeredAt, alarmId); the newest first when it is left out. */
  readonly order?: AlarmOrder;
  /** The `next` of the page before. */
  readonly cursor?: string;
}

export interface AlarmPage {
  readonly items: AlarmView[];
  readonly next: string | null;
  readonly total: number;
}

const MAX_LIMIT = 1000;

/** A zone or a cell with at most so many alarms is read as a whole and sorted: quicker than to look for them among all others. */
const FEW_ALARMS = 2000;

/** Alarms looked at in one go when those of a zone or a cell are picked from all: some 8 ms of the event loop. */
const SLICE_ALARMS = 4000;

const COLUMNS = `a.alarmId, a.sensorId, a.type, a.status, a.triggeredAt, a.recoveredAt, a.acknowledgedAt, a.acknowledgedBy,
  a.comments, a.version, a.evidence, a.policy, a.email, a.attempts, a.reason, a.possibleDuplicate, p.zone, p.geohash`;

/** How alarms and places come together; a CROSS JOIN goes from left to right. */
const JOINS = {
  'any-place': (table: string) => `${table} a LEFT JOIN places p ON p.sensor_id = a.sensorId`,
  'alarms-first': (table: string) => `${table} a CROSS JOIN places p ON p.sensor_id = a.sensorId`,
  'places-first': (table: string) => `places p CROSS JOIN ${table} a ON a.sensorId = p.sensor_id`,
} as const;

/** Which part of the alarms a page is: those after the cursor in an order. */
interface Wanted {
  readonly filter: AlarmFilter;
  readonly order: AlarmOrder;
  readonly cursor: AlarmCursor | null;
}

type JoinedRow = AlarmRow & { readonly zone: string | null; readonly geohash: string | null };

/** Lists of alarms and single ones. */
export class AlarmReads {
  private readonly totals: AlarmTotals;

  constructor(private readonly sink: LibsqlProjectionSink) {
    this.totals = new AlarmTotals(sink);
  }

  /**
   * One page; `total` is the number of all that match the filter. An alarm that comes while pages are read shifts none, and with the
   * newest first appears in none of the later ones.
   * Thrown: `BadCursor`; a RangeError for a bad time or limit; `ReadModelUnavailable`.
   */
  async list(query: AlarmQuery): Promise<AlarmPage> {
    const { limit, order = 'newest', types = ALARM_TYPES, ...rest } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw new RangeError(`limit: got ${limit}, expected 1 to ${MAX_LIMIT}`);
    const cursor = query.cursor === undefined ? null : decodeCursor(query.cursor);
    // Each type is asked for alone: an index leads to the alarms of one in the order of time, to those of two it does not.
    const filters = types.length === ALARM_TYPES.length ? [normalise(rest)] : types.map((type) => normalise({ ...rest, type }));
    const rows: JoinedRow[] = [];
    let total = 0;
    for (const filter of filters) {
      const count = await this.totals.count(filter);
      total += count;
      // One more than wanted tells whether there is a next page.
      if (count > 0) rows.push(...(await this.rows({ filter, order, cursor }, limit + 1, count)));
    }
    if (filters.length > 1) rows.sort(ORDERS[order]);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { items: page.map(toView), next: last && rows.length > limit ? encodeCursor(last) : null, total };
  }

  /** Alarms whose e-mail waits for an operator. Thrown: `ReadModelUnavailable`. */
  parkedMails(): number {
    return this.totals.countParkedMails();
  }

  async get(alarmId: string): Promise<AlarmView | null> {
    const { table } = this.sink.liveTable(alarms);
    const row = this.sink.db.get<JoinedRow>(`SELECT ${COLUMNS} FROM ${table} a LEFT JOIN places p ON p.sensor_id = a.sensorId WHERE a.key = ?`, alarmId);
    return row ? toView(row) : null;
  }

  private async rows(wanted: Wanted, limit: number, total: number): Promise<JoinedRow[]> {
    const { filter } = wanted;
    if (!asksForPlace(filter) || filter.sensorId !== undefined) return this.page('any-place', wanted, indexFor(filter), limit);
    if (total <= FEW_ALARMS) return this.page('places-first', wanted, 'sensorId', limit);
    return this.pickFromAll(wanted, limit);
  }

  /** Walks all alarms in the wanted order, some thousands at a time, until the zone or the cell has filled the page. */
  private async pickFromAll({ filter, order, cursor }: Wanted, limit: number): Promise<JoinedRow[]> {
    const index = indexFor(filter);
    const rows: JoinedRow[] = [];
    let rest = cursor === null ? filter : narrowed(filter, order === 'newest' ? { to: after(cursor.triggeredAt) } : { from: cursor.triggeredAt });
    for (; ; await nextTurn()) {
      const { table } = this.sink.liveTable(alarms);
      const { zone: _zone, cell: _cell, ...anywhere } = rest;
      const { where, values } = conditions(anywhere, index);
      const end = `SELECT a.triggeredAt FROM ${table} a WHERE ${where} ORDER BY a.triggeredAt ${DIRECTIONS[order]} LIMIT 1 OFFSET ${SLICE_ALARMS}`;
      const last = this.sink.db.get<{ triggeredAt: string }>(end, ...values)?.triggeredAt;
      // A slice takes all alarms of the moment at which it ends.
      const [slice, beyond] = order === 'newest' ? [{ from: last }, { to: last }] : [{ to: last && after(last) }, { from: last && after(last) }];
      rows.push(...this.page('alarms-first', { filter: narrowed(rest, slice), order, cursor }, index, limit - rows.length));
      if (last === undefined || rows.length >= limit) return rows;
      rest = narrowed(rest, beyond);
    }
  }

  private page(join: keyof typeof JOINS, { filter, order, cursor }: Wanted, index: AlarmIndex, limit: number): JoinedRow[] {
    const tables = JOINS[join](this.sink.liveTable(alarms).table);
    const { where, values } = conditions(filter, index, cursor, order);
    const direction = DIRECTIONS[order];
    return this.sink.db.all<JoinedRow>(`SELECT ${COLUMNS} FROM ${tables} WHERE ${where} ORDER BY a.triggeredAt ${direction}, a.key ${direction} LIMIT ?`, ...values, limit);
  }
}

/** As the database sorts: by the text of the time, then of the id. */
function byTime(a: AlarmRow, b: AlarmRow): number {
  const [one, other] = a.triggeredAt === b.triggeredAt ? [a.alarmId, b.alarmId] : [a.triggeredAt, b.triggeredAt];
  return one < other ? -1 : 1;
}

const ORDERS = { oldest: byTime, newest: (a, b) => byTime(b, a) } as const satisfies Record<AlarmOrder, (a: AlarmRow, b: AlarmRow) => number>;

const DIRECTIONS = { newest: 'DESC', oldest: 'ASC' } as const satisfies Record<AlarmOrder, string>;

/** The filter with bounds that are no wider than its own. */
function narrowed(filter: AlarmFilter, { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }): AlarmFilter {
  const froms = [filter.from, from].filter((time) => time !== undefined).sort();
  const tos = [filter.to, to].filter((time) => time !== undefined).sort();
  return { ...filter, ...(froms.length > 0 ? { from: froms.at(-1) as string } : {}), ...(tos.length > 0 ? { to: tos[0] as string } : {}) };
}

/** The least text after a time, so that `< after(time)` takes that time too. */
function after(time: string): string {
  return `${time} `;
}

function toView(row: JoinedRow): AlarmView {
  const { alarmId, sensorId, type, status, triggeredAt, recoveredAt, acknowledgedAt, acknowledgedBy, comments, version, zone, geohash, email, attempts, reason, possibleDuplicate } = row;
  return {
    alarmId,
    sensorId: String(sensorId),
    type,
    status,
    triggeredAt,
    recoveredAt,
    acknowledged: acknowledgedAt === null || acknowledgedBy === null ? null : { at: acknowledgedAt, by: acknowledgedBy },
    comments,
    version,
    zone,
    geohash,
    email,
    evidence: JSON.parse(row.evidence) as Evidence[],
    policy: JSON.parse(row.policy) as StrikePolicy,
    emailDetail: { attempts, reason, possibleDuplicate: possibleDuplicate === 1 },
  };
}
