import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmType } from '../alarm-domain/reading.js';
import { isoTime } from '../clock.js';
import { ZONES } from '../customers/zones.js';
import type { SqlValue } from '../storage/libsql-connection.js';
import { alarms } from './alarms.projection.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { ConsoleTally, MOST_LISTED, SensorTally, type BusySensor, type ChatteringSensor, type ConsoleLoad, type LoadAlarm, type LoadRange } from './operators-load.js';
import { ReadModelUnavailable } from './projection-sink.js';

/** An alarm that is open for longer than it should be. */
export interface StaleAlarm {
  readonly alarmId: string;
  readonly sensorId: number;
  readonly type: AlarmType;
  readonly zone: string | null;
  readonly triggeredAt: string;
}

/** The console of a zone; that of null sees the sensors without a place. `stale`: its alarms that are stale now. */
export interface ZoneLoad extends ConsoleLoad {
  readonly zone: string | null;
  readonly stale: number;
}

/** `whole`, `periods`, `days` and the lists are of the zone that was asked for, or of one console for all. */
export interface Load {
  readonly consoles: readonly ZoneLoad[];
  readonly whole: ConsoleLoad;
  readonly periods: ConsoleTally['filled'];
  readonly days: ConsoleTally['days'];
  readonly busiest: { readonly total: number; readonly items: readonly BusySensor[] };
  readonly chattering: { readonly total: number; readonly items: readonly ChatteringSensor[] };
  readonly stale: { readonly total: number; readonly items: readonly StaleAlarm[] };
}

export interface LoadQuery extends LoadRange {
  readonly zone?: string | undefined;
  /** Open alarms of before this time are stale. */
  readonly staleBeforeMs: number;
}

/** Alarms read in one go: some 9 ms of the event loop. A day with 66,000 alarms takes 0.4 s. */
const SLICE_ALARMS = 1000;

/** Each keeps what it counts: 30 MB at most (`MOST_SENSORS`), and usually far less. */
const MOST_AT_ONCE = 4;

type Slice = readonly (readonly [time: string, rowid: number, sensorId: number, type: AlarmType, acknowledgedAt: string | null, zone: string | null, alarmId: string])[];

/** How much operators had to see to: a walk over the alarms of a range, some at a time. */
export class LoadReads {
  private atOnce = 0;

  constructor(
    private readonly sink: LibsqlProjectionSink,
    private readonly sliceAlarms = SLICE_ALARMS,
  ) {}

  /** Thrown: a RangeError when too many sensors had alarms; `ReadModelUnavailable`, also when others are measuring. */
  async measure(query: LoadQuery): Promise<Load> {
    if (this.atOnce >= MOST_AT_ONCE) throw new ReadModelUnavailable(`the load is being measured ${MOST_AT_ONCE} times already; try again later`);
    this.atOnce += 1;
    try {
      return await this.walk(query);
    } finally {
      this.atOnce -= 1;
    }
  }

  private async walk(query: LoadQuery): Promise<Load> {
    const { fromMs, toMs, zone } = query;
    const consoles = new Map<string | null, ConsoleTally>([...ZONES, null].map((each) => [each, new ConsoleTally(query)] as const));
    const whole = new ConsoleTally(query);
    const sensors = new SensorTally();
    for await (const slice of this.slices('a.triggeredAt < ?', [isoTime(toMs)], isoTime(fromMs))) {
      for (const row of slice) {
        const alarm = toAlarm(row);
        consoles.get(alarm.zone)?.add(alarm);
        if (zone !== undefined && alarm.zone !== zone) continue;
        whole.add(alarm);
        sensors.add(alarm);
      }
    }
    const { counts, ...stale } = await this.stale(query);
    return {
      consoles: [...consoles].map(([each, tally]) => ({ zone: each, ...tally.load, stale: counts.get(each) ?? 0 })),
      whole: whole.load,
      periods: whole.filled,
      days: whole.days,
      busiest: sensors.busiest,
      chattering: sensors.chattering,
      stale,
    };
  }

  private async stale({ zone, staleBeforeMs }: LoadQuery): Promise<Load['stale'] & { counts: ReadonlyMap<string | null, number> }> {
    const counts = new Map<string | null, number>();
    const items: StaleAlarm[] = [];
    for await (const slice of this.slices(`a.status = 'open' AND a.triggeredAt < ?`, [isoTime(staleBeforeMs)], '')) {
      for (const [triggeredAt, , sensorId, type, , place, alarmId] of slice) {
        counts.set(place, (counts.get(place) ?? 0) + 1);
        if (items.length < MOST_LISTED && (zone === undefined || place === zone)) items.push({ alarmId, sensorId, type, zone: place, triggeredAt });
      }
    }
    const total = zone === undefined ? [...counts.values()].reduce((sum, count) => sum + count, 0) : (counts.get(zone) ?? 0);
    return { counts, total, items };
  }

  /** Alarms from a time on, the oldest first. */
  private async *slices(where: string, values: readonly SqlValue[], from: string): AsyncGenerator<Slice> {
    for (let after: readonly [time: string, rowid: number] = [from, -1]; ; await nextTurn()) {
      const { table } = this.sink.liveTable(alarms);
      const slice = `SELECT a.triggeredAt, a.rowid AS id, a.sensorId, a.type, a.acknowledgedAt, p.zone, a.alarmId FROM ${table} a LEFT JOIN places p ON p.sensor_id = a.sensorId
        WHERE ${where} AND (a.triggeredAt, a.rowid) > (?, ?) ORDER BY a.triggeredAt, a.rowid LIMIT ${this.sliceAlarms}`;
      // One text is parsed five times quicker than as many rows are read.
      const sql = `SELECT json_group_array(json_array(triggeredAt, id, sensorId, type, acknowledgedAt, zone, alarmId)) AS rows FROM (${slice})`;
      const rows = JSON.parse(this.sink.db.get<{ rows: string }>(sql, ...values, ...after)?.rows ?? '[]') as Slice;
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows;
      if (rows.length < this.sliceAlarms) return;
      after = [last[0], last[1]];
    }
  }
}

function toAlarm([triggeredAt, , sensorId, type, acknowledgedAt, zone]: Slice[number]): LoadAlarm {
  return { triggeredMs: Date.parse(triggeredAt), sensorId, type, acknowledgedMs: acknowledgedAt === null ? null : Date.parse(acknowledgedAt), zone };
}
