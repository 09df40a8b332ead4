import { isoTime, type Clock } from '../clock.js';
import type { EventFilter, EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import { decodeBatch, foldBatch, type FailedEvent } from './fold-events.js';
import type { ParkedEvent, ProjectionCopy, ProjectionSink } from './projection-sink.js';
import type { Projection } from './projection.js';

/** Events folded and stored in one transaction: some 10 ms of the event loop. */
export const BATCH_EVENTS = 500;

/** A filter lets little through; what else was passed is written down no more often than this. */
const IDLE_CHECKPOINT_MS = 1000;

/** So many events that fail are no bad events but a bad projection. */
export const MAX_PARKED = 1000;

const LONGEST_ERROR = 500;

/** More than `MAX_PARKED` events failed; a rebuild with a mended projection lets it go on. */
export class TooManyParked extends Error {
  constructor(projection: string, error: unknown) {
    super(`projection ${projection} has parked ${MAX_PARKED} events and stands still: ${errorText(error)}; mend it, then rebuild it`);
    this.name = 'TooManyParked';
  }
}

/** The live copy of one projection, and the only one who writes to it. */
export class LiveProjection {
  private copy: ProjectionCopy | null = null;
  private handled: Position | null = null;
  private parkedEvents = 0;
  private savedAtMs = 0;
  private last: Promise<unknown> = Promise.resolve();
  private opening: Promise<ProjectionCopy | null> | null = null;

  constructor(
    readonly projection: Projection,
    private readonly store: EventStore,
    private readonly sink: ProjectionSink,
    private readonly clock: Clock,
  ) {}

  /** Every event to here is in the rows that readers see, or parked. */
  get position(): Position | null {
    return this.handled;
  }

  get parked(): number {
    return this.parkedEvents;
  }

  get filter(): EventFilter {
    return { types: this.projection.handles };
  }

  /** The live copy; null when it was made by another version, or from events that this store does not have, so that it must be rebuilt. */
  async open(): Promise<ProjectionCopy | null> {
    if (this.copy) return this.copy;
    // A rebuild that is asked for meanwhile must find what is opened here, lest this takes the place of the copy that it makes live.
    this.opening ??= this.openOnce().finally(() => (this.opening = null));
    return this.opening;
  }

  private async openOnce(): Promise<ProjectionCopy | null> {
    let copy = await this.sink.openLive(this.projection);
    if (copy === 'outdated') return null;
    if (copy === null) {
      copy = await this.sink.createCopy(this.projection);
      await this.sink.makeLive(copy);
    }
    const checkpoint = await copy.checkpoint();
    if (checkpoint !== null && checkpoint > ((await this.store.headPosition()) ?? '')) return null;
    await this.take(copy);
    return copy;
  }

  /** Runs `work` while nothing is written to the live copy, and gives it that copy, null when there is none that is up to date. */
  exclusive<T>(work: (copy: ProjectionCopy | null) => Promise<T>): Promise<T> {
    const turn = this.last.then(() => work(this.copy));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Goes on with this copy; only inside `exclusive`, or before anything follows. */
  async take(copy: ProjectionCopy): Promise<void> {
    this.copy = copy;
    this.handled = await copy.checkpoint();
    this.parkedEvents = await copy.countParked();
  }

  /** Folds events as they come until `signal` is aborted. Thrown: what keeps it from going on; to be called again later. */
  async follow(signal: AbortSignal, onProgress: () => void): Promise<void> {
    // What a failed save has stored is not known here: the sink is asked.
    const after = await this.exclusive(async (copy) => {
      this.handled = (await copy?.checkpoint()) ?? null;
      return this.handled;
    });
    let batch: RecordedEvent[] = [];
    for await (const message of this.store.subscribe({ after, filter: this.filter, signal })) {
      if (message.type === 'event') batch.push(message.event);
      if (message.type === 'event' && batch.length < BATCH_EVENTS) continue;
      const through = message.type === 'event' ? message.event.position : message.position;
      if (through !== null) await this.exclusive((copy) => this.advance(copy, batch, through));
      batch = [];
      onProgress();
    }
    if (!signal.aborted) throw new Error('the subscription has ended');
  }

  private async advance(copy: ProjectionCopy | null, batch: readonly RecordedEvent[], through: Position): Promise<void> {
    if (!copy) throw new Error(`projection ${this.projection.name} has no live copy`);
    const nowMs = this.clock.now();
    if (batch.length > 0 || nowMs - this.savedAtMs >= IDLE_CHECKPOINT_MS) {
      const { rows, steps, failed } = await foldBatch(this.projection, copy, decodeBatch(batch));
      if (failed.length > 0 && this.parkedEvents + failed.length > MAX_PARKED) throw new TooManyParked(this.projection.name, failed[0]?.error);
      await copy.save({ rows, steps, checkpoint: through, parked: failed.map((event) => toParked(event, nowMs)) });
      this.savedAtMs = nowMs;
      if (failed.length > 0) this.parkedEvents = await copy.countParked();
    }
    this.handled = through;
  }
}

function toParked({ recorded, error }: FailedEvent, nowMs: number): ParkedEvent {
  return {
    position: recorded.position,
    stream: recorded.stream,
    revision: Number(recorded.revision),
    eventId: recorded.id,
    type: recorded.type,
    error: errorText(error),
    parkedAt: isoTime(nowMs),
  };
}

export function errorText(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_ERROR);
}
