import { checkedRange, MAX_COUNTS, tooManyCounts, type CountQuery, type CountSource, type MinuteCount } from '../count-reads.js';
import type { InfluxClient } from './influx-client.js';
import { countsBetween } from './influx-reads.js';

const MINUTE_MS = 60_000;

/** Alarms per minute and type (R6), from InfluxDB. Minutes older than the bucket's retention are gone. */
export class InfluxCountReads implements CountSource {
  constructor(private readonly client: InfluxClient) {}

  async perMinute(query: CountQuery): Promise<{ items: MinuteCount[] }> {
    const { firstMinute, until } = checkedRange(query);
    const fromMs = Date.parse(firstMinute);
    // A minute that has begun before the end belongs to the range.
    const toMs = Math.ceil(Date.parse(until) / MINUTE_MS) * MINUTE_MS;
    if (toMs <= fromMs) return { items: [] };
    const types = query.types === undefined ? {} : { types: query.types };
    const items = await countsBetween(this.client, fromMs, toMs, { ...types, limit: MAX_COUNTS + 1 });
    if (items.length > MAX_COUNTS) throw tooManyCounts(query);
    return { items };
  }
}
