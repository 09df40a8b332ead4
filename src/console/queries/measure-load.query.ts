import { isoTime, type Clock } from '../../clock.js';
import type { Load, LoadReads } from '../../projections/load-reads.js';
import { DAY_MS, LOAD_THRESHOLDS, PERIOD_MS } from '../../projections/operators-load.js';
import type { LoadAnswer } from '../load-schemas.js';
import { badFields } from '../problem.js';
import type { LoadQuery } from '../request-schemas.js';

/** What alarms ask of operators in a range of time. */
export class MeasureLoad {
  constructor(readonly query: LoadQuery) {}
}

const LONGEST_DAYS = 31;
const STALE_MS = LOAD_THRESHOLDS.staleHours * 3_600_000;

export class MeasureLoadHandler {
  constructor(
    private readonly reads: LoadReads,
    private readonly clock: Clock,
  ) {}

  /** Thrown: `RequestRefused` with 400 when the range is empty, too long or has too many sensors; `ReadModelUnavailable`. */
  async execute({ query }: MeasureLoad): Promise<LoadAnswer> {
    const toMs = query.to === undefined ? this.clock.now() : Date.parse(query.to);
    const fromMs = Math.floor((query.from === undefined ? toMs - DAY_MS : Date.parse(query.from)) / PERIOD_MS) * PERIOD_MS;
    if (fromMs >= toMs) throw badFields([{ field: 'from', detail: `${isoTime(fromMs)} is not before to, ${isoTime(toMs)}` }]);
    if (toMs - fromMs > LONGEST_DAYS * DAY_MS + PERIOD_MS) throw badFields([{ field: 'from', detail: `more than ${LONGEST_DAYS} days before to; ask in parts` }]);
    try {
      return toAnswer(fromMs, toMs, await this.reads.measure({ fromMs, toMs, zone: query.zone, staleBeforeMs: this.clock.now() - STALE_MS }));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw badFields([{ field: 'from', detail: error.message }]);
    }
  }
}

function toAnswer(fromMs: number, toMs: number, { consoles, whole, periods, days, busiest, chattering, stale }: Load): LoadAnswer {
  const step = ({ fromMs: atMs, alarms }: { fromMs: number; alarms: number }) => ({ from: isoTime(atMs), alarms });
  return {
    from: isoTime(fromMs),
    to: isoTime(toMs),
    thresholds: { ...LOAD_THRESHOLDS },
    consoles: [...consoles],
    whole,
    periods: periods.map(step),
    days: days.map(step),
    busiest: { total: busiest.total, items: busiest.items.map(({ sensorId, ...rest }) => ({ sensorId: String(sensorId), ...rest })) },
    chattering: { total: chattering.total, items: chattering.items.map(({ sensorId, lastMs, ...rest }) => ({ sensorId: String(sensorId), ...rest, lastAt: isoTime(lastMs) })) },
    stale: { total: stale.total, items: stale.items.map(({ sensorId, ...rest }) => ({ sensorId: String(sensorId), ...rest })) },
  };
}
