import type { AlarmLifeEvent, ShelvingReason } from '../alarm-domain/alarm-life-events.js';
import type { AlarmType } from '../alarm-domain/reading.js';
import { alarmSpans, type AlarmSpanRow } from './alarm-spans.projection.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { lifeEvents, type LifeEventRow } from './life-events.projection.js';

const LIFE_CHANGES = {
  AlarmAcknowledged: 'acknowledged',
  AlarmCommented: 'commented',
  SensorShelved: 'shelved',
  SensorUnshelved: 'unshelved',
  SensorWentSilent: 'silent',
  SensorReturned: 'returned',
} as const satisfies Record<AlarmLifeEvent['type'], string>;

/** The column of `alarm-spans` that holds when each of these was recorded. */
const COLUMN_OF = { opened: 'openedAt', recovered: 'endedAt' } as const;
const SPAN_CHANGES = ['opened', 'recovered'] as const;

export const CHANGES = [...SPAN_CHANGES, ...Object.values(LIFE_CHANGES)] as const;
export type Change = (typeof CHANGES)[number];

/** What was recorded about an alarm or, where that is null, about its sensor. `zone` is today's. */
export interface PastChange {
  readonly change: Change;
  readonly sensorId: string;
  readonly zone: string | null;
  readonly alarmId: string | null;
  readonly type: AlarmType | null;
  /** Who did it; null for what nobody did. */
  readonly by: string | null;
  /** Of a shelving, as is `until`. */
  readonly reason: ShelvingReason | null;
  readonly until: string | null;
  /** How long a sensor had been silent when that was noted. */
  readonly silentForMs: number | null;
  /** The event under which a note of it is stored; null when there is none. */
  readonly noteEventId: string | null;
}

/** When something was recorded; null where there is nothing. */
export interface Moments {
  readonly first: string | null;
  readonly last: string | null;
  /** The last moment at or before the time asked for; what changed then is what one sees the effect of. */
  readonly current: string | null;
  readonly previous: string | null;
  readonly next: string | null;
}

type Placed<Row> = Row & { readonly zone: string | null };

/** When something was recorded about alarms and sensors that stand in the whole system's audit, and what. Thrown by every method: `ReadModelUnavailable`. */
export class PastChanges {
  constructor(private readonly sink: LibsqlProjectionSink) {}

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
  at(moment: string, limit: number): { readonly total: number; readonly items: readonly PastChange[] } {
    const spans = SPAN_CHANGES.map((change) => this.spansAt(change, moment, limit));
    const { table } = this.sink.liveTable(lifeEvents);
    const rows = this.placed<LifeEventRow & { readonly key: string }>(table, 'recordedAt', 'position', moment, limit);
    const life = { total: this.count(table, 'recordedAt', moment), items: rows.map(toChange) };
    const all = [...spans, life];
    return { total: all.reduce((sum, { total }) => sum + total, 0), items: all.flatMap(({ items }) => items).slice(0, limit) };
  }

  private spansAt(change: (typeof SPAN_CHANGES)[number], moment: string, limit: number): { readonly total: number; readonly items: readonly PastChange[] } {
    const { table } = this.sink.liveTable(alarmSpans);
    const rows = this.placed<AlarmSpanRow>(table, COLUMN_OF[change], 'sensorId, type', moment, limit);
    const items = rows.map(({ alarmId, sensorId, type, zone }) => ({ change, sensorId: String(sensorId), zone, alarmId, type, by: null, reason: null, until: null, silentForMs: null, noteEventId: null }));
    return { total: this.count(table, COLUMN_OF[change], moment), items };
  }

  private placed<Row>(table: string, column: string, order: string, moment: string, limit: number): readonly Placed<Row>[] {
    const sql = `SELECT r.*, p.zone FROM (SELECT * FROM ${table} WHERE ${column} = ? ORDER BY ${order} LIMIT ?) r LEFT JOIN places p ON p.sensor_id = r.sensorId`;
    return this.sink.db.all<Placed<Row>>(sql, moment, limit);
  }

  private count(table: string, column: string, moment: string): number {
    return this.sink.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`, moment)?.n ?? 0;
  }

  private extreme(which: 'min' | 'max', comparison: '<' | '<=' | '>' | '>=', time: string): string | null {
    const spans = this.sink.liveTable(alarmSpans).table;
    const sources = [...SPAN_CHANGES.map((change) => [spans, COLUMN_OF[change]] as const), [this.sink.liveTable(lifeEvents).table, 'recordedAt'] as const];
    const found = sources
      .map(([table, column]) => this.sink.db.get<{ at: string | null }>(`SELECT ${which}(${column}) AS at FROM ${table} WHERE ${column} ${comparison} ?`, time)?.at ?? null)
      .filter((at) => at !== null)
      .sort();
    return (which === 'min' ? found[0] : found.at(-1)) ?? null;
  }
}

function toChange({ key, type, sensorId, zone, alarmId, alarmType, by, reason, until, silentForMs, hasNote }: Placed<LifeEventRow> & { readonly key: string }): PastChange {
  return { change: LIFE_CHANGES[type], sensorId: String(sensorId), zone, alarmId, type: alarmType, by, reason, until, silentForMs, noteEventId: hasNote === 1 ? key : null };
}
