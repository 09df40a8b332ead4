import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import type { InfluxConfig } from '../../config.js';
import type { EventStore } from '../../event-store/event-store.js';
import { INFLUX_PROJECTIONS } from '../all-projections.js';
import { CountReads } from '../count-reads.js';
import type { LibsqlProjectionSink } from '../libsql-projection-sink.js';
import { MapReads } from '../map-reads.js';
import type { ProjectionStatus } from '../projection-runner.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import { InfluxClient } from './influx-client.js';
import { InfluxCountReads } from './influx-count-reads.js';
import { InfluxFirst, mapAndCounts } from './influx-first.js';
import { InfluxMapReads } from './influx-map-reads.js';
import { storedCheckpoint } from './influx-reads.js';
import { InfluxWriter, type LeaseOfInflux } from './influx-writer.js';

/** Map state and counts in InfluxDB: what writes them and what reads them. */
export class InfluxModels {
  readonly reads: InfluxFirst;

  private constructor(
    readonly client: InfluxClient,
    /** Null where this process only reads them. */
    readonly writer: InfluxWriter | null,
    private readonly rows: LibsqlProjectionSink,
  ) {
    this.reads = new InfluxFirst(
      mapAndCounts(new InfluxMapReads(client, rows.storeId), new InfluxCountReads(client)),
      mapAndCounts(new MapReads(rows), new CountReads(rows)),
    );
  }

  /**
   * `lease` is null for a process that only reads, whose token then need not be one that may write. Thrown: `InfluxRefused`
   * when the server is there and does not take organisation, bucket or token. One that is away is waited for later.
   */
  static async open(config: InfluxConfig, rows: LibsqlProjectionSink, store: EventStore, clock: Clock, logger: Logger, lease: LeaseOfInflux | null): Promise<InfluxModels> {
    const client = new InfluxClient(config, clock, { mayMakeBucket: lease !== null });
    try {
      await client.bucket();
    } catch (error) {
      if (!(error instanceof ReadModelUnavailable)) throw error;
      logger.warn({ err: error }, 'InfluxDB is not there; map and counts are answered by the embedded read models');
    }
    return new InfluxModels(client, lease === null ? null : new InfluxWriter(client, rows, store, clock, logger, lease), rows);
  }

  /** How those of its read models are that questions are answered from: those of a server that is away are not. */
  async status(): Promise<readonly Pick<ProjectionStatus, 'position' | 'lagEvents' | 'lastError'>[]> {
    if (this.writer?.role.work) return (await this.writer.runner.status()).filter(({ running, lastError }) => running && lastError === null);
    try {
      const positions = await Promise.all(INFLUX_PROJECTIONS.map((projection) => storedCheckpoint(this.client, projection, this.rows.storeId)));
      // Another process writes them: how far it is is all that is known.
      return positions.map((position) => ({ position, lagEvents: 1, lastError: null }));
    } catch {
      return [];
    }
  }

  async start(): Promise<void> {
    await this.writer?.start();
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.writer?.stop();
  }
}
