import { isoTime, type Clock } from '../../clock.js';
import type { CountSource, MinuteCount } from '../../projections/count-reads.js';
import { badFields } from '../problem.js';
import type { CountsQuery } from '../request-schemas.js';

/** Alarms per minute, or a longer step, and type. */
export class CountAlarms {
  constructor(readonly query: CountsQuery) {}
}

export type CountsAnswer = Awaited<ReturnType<CountSource['perMinute']>>;

const HOUR_MS = 3_600_000;

const DAY_MS = 24 * HOUR_MS;

/** 31 days of minutes have at most 134,000 rows, some 7 MB of JSON; a longer history is asked for in longer steps or in parts. */
const PART_MS = 31 * DAY_MS;
const MOST_STEPS = PART_MS / 60_000;
const LONGEST_MS = 400 * DAY_MS;

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
    const stepMs = query.step * 1000;
    if (rangeMs > LONGEST_MS || rangeMs / stepMs > MOST_STEPS) {
      throw badFields([{ field: 'from', detail: `more than ${MOST_STEPS} steps of ${query.step} s or 400 days before to; ask in longer steps or in parts` }]);
    }
    const ofTypes = query.type === undefined ? {} : { types: query.type };
    if (query.step === 60) return this.counts.perMinute({ from, to, ...ofTypes });
    const totals = new Map<string, MinuteCount>();
    // Part by part, so that never more than 31 days of minutes are held.
    for (let startMs = Math.floor(Date.parse(from) / stepMs) * stepMs; startMs < Date.parse(to); startMs += PART_MS) {
      const part = { from: isoTime(startMs), to: isoTime(Math.min(startMs + PART_MS, Date.parse(to))) };
      for (const { minute, type, count } of (await this.counts.perMinute({ ...part, ...ofTypes })).items) {
        const step = isoTime(Math.floor(Date.parse(minute) / stepMs) * stepMs);
        const key = `${step} ${type}`;
        totals.set(key, { minute: step, type, count: count + (totals.get(key)?.count ?? 0) });
      }
    }
    return { items: [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total) };
  }
}
