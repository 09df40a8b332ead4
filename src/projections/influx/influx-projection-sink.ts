import type { Clock } from '../../clock.js';
import type { LibsqlProjectionSink } from '../libsql-projection-sink.js';
import type { ProjectionCopy, ProjectionSink } from '../projection-sink.js';
import type { Projection } from '../projection.js';
import type { InfluxClient, WriteTerm } from './influx-client.js';
import { InfluxProjectionCopy, Turns, type InfluxContext } from './influx-projection-copy.js';
import type { InfluxMeasure } from './influx-measure.js';

/** How often it is looked whether something is to be written although no event came. */
const TICK_MS = 3000;

/** Whether this process is the one that writes. */
export interface Writing {
  /** Null while another process is. */
  current(): WriteTerm | null;
  /** Resolves when this process writes, or knows who does. */
  untilKnown(): Promise<void>;
}

/**
 * Read models in InfluxDB. Their rows, checkpoints and parked events stay in libsql beside the others, because a
 * fold needs the row before; a step is stored there only after InfluxDB has confirmed its points.
 */
export class InfluxProjectionSink implements ProjectionSink {
  private readonly stopping = new AbortController();
  private readonly live = new Map<string, InfluxProjectionCopy>();
  private readonly contexts: ReadonlyMap<string, InfluxContext>;
  private ticking: Promise<void> = Promise.resolve();

  constructor(
    private readonly rows: LibsqlProjectionSink,
    client: InfluxClient,
    measures: readonly InfluxMeasure[],
    private readonly clock: Clock,
    private readonly writing: Writing,
  ) {
    const { storeId } = rows;
    const term = (): WriteTerm | null => writing.current();
    this.contexts = new Map(measures.map((measure) => [measure.projection.name, { client, measure, storeId, clock, term, turns: new Turns() }]));
  }

  get projections(): readonly Projection[] {
    return [...this.contexts.values()].map(({ measure }) => measure.projection);
  }

  /** `outdated` also when there are no rows: what InfluxDB may have of an earlier time is then compared with a rebuild. */
  async openLive(projection: Projection): Promise<ProjectionCopy | 'outdated'> {
    const copy = await this.rows.openLive(projection);
    if (copy === null || copy === 'outdated') return 'outdated';
    return this.goLive(new InfluxProjectionCopy(copy, this.context(projection)));
  }

  /** The first copy's points are written with it, unless another process does that. */
  async createCopy(projection: Projection): Promise<ProjectionCopy> {
    await this.writing.untilKnown();
    return new InfluxProjectionCopy(await this.rows.createCopy(projection), this.context(projection));
  }

  async makeLive(copy: ProjectionCopy): Promise<void> {
    const ours = this.own(copy);
    await ours.restore();
    await this.rows.makeLive(ours.rows);
    this.goLive(ours);
  }

  drop(copy: ProjectionCopy): Promise<void> {
    return this.rows.drop(this.own(copy).rows);
  }

  /** They are dropped with those of the other read models. */
  async dropLeftovers(): Promise<void> {}

  /** Begins to write what is due without an event: snapshots. */
  start(): void {
    this.ticking = this.tick();
  }

  /** Makes what InfluxDB has of a live projection equal to its rows; nothing to do while there is none. */
  async restore({ name }: Projection): Promise<void> {
    await this.live.get(name)?.restore();
  }

  /** The rows' database is closed by its owner. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.ticking;
  }

  private async tick(): Promise<void> {
    const { signal } = this.stopping;
    for (; !signal.aborted; await this.clock.sleep(TICK_MS, signal)) {
      // The client keeps why it failed, for health; it is tried again at the next tick.
      for (const copy of this.live.values()) await copy.writeDue().catch(() => undefined);
    }
  }

  private goLive(copy: InfluxProjectionCopy): InfluxProjectionCopy {
    copy.goLive();
    this.live.set(copy.projection.name, copy);
    return copy;
  }

  private context({ name }: Projection): InfluxContext {
    const context = this.contexts.get(name);
    if (context === undefined) throw new Error(`projection ${name} is none of InfluxDB's`);
    return context;
  }

  private own(copy: ProjectionCopy): InfluxProjectionCopy {
    if (!(copy instanceof InfluxProjectionCopy)) throw new TypeError(`copy ${copy.id} of ${copy.projection.name} is of another sink`);
    return copy;
  }
}
