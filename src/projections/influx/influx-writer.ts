import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import type { EventStore } from '../../event-store/event-store.js';
import { LEASE_TIMES, type LeasedRole } from '../../leases/leased-role.js';
import type { Term } from '../../leases/term.js';
import type { LibsqlProjectionSink } from '../libsql-projection-sink.js';
import { errorText } from '../live-projection.js';
import { ProjectionRunner, type OnRebuildProgress, type RebuildAllReport, type RebuildReport } from '../projection-runner.js';
import { CountsMeasure } from './counts-measure.js';
import type { InfluxClient } from './influx-client.js';
import { InfluxProjectionSink } from './influx-projection-sink.js';
import { InfluxTerm } from './influx-term.js';
import { sensorState } from './sensor-state.projection.js';
import { SensorStateMeasure } from './sensor-state-measure.js';

/** Makes the role of the process that writes to InfluxDB. */
export type LeaseOfInflux = (begin: (term: Term) => InfluxTerm) => LeasedRole<InfluxTerm>;

const POLL_MS = 50;

/** A holder that died is replaced by then. */
const TAKEOVER_LIMIT_MS = LEASE_TIMES.ttlMs + 2000;

/** Another process writes to InfluxDB, and only it can have it written anew. */
export class WrittenElsewhere extends Error {
  constructor(projection: string, owner: string | null) {
    super(`${projection} is written by ${owner === null ? 'no process at the moment' : `process ${owner}`}, not by this one; ask the one that writes it (part influxdb of its /api/health says so)`);
    this.name = 'WrittenElsewhere';
  }
}

/**
 * Writes map state and counts to InfluxDB while this process holds the lease. While another one does, the rows from
 * which they are made are kept up to the events all the same, so that this one goes on within a second.
 */
export class InfluxWriter {
  /** A runner of its own: the other read models, and all that waits for them, go on while InfluxDB is away. */
  readonly runner: ProjectionRunner;
  readonly role: LeasedRole<InfluxTerm>;
  private readonly sink: InfluxProjectionSink;
  private readonly stopping = new AbortController();
  private joining: Promise<void> = Promise.resolve();

  constructor(
    client: InfluxClient,
    private readonly rows: LibsqlProjectionSink,
    store: EventStore,
    private readonly clock: Clock,
    logger: Logger,
    lease: LeaseOfInflux,
  ) {
    this.role = lease((term) => new InfluxTerm(term));
    const measures = [new SensorStateMeasure(client, rows.places, clock), new CountsMeasure(client, clock)];
    this.sink = new InfluxProjectionSink(rows, client, measures, clock, { current: () => this.role.work, untilKnown: () => this.untilKnown() });
    this.runner = new ProjectionRunner(this.sink.projections, store, this.sink, clock, (projection, error) => logger.error({ projection, err: error }, 'a projection failed'));
  }

  get names(): readonly string[] {
    return this.runner.names;
  }

  /** Resolves at once, whether InfluxDB is there or not. */
  async start(): Promise<void> {
    this.joining = this.join();
    await this.runner.start();
    this.sink.start();
  }

  /** The lease is released when nothing is written any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.runner.stop();
    await this.sink.close();
    await this.joining;
    await this.role.stop();
  }

  /** Writes the state of all sensors anew; done by itself within seconds when places change. Thrown: as by the client. */
  takeSnapshot(): Promise<void> {
    return this.sink.restore(sensorState);
  }

  /** Thrown: `WrittenElsewhere`; see `ProjectionRunner.rebuild`. */
  async rebuild(name: string, onProgress?: OnRebuildProgress): Promise<RebuildReport> {
    await this.untilWriter(name);
    return this.runner.rebuild(name, onProgress);
  }

  /** Where another process writes, that is told of each. See `ProjectionRunner.rebuildAll`. */
  async rebuildAll(onProgress?: OnRebuildProgress): Promise<RebuildAllReport> {
    const startMs = this.clock.now();
    try {
      await this.untilWriter('what is in InfluxDB');
    } catch (error) {
      return { events: 0, durationMs: this.clock.now() - startMs, readModels: this.names.map((name) => ({ name, problem: errorText(error) })) };
    }
    return this.runner.rebuildAll(onProgress);
  }

  private async untilWriter(name: string): Promise<void> {
    const untilMs = this.clock.now() + TAKEOVER_LIMIT_MS;
    while (this.role.work === null) {
      if (this.clock.now() >= untilMs) throw new WrittenElsewhere(name, this.role.status().owner);
      await this.clock.sleep(POLL_MS, this.stopping.signal);
    }
  }

  /** Without the customers' places its first snapshot would take every sensor off the map. */
  private async join(): Promise<void> {
    const { signal } = this.stopping;
    while (!this.rows.places.isKnown && !signal.aborted) await this.clock.sleep(POLL_MS, signal);
    if (!signal.aborted) this.role.start();
  }

  /** Resolves when this process writes, or knows who does; and when it is stopped. */
  private async untilKnown(): Promise<void> {
    while (this.role.work === null && this.role.status().owner === null && !this.stopping.signal.aborted) await this.clock.sleep(POLL_MS, this.stopping.signal);
  }
}
