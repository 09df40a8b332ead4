import type { Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import type { EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import { foldBatch, type FailedEvent } from './fold-events.js';
import { BATCH_EVENTS, errorText, type LiveProjection } from './live-projection.js';
import type { ProjectionCopy, ProjectionSink } from './projection-sink.js';
import type { StoredRow } from './projection.js';

/** How a rebuild went. */
export interface RebuildReport {
  readonly events: number;
  readonly rows: number;
  /** Whether the live copy had the same rows at the same position; null when there was none of this version to compare with. */
  readonly equal: boolean | null;
  readonly durationMs: number;
  readonly eventsPerSecond: number;
}

export interface RebuildProgress {
  readonly events: number;
  /** How far the copy is, and how far it has to go at least. */
  readonly position: Position | null;
  readonly goal: Position | null;
}

/** The projection can't take an event, so a copy without it would not be whole; the live copy goes on. */
export class RebuildStopped extends Error {
  constructor(projection: string, { recorded, error }: FailedEvent) {
    const event = `event ${recorded.type} at revision ${recorded.revision} of stream ${recorded.stream}`;
    super(`rebuild of ${projection} stopped at ${event} (position ${recorded.position}): ${errorText(error)}; mend the projection first`);
    this.name = 'RebuildStopped';
  }
}

export interface RebuildOptions {
  readonly store: EventStore;
  readonly sink: ProjectionSink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RebuildProgress) => void;
}

/** The copy is brought to within so many events of the live one before that one has to wait. */
const NEAR_EVENTS = BATCH_EVENTS;

/**
 * Builds a new copy from the first event, compares it with the live one and puts it in its place (P6).
 *
 * The live copy goes on meanwhile; it waits only for the last few events, the comparison (some 10 s for a
 * million rows each) and the switch. Whatever happens before the switch leaves it as it was.
 * Thrown: `RebuildStopped`; the errors of store and sink; the reason of `signal` when it is aborted.
 */
export async function rebuild(live: LiveProjection, options: RebuildOptions): Promise<RebuildReport> {
  const { store, sink, clock } = options;
  const startMs = clock.now();
  const building = new Building(live, await sink.createCopy(live.projection), options);
  try {
    const goalOf = async (hasLive: boolean) => (hasLive ? live.position : store.headPosition());
    const isCurrent = (await live.open()) !== null;
    const approach = async (): Promise<void> => {
      while ((await building.through(await goalOf(isCurrent))) > NEAR_EVENTS);
    };
    await approach();
    // The live copy has gone on meanwhile.
    await building.copy.prepare?.(options.signal);
    crashPoint('rebuild-prepared');
    await approach();
    const { rows, equal } = await live.exclusive(async (before) => {
      const checkpoint = (await before?.checkpoint()) ?? null;
      const goal = before && live.position !== null && live.position > (checkpoint ?? '') ? live.position : checkpoint;
      await building.through(before ? goal : await store.headPosition());
      const [built, old] = [await building.copy.summary(), await before?.summary()];
      options.signal.throwIfAborted();
      crashPoint('rebuild-switching');
      await sink.makeLive(building.copy);
      await live.take(building.copy);
      return { rows: built.rows, equal: old ? old.rows === built.rows && old.checksum === built.checksum : null };
    });
    const durationMs = clock.now() - startMs;
    return { events: building.events, rows, equal, durationMs, eventsPerSecond: Math.round(building.events / Math.max(durationMs / 1000, 0.001)) };
  } catch (error) {
    // A copy that can't be dropped now is dropped at the next start.
    await sink.drop(building.copy).catch(() => undefined);
    throw error;
  }
}

/** Some 10 MB. An alarm's events are mostly near each other, so that few rows are read again from the copy. */
const REMEMBERED_ROWS = 5_000;

/** A copy on its way from the first event to where the live one is. */
export class Building {
  events = 0;
  private position: Position | null = null;
  /** Those written last, the last at the end. */
  private readonly remembered = new Map<string, StoredRow>();

  constructor(
    private readonly live: LiveProjection,
    readonly copy: ProjectionCopy,
    private readonly options: RebuildOptions,
  ) {}

  /** Folds all events to `goal` (inclusive) and gives how many there were. */
  async through(goal: Position | null): Promise<number> {
    const before = this.events;
    if (goal === null || (this.position !== null && this.position >= goal)) return 0;
    let saving: Promise<void> = Promise.resolve();
    for await (const batch of this.batchesTo(goal)) {
      // The batch was read while the one before was stored; its rows must be there before they are read again.
      await saving;
      saving = this.save(batch, batch.at(-1)?.position ?? goal, goal);
      // It is awaited in the next round; until then a failure must not count as unhandled.
      saving.catch(() => undefined);
    }
    await saving;
    await this.save([], goal, goal);
    return this.events - before;
  }

  /** The rows of these keys as they are by now. */
  async load(keys: readonly string[]): Promise<ReadonlyMap<string, StoredRow>> {
    const unknown = keys.filter((key) => !this.remembered.has(key));
    const rows = new Map(unknown.length > 0 ? await this.copy.load(unknown) : []);
    for (const key of keys) {
      const row = this.remembered.get(key);
      if (row) rows.set(key, row);
    }
    return rows;
  }

  private remember(rows: readonly StoredRow[]): void {
    for (const row of rows) {
      this.remembered.delete(row.key);
      this.remembered.set(row.key, row);
    }
    for (const key of this.remembered.keys()) {
      if (this.remembered.size <= REMEMBERED_ROWS) break;
      this.remembered.delete(key);
    }
  }

  private async *batchesTo(goal: Position): AsyncIterable<RecordedEvent[]> {
    let batch: RecordedEvent[] = [];
    for await (const event of this.options.store.readAll({ after: this.position, filter: this.live.filter })) {
      if (event.position > goal) break;
      batch.push(event);
      if (batch.length < BATCH_EVENTS) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  private async save(batch: readonly RecordedEvent[], checkpoint: Position, goal: Position): Promise<void> {
    const { signal, onProgress } = this.options;
    signal.throwIfAborted();
    const { rows, steps, failed } = await foldBatch(this.live.projection, this, batch);
    if (failed[0]) throw new RebuildStopped(this.live.projection.name, failed[0]);
    await this.copy.save({ rows, steps, checkpoint, parked: [] });
    crashPoint('rebuild-stored');
    this.remember(rows);
    this.position = checkpoint;
    this.events += batch.length;
    onProgress({ events: this.events, position: checkpoint, goal });
  }
}
