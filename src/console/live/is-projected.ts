import type { Position } from '../../event-store/event-store.js';
import type { ProjectionStatus } from '../../projections/projection-runner.js';

/** Tells whether all read models have every event to a position. */
export type IsProjected = (position: Position) => Promise<boolean>;

/** As the projections say. One without a lag has all, whatever its position; but a lag that could not be measured is an old one. */
export function isProjectedBy(projections: readonly { status(): Promise<readonly Pick<ProjectionStatus, 'position' | 'lagEvents' | 'lastError'>[]> }[]): IsProjected {
  return async (position) => {
    const statuses = (await Promise.all(projections.map((each) => each.status()))).flat();
    return statuses.every((status) => (status.lagEvents === 0 && status.lastError === null) || (status.position !== null && status.position >= position));
  };
}
