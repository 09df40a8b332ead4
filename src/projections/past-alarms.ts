import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALARM_TYPES, type AlarmType } from '../alarm-domain/reading.js';
import { alarmSpans, type AlarmSpanRow } from './alarm-spans.projection.js';
import { CellTotals } from './cell-totals.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { checkPrefixLength, mapAnswer, type ActiveCells, type MapAnswer } from './map-answer.js';
import { ReadModelUnavailable } from './projection-sink.js';
import { UnplacedSensors } from './unplaced-sensors.js';

/** An alarm as it was known at a time. `zone` and `geohash` are today's. */
export interface PastAlarm {
  readonly alarmId: string;
  readonly sensorId: string;
  readonly type: AlarmType;
  readonly triggeredAt: string;
  readonly openedAt: string;
  readonly acknowledged: { readonly at: string; readonly by: string } | null;
  readonly zone: string | null;
  readonly geohash: string | null;
}

export const CHANGES = ['opened', 'recovered', 'acknowledged'] as const;
export type Change = (typeof CHANGES)[number];

/** What was recorded about an alarm; `by`: who acknowledged it. */
export interface PastChange {
  readonly change: Change;
  readonly alarmId: string;
  readonly sensorId: string;
  readonly type: AlarmType;
  readonly zone: string | null;
  readonly by: string | null;
}

/** When something was recorded about alarms; null where there is nothing. */
export interface Moments {
  readonly first: string | null;
  readonly last: string | null;
  /** The last moment at or before the time asked for; what changed then is what one sees the effect of. */
  readonly current: string | null;
  readonly previous: string | null;
  readonly next: string | null;
}

export interface PastState {
  readonly map: Pick<MapAnswer, 'cells' | 'unplaced'>;
  readonly open: { readonly total: number; readonly items: readonly PastAlarm[] };
}

/** The column that holds when each change was recorded. */
const COLUMN_OF: Readonly<Record<Change, 'openedAt' | 'endedAt' | 'acknowledgedAt'>> = { opened: 'openedAt', recovered: 'endedAt', acknowledged: 'acknowledgedAt' };

/** Index entries looked at in one go: some 10 ms of the event loop when all of them were open. */
const SLICE_SPANS = 1000;

/** No time comes after it. */
const AFTER_ALL = '~';

/** Open at one time; the source's sensors could have 150,000. What is kept of each is some 100 bytes. */
const MOST_OPEN = 300_000;

type OpenRow = Pick<AlarmSpanRow, 'alarmId' | 'sensorId' | 'type' | 'triggeredAt' | 'openedAt' | 'acknowledgedAt' | 'acknowledgedBy'> & { readonly zone: string | null; readonly geohash: string | null };

/** The whole system as it was known at a time of recording. Thrown by every method: `ReadModelUnavailable`. */
export class PastAlarms {
  private readonly totals: CellTotals;
  private readonly unplaced: UnplacedSensors;

  constructor(
    private readonly sink: LibsqlProjectionSink,
    private readonly sliceSpans = SLICE_SPANS,
  ) {
    this.totals = new CellTotals(sink);
    this.unplaced = new UnplacedSensors(sink);
  }

  /** The open alarms, of which the last to open come first and `limit` are given, and the map of them, all or of one zone. Thrown: a RangeError for a bad length. */
  async state(asOf: string, query: { readonly prefixLength: number; readonly zone?: string | undefined; readonly limit: number }): Promise<PastState> {
    const { prefixLength, zone, limit } = query;
    checkPrefixLength(prefixLength);
    const active = new Map<number, { cell: string | null; types: Set<AlarmType> }>();
    let items: OpenRow[] = [];
    let total = 0;
    for await (const slice of this.openAt(asOf)) {
      const wanted = zone === undefined ? slice : slice.filter((row) => row.zone === zone);
      total += wanted.length;
      if (total > MOST_OPEN) throw new ReadModelUnavailable(`more than ${MOST_OPEN} alarms were open at ${asOf}, which are more than can be shown`);
      items = [...items, ...wanted].sort(lastOpenedFirst).slice(0, limit);
      for (const { sensorId, type, geohash } of wanted) {
        const sensor = active.get(sensorId) ?? { cell: geohash === null ? null : geohash.slice(0, prefixLength), types: new Set() };
        active.set(sensorId, sensor);
        sensor.types.add(type);
      }
    }
    const totals = await this.totals.of(prefixLength, zone ?? null);
    const unplacedSensors = zone === undefined ? await this.unplaced.count() : 0;
    const { cells, unplaced } = mapAnswer(totals, cellsOf(active.values()), unplacedSensors, null);
    return { map: { cells, unplaced }, open: { total, items: items.map(toPastAlarm) } };
  }

  moments(asOf: string): Moments {
    const current = this.extreme('max', '<=', asOf);
    return {
      first: this.extreme('min', '>=', ''),
      last: this.extreme('max', '>=', ''),
      current,
      previous: current === null ? null : this.extreme('max', '<', current),
      next: this.extreme('min', '>', asOf),
    };
  }

  /** What was recorded at exactly this moment, `limit` at most. */
  changesAt(moment: string, limit: number): { readonly total: number; readonly items: readonly PastChange[] } {
    const { table } = this.sink.liveTable(alarmSpans);
    let total = 0;
    const items = CHANGES.flatMap((change) => {
      const column = COLUMN_OF[change];
      total += this.sink.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`, moment)?.n ?? 0;
      const sql = `SELECT a.alarmId, a.sensorId, a.type, a.acknowledgedBy, p.zone FROM ${table} a LEFT JOIN places p ON p.sensor_id = a.sensorId WHERE a.${column} = ? ORDER BY a.sensorId, a.type LIMIT ?`;
      const rows = this.sink.db.all<Pick<OpenRow, 'alarmId' | 'sensorId' | 'type' | 'acknowledgedBy' | 'zone'>>(sql, moment, limit);
      return rows.map(({ alarmId, sensorId, type, acknowledgedBy, zone }) => ({ change, alarmId, sensorId: String(sensorId), type, zone, by: change === 'acknowledged' ? acknowledgedBy : null }));
    });
    return { total, items: items.slice(0, limit) };
  }

  private extreme(which: 'min' | 'max', comparison: '<' | '<=' | '>' | '>=', time: string): string | null {
    const { table } = this.sink.liveTable(alarmSpans);
    const found = CHANGES.map((change) => COLUMN_OF[change])
      .map((column) => this.sink.db.get<{ at: string | null }>(`SELECT ${which}(${column}) AS at FROM ${table} WHERE ${column} ${comparison} ?`, time)?.at ?? null)
      .filter((at) => at !== null)
      .sort();
    return (which === 'min' ? found[0] : found.at(-1)) ?? null;
  }

  /**
   * The alarms that were open at a time: those that are still, and those that ended after it. Of the latter either all that opened before
   * the time are looked through or all that ended after it, whichever are likely to be fewer.
   */
  private async *openAt(asOf: string): AsyncGenerator<readonly OpenRow[]> {
    yield* this.slices(asOf, { column: 'openedAt', after: '', through: asOf, where: 'endedAt IS NULL' });
    const { first, last } = this.moments(asOf);
    if (first === null || last === null) return;
    const isEarly = Date.parse(asOf) - Date.parse(first) < Date.parse(last) - Date.parse(asOf);
    if (isEarly) yield* this.slices(asOf, { column: 'openedAt', after: '', through: asOf, where: '+endedAt > :asOf' });
    else yield* this.slices(asOf, { column: 'endedAt', after: asOf, through: AFTER_ALL, where: '+openedAt <= :asOf' });
  }

  /** Along an index, some thousand entries at a time; a slice takes all of the moment at which it ends. */
  private async *slices(asOf: string, { column, after: from, through: to, where }: Way): AsyncGenerator<readonly OpenRow[]> {
    const [filter, ...values] = where.includes(':asOf') ? [where.replace(':asOf', '?'), asOf] : [where];
    for (let after = from; ; await nextTurn()) {
      const { table } = this.sink.liveTable(alarmSpans);
      const scope = where.startsWith('+') ? '' : `${where} AND`;
      const end = `SELECT ${column} AS time FROM ${table} WHERE ${scope} ${column} > ? AND ${column} <= ? ORDER BY ${column} LIMIT 1 OFFSET ${this.sliceSpans - 1}`;
      const through = this.sink.db.get<{ time: string }>(end, after, to)?.time ?? to;
      const sql = `SELECT a.alarmId, a.sensorId, a.type, a.triggeredAt, a.openedAt, a.acknowledgedAt, a.acknowledgedBy, p.zone, p.geohash
        FROM (SELECT rowid AS id FROM ${table} WHERE ${filter} AND ${column} > ? AND ${column} <= ?) s
        CROSS JOIN ${table} a ON a.rowid = s.id LEFT JOIN places p ON p.sensor_id = a.sensorId`;
      const rows = this.sink.db.all<OpenRow>(sql, ...values, after, through);
      yield rows.map((row) => (row.acknowledgedAt !== null && row.acknowledgedAt <= asOf ? row : { ...row, acknowledgedAt: null, acknowledgedBy: null }));
      if (through === to) return;
      after = through;
    }
  }
}

/** Entries of an index, from one time (exclusive) to another; a `where` with a plus is no part of the index. */
interface Way {
  readonly column: 'openedAt' | 'endedAt';
  readonly after: string;
  readonly through: string;
  readonly where: string;
}

function cellsOf(sensors: Iterable<{ readonly cell: string | null; readonly types: ReadonlySet<AlarmType> }>): ActiveCells {
  const cells = new Map<string | null, { active: number; byType: Record<AlarmType, number>; worst: 'active' }>();
  for (const { cell, types } of sensors) {
    const found = cells.get(cell) ?? { active: 0, byType: { motion: 0, smoke: 0, temperature: 0 }, worst: 'active' };
    cells.set(cell, found);
    found.active += 1;
    for (const type of ALARM_TYPES) found.byType[type] += types.has(type) ? 1 : 0;
  }
  return cells;
}

function lastOpenedFirst(one: OpenRow, other: OpenRow): number {
  return one.openedAt === other.openedAt ? (one.alarmId < other.alarmId ? 1 : -1) : one.openedAt < other.openedAt ? 1 : -1;
}

function toPastAlarm({ acknowledgedAt, acknowledgedBy, sensorId, ...row }: OpenRow): PastAlarm {
  return { ...row, sensorId: String(sensorId), acknowledged: acknowledgedAt === null || acknowledgedBy === null ? null : { at: acknowledgedAt, by: acknowledgedBy } };
}
