import { crashPoint } from '../crash-point.js';
import type { EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import { decodeBatch, foldBatch, type DecodedEvent, type FailedEvent } from './fold-events.js';
import { BATCH_EVENTS, errorText, type LiveProjection } from './live-projection.js';
import type { ProjectionCopy } from './projection-sink.js';
import type { StoredRow } from './projection.js';
import type { RebuildOptions } from './rebuild.js';

/** The projection can't take an event, so a copy without it would not be whole; the live copy goes on. */
export class RebuildStopped extends Error {
  constructor(projection: string, { recorded, error }: FailedEvent) {
    const event = `event ${recorded.type} at revision ${recorded.revision} of stream ${recorded.stream}`;
    super(`rebuild of ${projection} stopped at ${event} (position ${recorded.position}): ${errorText(error)}; mend the projection first`);
    this.name = 'RebuildStopped';
  }
}

/** Some 10 MB. An alarm's events are mostly near each other, so that few rows are read again from the copy. */
const REMEMBERED_ROWS = 5_000;

/** A copy on its way from the first event to where the live one is. */
export class Building {
  events = 0;
  position: Position | null = null;
  private readonly types: ReadonlySet<string>;
  /** Those written last, the last at the end. */
  private readonly remembered = new Map<string, StoredRow>();

  constructor(
    readonly live: LiveProjection,
    readonly copy: ProjectionCopy,
    private readonly options: RebuildOptions,
  ) {
    this.types = new Set(live.projection.handles);
  }

  /** Folds all events to `goal` (inclusive) and gives how many there were. Thrown: `RebuildStopped`; the errors of store and copy. */
  async through(goal: Position | null): Promise<number> {
    const before = this.events;
    if (goal === null || (this.position !== null && this.position >= goal)) return 0;
    const { store, onProgress } = this.options;
    await readInto([this], goal, store, ({ position }) => onProgress({ events: this.events, position, goal }), (_building, error) => Promise.reject(error));
    return this.events - before;
  }

  /** Folds those of the events that it handles; they follow what it has, and it has then all up to `checkpoint`. */
  async take(batch: readonly DecodedEvent[], checkpoint: Position): Promise<void> {
    this.options.signal.throwIfAborted();
    const own = batch.filter(({ recorded }) => this.types.has(recorded.type));
    const { rows, steps, failed } = await foldBatch(this.live.projection, this, own);
    if (failed[0]) throw new RebuildStopped(this.live.projection.name, failed[0]);
    await this.copy.save({ rows, steps, checkpoint, parked: [] });
    crashPoint('rebuild-stored');
    this.remember(rows);
    this.position = checkpoint;
    this.events += own.length;
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
}

/** Events and position that a reading has come to. */
export type OnTaken = (sofar: { readonly events: number; readonly position: Position }) => void;

/**
 * Reads the events after the position of the copies, the same for all, to `goal` (inclusive), once, and has each take its own.
 * `onFailed` is told what one throws; the others go on, unless it throws too. Thrown: the store's errors, and what `onFailed` throws.
 */
export async function readInto(
  buildings: readonly Building[],
  goal: Position,
  store: EventStore,
  onTaken: OnTaken,
  onFailed: (building: Building, error: Error) => Promise<void>,
): Promise<void> {
  const going = new Set(buildings);
  let events = 0;
  const take = async (batch: readonly RecordedEvent[], checkpoint: Position): Promise<void> => {
    const decoded = decodeBatch(batch);
    await Promise.all(
      [...going].map((building) =>
        building.take(decoded, checkpoint).catch((error: unknown) => {
          going.delete(building);
          return onFailed(building, error as Error);
        }),
      ),
    );
    events += batch.length;
    onTaken({ events, position: checkpoint });
  };
  const types = [...new Set(buildings.flatMap(({ live }) => live.projection.handles))];
  let taking: Promise<void> = Promise.resolve();
  for await (const batch of inBatches(store.readAll({ after: buildings[0]?.position ?? null, filter: { types } }), goal)) {
    // The batch was read while the one before was stored; its rows must be there before they are read again.
    await taking;
    if (going.size === 0) return;
    taking = take(batch, batch.at(-1)?.position ?? goal);
    // It is awaited in the next round; until then a failure must not count as unhandled.
    taking.catch(() => undefined);
  }
  await taking;
  await take([], goal);
}

async function* inBatches(events: AsyncIterable<RecordedEvent>, goal: Position): AsyncIterable<RecordedEvent[]> {
  let batch: RecordedEvent[] = [];
  for await (const event of events) {
    if (event.position > goal) break;
    batch.push(event);
    if (batch.length < BATCH_EVENTS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
