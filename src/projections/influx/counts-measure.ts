import { isoTime, type Clock } from '../../clock.js';
import type { AlarmsPerMinuteRow } from '../alarms-per-minute.projection.js';
import type { LibsqlProjectionCopy } from '../libsql-projection-copy.js';
import type { StoredRow } from '../projection.js';
import { influxAlarmsPerMinute } from './influx-alarms-per-minute.projection.js';
import type { Bucket } from './influx-bucket.js';
import type { InfluxClient, WriteTerm } from './influx-client.js';
import { horizonMs, type InfluxMeasure } from './influx-measure.js';
import { countLine, MEASUREMENTS } from './influx-points.js';
import { countedTime, countsBetween } from './influx-reads.js';

/** Compared at a time: 30,000 counts at most. */
const WINDOW_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;

/** Wrong minutes are deleted one by one, some ms each; with more than these the whole window is. */
const MOST_SINGLE_DELETIONS = 100;

/** `alarms_per_minute`: how many alarms of a type a minute has, each time that it has more (ADR 12). */
export class CountsMeasure implements InfluxMeasure {
  readonly projection = influxAlarmsPerMinute;

  constructor(
    private readonly client: InfluxClient,
    private readonly clock: Clock,
  ) {}

  lines(steps: readonly StoredRow[], bucket: Bucket, isLive: boolean): string[] {
    // A rebuild is compared with what is there when it is done.
    if (!isLive) return [];
    const last = new Map(steps.map(({ key, values }) => [key, values as AlarmsPerMinuteRow]));
    return [...last.values()].filter(({ minute }) => Date.parse(minute) >= horizonMs(bucket, this.clock)).map(countLine);
  }

  async isDue(): Promise<boolean> {
    return false;
  }

  /** Compares, deletes what is too high, writes what differs; where the counts are right nothing is touched. */
  async restore(copy: LibsqlProjectionCopy, term: WriteTerm): Promise<void> {
    const oldestMs = horizonMs(await this.client.bucket(), this.clock);
    const stored = await countedTime(this.client);
    let nextMs = stored === null ? Number.POSITIVE_INFINITY : windowOf(stored.firstMs);
    const through = async (untilMs: number): Promise<void> => {
      for (; stored !== null && nextMs < untilMs && nextMs <= stored.lastMs; nextMs += WINDOW_MS) await this.mend(nextMs, [], term);
    };
    for await (const { startMs, rows } of windows(copy)) {
      await through(startMs);
      await this.mend(startMs, rows.filter(({ minute }) => Date.parse(minute) >= oldestMs), term);
      nextMs = Math.max(startMs + WINDOW_MS, stored === null ? 0 : nextMs);
    }
    await through(Number.POSITIVE_INFINITY);
  }

  private async mend(startMs: number, rows: readonly AlarmsPerMinuteRow[], term: WriteTerm): Promise<void> {
    const wanted = new Map(rows.map((row) => [keyOf(row), row.count]));
    const stored = await countsBetween(this.client, startMs, startMs + WINDOW_MS);
    const tooHigh = stored.filter((row) => row.count > (wanted.get(keyOf(row)) ?? 0));
    const areMany = tooHigh.length > MOST_SINGLE_DELETIONS;
    const all = `_measurement="${MEASUREMENTS.counts}"`;
    if (areMany) await this.client.delete(startMs, startMs + WINDOW_MS - 1, all, term);
    else for (const { minute, type } of tooHigh) await this.client.delete(Date.parse(minute), Date.parse(minute) + MINUTE_MS - 1, `${all} AND type="${type}"`, term);
    const right = new Map(areMany ? [] : stored.map((row) => [keyOf(row), row.count]));
    await this.client.write(rows.filter((row) => right.get(keyOf(row)) !== row.count).map(countLine), term);
  }
}

async function* windows(copy: LibsqlProjectionCopy): AsyncIterable<{ startMs: number; rows: AlarmsPerMinuteRow[] }> {
  let startMs = NaN;
  let rows: AlarmsPerMinuteRow[] = [];
  for await (const page of copy.pages()) {
    for (const { values } of page) {
      const row = values as AlarmsPerMinuteRow;
      const rowStartMs = windowOf(Date.parse(row.minute));
      if (rowStartMs !== startMs && rows.length > 0) {
        yield { startMs, rows };
        rows = [];
      }
      startMs = rowStartMs;
      rows.push(row);
    }
  }
  if (rows.length > 0) yield { startMs, rows };
}

function windowOf(ms: number): number {
  return Math.floor(ms / WINDOW_MS) * WINDOW_MS;
}

function keyOf({ minute, type }: Pick<AlarmsPerMinuteRow, 'minute' | 'type'>): string {
  return `${isoTime(Date.parse(minute))} ${type}`;
}
