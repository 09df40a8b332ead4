import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmType } from '../alarm-domain/reading.js';
import type { SqlValue } from '../storage/embedded-database.js';
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
  readonly type?: string;
}

export interface MinuteCount {
  readonly minute: string;
  readonly type: AlarmType;
  readonly count: number;
}

/** Alarms per minute and type (R6). */
export class CountReads {
  constructor(private readonly sink: LibsqlProjectionSink) {}

  /**
   * The minutes that had alarms, by ascending minute and type. Thrown: a RangeError for a bad time, or when
   * there are more than `MAX_COUNTS`; `ReadModelUnavailable`.
   */
  async perMinute({ from, to, type }: CountQuery): Promise<{ items: MinuteCount[] }> {
    const until = toIsoTime('to', to);
    const ofType = type === undefined ? '' : 'AND type = ?';
    const items: MinuteCount[] = [];
    for (let after: readonly [minute: string, type: string] = [minuteOf(toIsoTime('from', from)), '']; ; ) {
      const { table } = this.sink.liveTable(alarmsPerMinute);
      const values: SqlValue[] = [...after, until, ...(type === undefined ? [] : [type]), PAGE_ROWS];
      const page = this.sink.db.all<MinuteCount>(
        `SELECT minute, type, count FROM ${table} WHERE (minute, type) > (?, ?) AND minute < ? ${ofType} ORDER BY minute, type LIMIT ?`,
        ...values,
      );
      items.push(...page);
      const last = page.at(-1);
      if (!last || page.length < PAGE_ROWS) return { items };
      if (items.length > MAX_COUNTS) throw new RangeError(`more than ${MAX_COUNTS} counts from ${from} to ${to}; ask for a shorter time`);
      after = [last.minute, last.type];
      await nextTurn();
    }
  }
}
