import type { SensorListReads } from '../../projections/sensor-list-reads.js';
import type { SensorListQuery } from '../request-schemas.js';
import type { SilentList } from '../response-schemas.js';
import { cursorOf, placeIn } from '../sensor-cursor.js';

/** A page of the silent sensors, the last to grow silent first. */
export class ListSilent {
  constructor(readonly query: SensorListQuery) {}
}

export class ListSilentHandler {
  constructor(private readonly lists: SensorListReads) {}

  /** Thrown: `BadCursor`, `ReadModelUnavailable`. */
  async execute({ query }: ListSilent): Promise<SilentList> {
    const { items, last, total } = this.lists.silent(query.limit, placeIn(query.cursor));
    return { items, next: cursorOf(last), total };
  }
}
