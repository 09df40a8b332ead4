import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import type { InfluxConfig } from '../../config.js';
import type { EventStore } from '../../event-store/event-store.js';
import { CountReads } from '../count-reads.js';
import type { LibsqlProjectionSink } from '../libsql-projection-sink.js';
import { MapReads } from '../map-reads.js';
import { ProjectionRunner, type ProjectionStatus } from '../projection-runner.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import { CountsMeasure } from './counts-measure.js';
import { InfluxClient } from './influx-client.js';
import { InfluxCountReads } from './influx-count-reads.js';
import { InfluxFirst, mapAndCounts } from './influx-first.js';
import { InfluxMapReads } from './influx-map-reads.js';
import { InfluxProjectionSink } from './influx-projection-sink.js';
import { sensorState } from './sensor-state.projection.js';
import { SensorStateMeasure } from './sensor-state-measure.js';

/** Map state and counts in InfluxDB: what writes them and what reads them. */
export class InfluxModels {
  /** A runner of its own: the other read models, and all that waits for them, go on while InfluxDB is away. */
  readonly runner: ProjectionRunner;
  readonly reads: InfluxFirst;
  private readonly sink: InfluxProjectionSink;

  private constructor(
    readonly client: InfluxClient,
    rows: LibsqlProjectionSink,
    store: EventStore,
    clock: Clock,
    logger: Logger,
  ) {
    this.sink = new InfluxProjectionSink(rows, client, [new SensorStateMeasure(client, rows.places, clock), new CountsMeasure(client, clock)], clock);
    this.runner = new ProjectionRunner(this.sink.projections, store, this.sink, clock, (projection, error) => logger.error({ projection, err: error }, 'a projection failed'));
    this.reads = new InfluxFirst(
      mapAndCounts(new InfluxMapReads(client, rows.storeId), new InfluxCountReads(client)),
      mapAndCounts(new MapReads(rows), new CountReads(rows)),
    );
  }

  /** Thrown: `InfluxRefused` when the server is there and does not take organisation, bucket or token. One that is away is waited for later. */
  static async open(config: InfluxConfig, rows: LibsqlProjectionSink, store: EventStore, clock: Clock, logger: Logger): Promise<InfluxModels> {
    const client = new InfluxClient(config, clock);
    try {
      await client.bucket();
    } catch (error) {
      if (!(error instanceof ReadModelUnavailable)) throw error;
      logger.warn({ err: error }, 'InfluxDB is not there; map and counts are written to it when it is');
    }
    return new InfluxModels(client, rows, store, clock, logger);
  }

  /** How those of its read models are that questions are answered from: those of a server that is away are not. */
  async status(): Promise<readonly ProjectionStatus[]> {
    return (await this.runner.status()).filter(({ running, lastError }) => running && lastError === null);
  }

  /** Resolves at once, whether InfluxDB is there or not. */
  async start(): Promise<void> {
    await this.runner.start();
    this.sink.start();
  }

  /** Writes the state of all sensors anew; done by itself within seconds when places change. Thrown: as by the client. */
  takeSnapshot(): Promise<void> {
    return this.sink.restore(sensorState);
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.runner.stop();
    await this.sink.close();
  }
}
