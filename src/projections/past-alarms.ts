import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALARM_TYPES, type AlarmType } from '../alarm-domain/reading.js';
import { alarmSpans, type AlarmSpanRow } from './alarm-spans.projection.js';
import { CellTotals } from './cell-totals.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { lifeEvents } from './life-events.projection.js';
import { checkPrefixLength, mapAnswer, type ActiveCells, type MapAnswer } from './map-answer.js';
import { PastChanges } from './past-changes.js';
import { isIn, type PastScope } from './past-scope.js';
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
  /** How many notes had been written about it. */
  readonly comments: number;
  readonly zone: string | null;
  readonly geohash: string | null;
}

export interface PastState {
  readonly map: Pick<MapAnswer, 'cells' | 'unplaced'>;
  readonly open: { readonly total: number; readonly items: readonly PastAlarm[] };
}

/** Index entries looked at in one go: some 10 ms of the event loop when all of them were open. */
const SLICE_SPANS = 1000;

/** No time comes after it. */
const AFTER_ALL = '~';

/** Open at one time; the source's sensors could have 150,000. What is kept of each is some 100 bytes. */
const MOST_OPEN = 300_000;

type OpenRow = Pick<AlarmSpanRow, 'alarmId' | 'sensorId' | 'type' | 'triggeredAt' | 'openedAt' | 'acknowledgedAt' | 'acknowledgedBy'> & { readonly zone: string | null; readonly geohash: string | null };

/** The alarms of the whole system as they were known at a time of recording. Thrown by every method: `ReadModelUnavailable`. */
export class PastAlarms {
  private readonly totals: CellTotals;
  private readonly unplaced: UnplacedSensors;
  private readonly changes: PastChanges;

  constructor(
    private readonly sink: LibsqlProjectionSink,
    private readonly sliceSpans = SLICE_SPANS,
  ) {
    this.totals = new CellTotals(sink);
    this.unplaced = new UnplacedSensors(sink);
    this.changes = new PastChanges(sink);
  }

  /**
   * The open alarms, of which the last to open come first and `limit` are given, and the map of them, all or of one zone; with a cell, the alarms of that
   * one alone. Thrown: a RangeError for a bad length.
   */
  async state(asOf: string, query: PastScope & { readonly prefixLength: number }): Promise<PastState> {
    const { prefixLength, zone, cell, limit } = query;
    checkPrefixLength(prefixLength);
    const active = new Map<number, { cell: string | null; types: Set<AlarmType> }>();
    let items: OpenRow[] = [];
    let seen = 0;
    let total = 0;
    for await (const slice of this.openAt(asOf)) {
      const wanted = zone === undefined ? slice : slice.filter((row) => row.zone === zone);
      seen += wanted.length;
      if (seen > MOST_OPEN) throw new ReadModelUnavailable(`more than ${MOST_OPEN} alarms were open at ${asOf}, which are more than can be shown`);
      const listed = wanted.filter((row) => isIn(row, cell));
      total += listed.length;
      items = [...items, ...listed].sort(lastOpenedFirst).slice(0, limit);
      for (const { sensorId, type, geohash } of wanted) {
        const sensor = active.get(sensorId) ?? { cell: geohash === null ? null : geohash.slice(0, prefixLength), types: new Set() };
        active.set(sensorId, sensor);
        sensor.types.add(type);
      }
    }
    const totals = await this.totals.of(prefixLength, zone ?? null);
    const unplacedSensors = zone === undefined ? await this.unplaced.count() : 0;
    const { cells, unplaced } = mapAnswer(totals, cellsOf(active.values()), unplacedSensors, null);
    const notes = this.notesOf(items.map(({ alarmId }) => alarmId), asOf);
    return { map: { cells, unplaced }, open: { total, items: items.map((row) => toPastAlarm(row, notes.get(row.alarmId) ?? 0)) } };
  }

  /** How many notes each of these alarms had by then, by alarm id; none is no entry. */
  private notesOf(alarmIds: readonly string[], asOf: string): ReadonlyMap<string, number> {
    const { table } = this.sink.liveTable(lifeEvents);
    const sql = `SELECT alarmId, count(*) AS notes FROM ${table} WHERE alarmId IN (SELECT value FROM json_each(?)) AND recordedAt <= ? AND type = 'AlarmCommented' GROUP BY alarmId`;
    return new Map(this.sink.db.all<{ alarmId: string; notes: number }>(sql, JSON.stringify(alarmIds), asOf).map(({ alarmId, notes }) => [alarmId, notes]));
  }

  /**
   * The alarms that were open at a time: those that are still, and those that ended after it. Of the latter either all that opened before
   * the time are looked through or all that ended after it, whichever are likely to be fewer.
   */
  private async *openAt(asOf: string): AsyncGenerator<readonly OpenRow[]> {
    yield* this.slices(asOf, { column: 'openedAt', after: '', through: asOf, where: 'endedAt IS NULL' });
    const { first, last } = this.changes.moments(asOf);
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

function toPastAlarm({ acknowledgedAt, acknowledgedBy, sensorId, ...row }: OpenRow, comments: number): PastAlarm {
  return { ...row, sensorId: String(sensorId), comments, acknowledged: acknowledgedAt === null || acknowledgedBy === null ? null : { at: acknowledgedAt, by: acknowledgedBy } };
}
