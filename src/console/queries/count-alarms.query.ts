import { isoTime, type Clock } from '../../clock.js';
import type { CountSource } from '../../projections/count-reads.js';
import { badFields } from '../problem.js';
import type { CountsQuery } from '../request-schemas.js';

/** Alarms per minute and type. */
export class CountAlarms {
  constructor(readonly query: CountsQuery) {}
}

export type CountsAnswer = Awaited<ReturnType<CountSource['perMinute']>>;

const HOUR_MS = 3_600_000;

/** 31 days have at most 134,000 rows, some 7 MB of JSON; a longer history is asked for in parts. */
const LONGEST_MS = 31 * 24 * HOUR_MS;

export class CountAlarmsHandler {
  constructor(
    private readonly counts: CountSource,
    private readonly clock: Clock,
  ) {}

  /** Thrown: `RequestRefused` with 400 when the range is empty or too long. */
  async execute({ query }: CountAlarms): Promise<CountsAnswer> {
    const to = query.to ?? isoTime(this.clock.now());
    const from = query.from ?? isoTime(Date.parse(to) - HOUR_MS);
    const rangeMs = Date.parse(to) - Date.parse(from);
    if (rangeMs <= 0) throw badFields([{ field: 'from', detail: `${from} is not before to, ${to}` }]);
    if (rangeMs > LONGEST_MS) throw badFields([{ field: 'from', detail: 'more than 31 days before to; ask for a longer range in parts' }]);
    return this.counts.perMinute({ from, to, ...(query.type === undefined ? {} : { type: query.type }) });
  }
}
