import { isoTime, type Clock } from '../../clock.js';
import type { PastAlarms } from '../../projections/past-alarms.js';
import type { PastAnswer } from '../past-schemas.js';
import type { PastQuery } from '../request-schemas.js';

/** What was known of the whole system at a time of recording. */
export class AuditSystem {
  constructor(readonly query: PastQuery) {}
}

/** More that was recorded in one millisecond is counted, not listed. */
const MOST_CHANGES = 50;

export class AuditSystemHandler {
  constructor(
    private readonly past: PastAlarms,
    private readonly clock: Clock,
  ) {}

  /** Thrown: `ReadModelUnavailable`. */
  async execute({ query }: AuditSystem): Promise<PastAnswer> {
    const asOf = query.asOf ?? isoTime(this.clock.now());
    const moments = this.past.moments(asOf);
    const changes = moments.current === null ? { total: 0, items: [] } : this.past.changesAt(moments.current, MOST_CHANGES);
    const { map, open } = await this.past.state(asOf, query);
    return { asOf, moments, changes: { ...changes, items: [...changes.items] }, map: { ...map, cells: [...map.cells] }, open: { ...open, items: [...open.items] } };
  }
}
