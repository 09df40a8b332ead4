import { DoublingPause, type Clock } from '../clock.js';
import { estimateTotal } from '../event-store/estimate-total.js';
import type { EventStore, Position } from '../event-store/event-store.js';
import { compareWithEvents, type Comparison } from './compare-with-events.js';
import { LagMeter } from './event-lag.js';
import { errorText, LiveProjection } from './live-projection.js';
import type { ParkedEvent, ProjectionSink } from './projection-sink.js';
import type { Projection } from './projection.js';
import { rebuild, RebuildStopped, type RebuildProgress, type RebuildReport } from './rebuild.js';

export type { RebuildReport };

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5000;

/** A rebuild that stopped at an event will stop there again, until someone mends it. */
const STOPPED_PAUSE_MS = 300_000;

/** How a read model is. */
export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** Every event to here is in it, or parked; null before the first. */
  readonly position: Position | null;
  /** Events that it still has to take, counted to `COUNTED_LAG`; as last known when the event store does not answer. */
  readonly lagEvents: number;
  /** Age of the oldest of them, 0 when there is none. */
  readonly lagSeconds: number;
  readonly parked: number;
  /** It follows the events; false before the start, after the stop, and while it waits after a failure. */
  readonly running: boolean;
  readonly rebuilding: boolean;
  /** Null once it goes on again. */
  readonly lastError: string | null;
}

/** There is no projection of this name. */
export class UnknownProjection extends Error {
  constructor(
    readonly projection: string,
    readonly known: readonly string[],
  ) {
    super(`no projection is named ${JSON.stringify(projection)}; there are ${known.join(', ')}`);
    this.name = 'UnknownProjection';
  }
}

/** This projection is being rebuilt already. */
export class RebuildRunning extends Error {
  constructor(name: string) {
    super(`projection ${name} is being rebuilt; try again when that is done`);
    this.name = 'RebuildRunning';
  }
}

interface Task {
  readonly live: LiveProjection;
  isRunning: boolean;
  isRebuilding: boolean;
  lastError: string | null;
  readonly meter: LagMeter;
}

/** How a rebuild gets on; `of` is an estimate until it is done. */
export type OnRebuildProgress = (done: number, of: number, what: string) => void;

/** Keeps every read model up to the events: one subscription, one checkpoint and one loop for each. */
export class ProjectionRunner {
  private readonly tasks: ReadonlyMap<string, Task>;
  private readonly stopping = new AbortController();
  private loops: Promise<unknown> = Promise.resolve();
  private readonly rebuilds = new Set<Promise<unknown>>();

  constructor(
    projections: readonly Projection[],
    private readonly store: EventStore,
    private readonly sink: ProjectionSink,
    private readonly clock: Clock,
    private readonly logFailure: (projection: string, error: unknown) => void,
  ) {
    this.tasks = new Map(
      projections.map((projection) => {
        const live = new LiveProjection(projection, store, sink, clock);
        return [projection.name, { live, isRunning: false, isRebuilding: false, lastError: null, meter: new LagMeter(store, clock, live.filter) }];
      }),
    );
  }

  get names(): readonly string[] {
    return [...this.tasks.keys()];
  }

  /** Resolves when every read model can be read, or has said why not; they catch up after that. */
  async start(): Promise<void> {
    const tasks = [...this.tasks.values()];
    await this.sink.dropLeftovers().catch((error: unknown) => this.logFailure('all', error));
    await Promise.all(tasks.map((task) => task.live.open().catch((error: unknown) => this.note(task, error))));
    this.loops = Promise.all(tasks.map((task) => this.run(task, this.stopping.signal)));
  }

  /** Resolves when nothing is written any more. A rebuild is given up. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the projections are being stopped'));
    await this.loops;
    await Promise.allSettled(this.rebuilds);
  }

  /** Every event to here is in all read models; null before the first. */
  projectedTo(): Position | null {
    const positions = [...this.tasks.values()].map(({ live }) => live.position);
    return positions.reduce((lowest, position) => (lowest === null || position === null || position < lowest ? position : lowest), positions[0] ?? null);
  }

  /** Builds the read model again from the first event. Thrown: `UnknownProjection`, `RebuildRunning`, and see `rebuild`. */
  async rebuild(name: string, onProgress: OnRebuildProgress = () => undefined): Promise<RebuildReport> {
    const report = await this.rebuildTask(this.task(name), forEvents(onProgress));
    onProgress(report.events, report.events, 'events');
    return report;
  }

  /** Compares every read model with what its events come to, one after the other. Thrown: `RebuildRunning`, and see `compareWithEvents`. */
  async compare(onProgress: OnRebuildProgress, onDifference: (line: string) => void): Promise<readonly Comparison[]> {
    const comparisons: Comparison[] = [];
    const { store, sink, clock } = this;
    for (const task of this.tasks.values()) {
      const options = { store, sink, clock, signal: this.stopping.signal, onProgress: forEvents(onProgress) };
      comparisons.push(await this.alone(task, () => compareWithEvents(task.live, options, onDifference)));
    }
    return comparisons;
  }

  /** The oldest events that a projection could not take. Thrown: `UnknownProjection`. */
  async parked(name: string, limit: number): Promise<readonly ParkedEvent[]> {
    const copy = await this.task(name).live.open();
    return copy ? copy.parked(limit) : [];
  }

  async status(): Promise<readonly ProjectionStatus[]> {
    return Promise.all([...this.tasks.values()].map((task) => this.statusOf(task)));
  }

  private async run(task: Task, signal: AbortSignal): Promise<void> {
    const pause = new DoublingPause(this.clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    while (!signal.aborted) {
      try {
        if (!(await task.live.open())) await this.rebuildTask(task, () => undefined);
        task.isRunning = true;
        await task.live.follow(signal, () => {
          pause.reset();
          task.lastError = null;
        });
      } catch (error) {
        task.isRunning = false;
        if (signal.aborted) return;
        this.note(task, error);
        await (error instanceof RebuildStopped ? this.clock.sleep(STOPPED_PAUSE_MS, signal) : pause.wait(signal));
      }
    }
    task.isRunning = false;
  }

  private rebuildTask(task: Task, onProgress: (progress: RebuildProgress) => void): Promise<RebuildReport> {
    const { store, sink, clock } = this;
    return this.alone(task, () => rebuild(task.live, { store, sink, clock, signal: this.stopping.signal, onProgress }));
  }

  /** Makes a copy of the read model while nothing else does. Thrown: `RebuildRunning`. */
  private async alone<T>(task: Task, work: () => Promise<T>): Promise<T> {
    if (task.isRebuilding) throw new RebuildRunning(task.live.projection.name);
    task.isRebuilding = true;
    const running = work();
    this.rebuilds.add(running);
    try {
      return await running;
    } finally {
      this.rebuilds.delete(running);
      task.isRebuilding = false;
    }
  }

  private async statusOf(task: Task): Promise<ProjectionStatus> {
    const { live, meter, isRunning, isRebuilding } = task;
    const { name, version } = live.projection;
    const { position, parked } = live;
    let { lastError } = task;
    try {
      await meter.measure(position);
    } catch (error) {
      lastError ??= errorText(error);
    }
    return { name, version, position, ...meter.lag, parked, running: isRunning, rebuilding: isRebuilding, lastError };
  }

  private task(name: string): Task {
    const task = this.tasks.get(name);
    if (!task) throw new UnknownProjection(name, this.names);
    return task;
  }

  private note(task: Task, error: unknown): void {
    task.lastError = errorText(error);
    this.logFailure(task.live.projection.name, error);
  }
}

function forEvents(onProgress: OnRebuildProgress): (progress: RebuildProgress) => void {
  return ({ events, position, goal }) => onProgress(events, estimateTotal(events, position, goal), 'events');
}
