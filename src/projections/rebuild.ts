import type { Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import type { EventStore, Position } from '../event-store/event-store.js';
import { Building, readInto, type OnTaken } from './building.js';
import { BATCH_EVENTS, errorText, type LiveProjection } from './live-projection.js';
import type { ProjectionSink } from './projection-sink.js';

/** How a rebuild went. */
export interface RebuildReport {
  readonly events: number;
  readonly rows: number;
  /** Whether the live copy had the same rows at the same position; null when there was none of this version to compare with. */
  readonly equal: boolean | null;
  readonly durationMs: number;
  readonly eventsPerSecond: number;
}

/** How the rebuild of one of several went; `problem` is why it is as it was. */
export type RebuiltModel = { readonly name: string } & (Pick<RebuildReport, 'events' | 'rows' | 'equal'> | { readonly problem: string });

/** How the rebuild of several went; `events` counts each once. */
export interface RebuildAllReport {
  readonly events: number;
  readonly durationMs: number;
  readonly readModels: readonly RebuiltModel[];
}

export interface RebuildProgress {
  readonly events: number;
  /** How far the copy is, and how far it has to go at least. */
  readonly position: Position | null;
  readonly goal: Position | null;
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
  const startMs = options.clock.now();
  const building = new Building(live, await options.sink.createCopy(live.projection), options);
  const done = await finish(building, options);
  const durationMs = options.clock.now() - startMs;
  return { ...done, durationMs, eventsPerSecond: Math.round(done.events / Math.max(durationMs / 1000, 0.001)) };
}

/**
 * The same for several read models, each event read once for all of them. What can't be rebuilt does not hold up the others;
 * `onDone` is told of each when it is done, or has failed. Thrown: nothing.
 */
export async function rebuildTogether(lives: readonly LiveProjection[], options: RebuildOptions, onDone: (live: LiveProjection) => void): Promise<RebuildAllReport> {
  const { store, sink, clock, onProgress } = options;
  const startMs = clock.now();
  const buildings = new Set<Building>();
  const readModels: RebuiltModel[] = [];
  const end = (live: LiveProjection, how: Pick<RebuildReport, 'events' | 'rows' | 'equal'> | { readonly problem: string }): void => {
    readModels.push({ name: live.projection.name, ...how });
    onDone(live);
  };
  const giveUp = async (building: Building, error: unknown): Promise<void> => {
    buildings.delete(building);
    await discard(building, sink);
    end(building.live, { problem: errorText(error) });
  };
  for (const live of lives) {
    try {
      await live.open();
      buildings.add(new Building(live, await sink.createCopy(live.projection), { ...options, onProgress: () => undefined }));
    } catch (error) {
      end(live, { problem: errorText(error) });
    }
  }
  let events = 0;
  try {
    const goal = await sharedGoal(lives, store);
    const onTaken: OnTaken = (sofar) => {
      events = sofar.events;
      onProgress({ ...sofar, goal });
    };
    if (goal !== null) await readInto([...buildings], goal, store, onTaken, giveUp);
  } catch (error) {
    for (const building of buildings) await giveUp(building, error);
  }
  for (const building of buildings) {
    try {
      end(building.live, await finish(building, options));
    } catch (error) {
      end(building.live, { problem: errorText(error) });
    }
  }
  return { events, durationMs: clock.now() - startMs, readModels };
}

/** No live copy may be overtaken: it could not be compared then. One that is empty has nothing to compare. */
async function sharedGoal(lives: readonly LiveProjection[], store: EventStore): Promise<Position | null> {
  const head = await store.headPosition();
  const reached = lives.map(({ position }) => position ?? head);
  return reached.reduce((lowest, position) => (position !== null && lowest !== null && position < lowest ? position : lowest), head);
}

/** Brings a copy to where the live one is, compares them and switches; drops it when that fails. */
async function finish(building: Building, { store, sink, signal }: RebuildOptions): Promise<Pick<RebuildReport, 'events' | 'rows' | 'equal'>> {
  const { live, copy } = building;
  try {
    await live.open();
    const goalNow = async () => live.position ?? (await store.headPosition());
    const approach = async (): Promise<void> => {
      while ((await building.through(await goalNow())) > NEAR_EVENTS);
    };
    await approach();
    // The live copy has gone on meanwhile.
    await copy.prepare?.(signal);
    crashPoint('rebuild-prepared');
    await approach();
    const { rows, equal } = await live.exclusive(async (before) => {
      const checkpoint = (await before?.checkpoint()) ?? null;
      const reached = live.position !== null && live.position > (checkpoint ?? '') ? live.position : checkpoint;
      await building.through(reached ?? (await store.headPosition()));
      const [built, old] = [await copy.summary(), building.position === reached ? await before?.summary() : undefined];
      signal.throwIfAborted();
      crashPoint('rebuild-switching');
      await sink.makeLive(copy);
      await live.take(copy);
      return { rows: built.rows, equal: old ? old.rows === built.rows && old.checksum === built.checksum : null };
    });
    return { events: building.events, rows, equal };
  } catch (error) {
    await discard(building, sink);
    throw error;
  }
}

/** A copy that can't be dropped now is dropped at the next start. */
async function discard({ copy }: Building, sink: ProjectionSink): Promise<void> {
  await sink.drop(copy).catch(() => undefined);
}
