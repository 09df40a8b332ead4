import type { Clock } from '../../clock.js';
import type { LibsqlProjectionCopy } from '../libsql-projection-copy.js';
import type { Projection, StoredRow } from '../projection.js';
import type { Bucket } from './influx-bucket.js';
import type { WriteTerm } from './influx-client.js';

/** How the rows of one projection become points. */
export interface InfluxMeasure {
  readonly projection: Projection;

  /** The points of these rows, that came in this order; `isLive` is false in a rebuild, which readers must not see before its end. */
  lines(steps: readonly StoredRow[], bucket: Bucket, isLive: boolean): string[];

  /** Makes what readers see of the bucket equal to the rows, whatever it was before. */
  restore(rows: LibsqlProjectionCopy, term: WriteTerm): Promise<void>;

  /** It is time for `restore` although no step has failed. */
  isDue(term: WriteTerm): Promise<boolean>;
}

/** Nearer to the end of the retention than this a point is no longer written: the server would refuse it, and its batch with it. */
const RETENTION_MARGIN_MS = 600_000;

/** Older points than this are not kept. */
export function horizonMs(bucket: Bucket, clock: Clock): number {
  return bucket.retentionMs === null ? Number.NEGATIVE_INFINITY : clock.now() - bucket.retentionMs + RETENTION_MARGIN_MS;
}
