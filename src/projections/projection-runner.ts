import { DoublingPause, type Clock } from '../clock.js';
import { estimateTotal } from '../event-store/estimate-total.js';
import type { EventStore, Position } from '../event-store/event-store.js';
import { compareWithEvents, type Comparison } from './compare-with-events.js';
import { COUNTED_LAG, LagMeter } from './event-lag.js';
import { errorText, LiveProjection } from './live-projection.js';
import type { ParkedEvent, ProjectionSink } from './projection-sink.js';
import type { Projection } from './projection.js';
import { RebuildStopped } from './building.js';
import { rebuild, rebuildTogether, type RebuildAllReport, type RebuildOptions, type RebuildProgress, type RebuildReport } from './rebuild.js';

export type { RebuildAllReport, RebuildReport };

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
    this.loops = this.run(tasks, this.stopping.signal);
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

  /** The same for all of them, each event read once. Thrown: `RebuildRunning` when one is being rebuilt already; see `rebuildTogether`. */
  async rebuildAll(onProgress: OnRebuildProgress = () => undefined): Promise<RebuildAllReport> {
    const report = await this.rebuildTasks([...this.tasks.values()], forEvents(onProgress));
    onProgress(report.events, report.events, 'events');
    return report;
  }

  /** Compares every read model with what its events come to, one after the other. Thrown: `RebuildRunning`, and see `compareWithEvents`. */
  async compare(onProgress: OnRebuildProgress, onDifference: (line: string) => void): Promise<readonly Comparison[]> {
    const comparisons: Comparison[] = [];
    for (const task of this.tasks.values()) {
      comparisons.push(await this.alone([task], () => compareWithEvents(task.live, this.rebuildOptions(forEvents(onProgress)), onDifference)));
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

  /** Follows the events with all of them. Those that have nothing of many events yet are built first, together, which takes two thirds of the time. */
  private async run(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
    const isEmpty = await Promise.all(tasks.map((task) => this.isToBeBuilt(task)));
    const empty = tasks.filter((_, index) => isEmpty[index]);
    // What can't be built so is noted when it is begun again by itself.
    const built = empty.length === 0 ? undefined : this.rebuildTasks(empty, () => undefined).catch(() => undefined);
    await Promise.all(
      tasks.map(async (task) => {
        if (empty.includes(task)) await built;
        await this.follow(task, signal);
      }),
    );
  }

  /** False also where that is not known. */
  private async isToBeBuilt({ live, meter }: Task): Promise<boolean> {
    try {
      if (!(await live.open())) return true;
      if (live.position !== null) return false;
      await meter.measure(null);
      return meter.lag.lagEvents >= COUNTED_LAG;
    } catch {
      return false;
    }
  }

  private async follow(task: Task, signal: AbortSignal): Promise<void> {
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
    return this.alone([task], () => rebuild(task.live, this.rebuildOptions(onProgress)));
  }

  private rebuildTasks(tasks: readonly Task[], onProgress: (progress: RebuildProgress) => void): Promise<RebuildAllReport> {
    return this.alone(tasks, (done) => rebuildTogether(tasks.map(({ live }) => live), this.rebuildOptions(onProgress), done));
  }

  private rebuildOptions(onProgress: (progress: RebuildProgress) => void): RebuildOptions {
    const { store, sink, clock } = this;
    return { store, sink, clock, signal: this.stopping.signal, onProgress };
  }

  /** Makes copies of the read models while nothing else does; each is free again when `work` calls `done` for it. Thrown: `RebuildRunning`. */
  private async alone<T>(tasks: readonly Task[], work: (done: (live: LiveProjection) => void) => Promise<T>): Promise<T> {
    const busy = tasks.find(({ isRebuilding }) => isRebuilding);
    if (busy) throw new RebuildRunning(busy.live.projection.name);
    const taken = new Set(tasks);
    const free = (task: Task): void => {
      if (taken.delete(task)) task.isRebuilding = false;
    };
    for (const task of tasks) task.isRebuilding = true;
    const running = work((done) => {
      for (const task of tasks) if (task.live === done) free(task);
    });
    this.rebuilds.add(running);
    try {
      return await running;
    } finally {
      this.rebuilds.delete(running);
      for (const task of tasks) free(task);
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
