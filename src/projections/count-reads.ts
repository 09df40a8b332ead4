import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmType } from '../alarm-domain/reading.js';
import type { SqlValue } from '../storage/libsql-connection.js';
import { alarmsPerMinute, minuteOf } from './alarms-per-minute.projection.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { toIsoTime } from './iso-range.js';

/** Rows read at a time: some 5 ms of the event loop. */
const PAGE_ROWS = 500;

/** Some 46 days with alarms of every type in every minute, about 20 MB. */
export const MAX_COUNTS = 200_000;

export interface CountQuery {
  /** The minute of this time is the first. */
  readonly from: string;
  /** Minutes that begin before this time; exclusive. */
  readonly to: string;
  /** Any of these; all when it is left out. */
  readonly types?: readonly string[];
}

export interface MinuteCount {
  readonly minute: string;
  readonly type: AlarmType;
  readonly count: number;
}

/** Alarms per minute and type (R6): two adapters, libsql and InfluxDB. */
export interface CountSource {
  /**
   * The minutes that had alarms, by ascending minute and type. Thrown: a RangeError for a bad time, or when
   * there are more than `MAX_COUNTS`; `ReadModelUnavailable`.
   */
  perMinute(query: CountQuery): Promise<{ items: MinuteCount[] }>;
}

/** The first minute, and the time before which the last one begins. Thrown: a RangeError naming the bad time. */
export function checkedRange({ from, to }: CountQuery): { readonly firstMinute: string; readonly until: string } {
  return { firstMinute: minuteOf(toIsoTime('from', from)), until: toIsoTime('to', to) };
}

export function tooManyCounts({ from, to }: CountQuery): RangeError {
  return new RangeError(`more than ${MAX_COUNTS} counts from ${from} to ${to}; ask for a shorter time`);
}

/** The counts of the embedded read model. */
export class CountReads implements CountSource {
  constructor(private readonly sink: LibsqlProjectionSink) {}

  async perMinute(query: CountQuery): Promise<{ items: MinuteCount[] }> {
    const { firstMinute, until } = checkedRange(query);
    const { types } = query;
    const ofTypes = types === undefined ? '' : `AND type IN (${types.map(() => '?').join()})`;
    const items: MinuteCount[] = [];
    for (let after: readonly [minute: string, type: string] = [firstMinute, '']; ; ) {
      const { table } = this.sink.liveTable(alarmsPerMinute);
      const values: SqlValue[] = [...after, until, ...(types ?? []), PAGE_ROWS];
      const page = this.sink.db.all<MinuteCount>(
        `SELECT minute, type, count FROM ${table} WHERE (minute, type) > (?, ?) AND minute < ? ${ofTypes} ORDER BY minute, type LIMIT ?`,
        ...values,
      );
      items.push(...page);
      const last = page.at(-1);
      if (!last || page.length < PAGE_ROWS) return { items };
      if (items.length > MAX_COUNTS) throw tooManyCounts(query);
      after = [last.minute, last.type];
      await nextTurn();
    }
  }
}
