import type { Position } from '../event-store/event-store.js';
import type { Projection, StoredRow } from './projection.js';

/**
 * Where read models are kept: the port has two adapters, libsql (embedded) and, for map and counts, InfluxDB.
 *
 * A read model is kept in copies: one that is live and, during a rebuild, one that is being built beside it.
 */
export interface ProjectionSink {
  /** The live copy; `outdated` when it was made by another version, with other columns or from another event store, null when there is none. */
  openLive(projection: Projection): Promise<ProjectionCopy | 'outdated' | null>;

  /** Makes an empty copy that is not live and has no checkpoint. */
  createCopy(projection: Projection): Promise<ProjectionCopy>;

  /** Makes the copy the live one, in one step for every reader, and drops the one before with its parked events. */
  makeLive(copy: ProjectionCopy): Promise<void>;

  /** Removes a copy that is not live. */
  drop(copy: ProjectionCopy): Promise<void>;

  /** Removes every copy that is not live: what a crash in a rebuild left. To be called when no rebuild runs. */
  dropLeftovers(): Promise<void>;

  close(): Promise<void>;
}

/** One copy of a read model. Thrown by every method: `ReadModelUnavailable`; a retry later may succeed. */
export interface ProjectionCopy {
  readonly id: string;
  readonly projection: Projection;

  /** Every event to here is in the rows or parked; null before the first. */
  checkpoint(): Promise<Position | null>;

  /** The rows of these keys, as far as there are any. */
  load(keys: readonly string[]): Promise<ReadonlyMap<string, StoredRow>>;

  /** All rows, in the order of their keys, where they can be listed. */
  pages?(): AsyncIterable<readonly StoredRow[]>;

  /** What readers need and a copy that is being filled does without; it may take seconds for a million rows. `makeLive` does it where it was not done. Thrown: the reason of `signal` when it is aborted. */
  prepare?(signal?: AbortSignal): Promise<void>;

  /** Stores all of it or nothing, durably. A row never overwrites one of a newer position. */
  save(step: ProjectionStep): Promise<void>;

  /** Number of rows, and a checksum over all of them in the order of their keys: two copies with the same rows have the same. */
  summary(): Promise<CopySummary>;

  /** The parked events, by position. */
  parked(limit: number): Promise<readonly ParkedEvent[]>;
  countParked(): Promise<number>;
}

export interface ProjectionStep {
  /** The rows after the step, one a key. */
  readonly rows: readonly StoredRow[];
  /** Every row on the way to them, event by event: for a store that keeps the changes and not only what came of them. */
  readonly steps: readonly StoredRow[];
  readonly checkpoint: Position;
  /** An event parked before is parked once. */
  readonly parked: readonly ParkedEvent[];
}

export interface CopySummary {
  readonly rows: number;
  readonly checksum: string;
}

/** An event that a projection could not take; the rest went on without it. A rebuild tries it again. */
export interface ParkedEvent {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly error: string;
  /** The runner's clock, ISO 8601 UTC. */
  readonly parkedAt: string;
}

/** A read model can't be read or written now: its database failed, it was never built, or it is being rebuilt with other columns. */
export class ReadModelUnavailable extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}; try again later`, options);
    this.name = 'ReadModelUnavailable';
  }
}
