import type { Clock } from '../../clock.js';
import type { Position } from '../../event-store/event-store.js';
import type { LibsqlProjectionCopy } from '../libsql-projection-copy.js';
import type { CopySummary, ParkedEvent, ProjectionCopy, ProjectionStep } from '../projection-sink.js';
import type { Projection, StoredRow } from '../projection.js';
import type { InfluxClient } from './influx-client.js';
import type { InfluxMeasure } from './influx-measure.js';
import { checkpointLine } from './influx-points.js';
import { storedCheckpoint } from './influx-reads.js';

export interface InfluxContext {
  readonly client: InfluxClient;
  readonly measure: InfluxMeasure;
  /** The event store whose events are projected. */
  readonly storeId: string;
  readonly clock: Clock;
  /** One after the other, whatever the copy: a snapshot and the changes around it are in order. */
  readonly turns: Turns;
}

/** Runs one work after the other. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

/** A copy of a read model: rows in libsql, points in InfluxDB, which are always confirmed before the rows are stored. */
export class InfluxProjectionCopy implements ProjectionCopy {
  readonly id: string;
  private isLive = false;
  /** InfluxDB is known to have all points to the checkpoint; to be made sure of after the start and after a failure. */
  private isVerified = false;

  constructor(
    readonly rows: LibsqlProjectionCopy,
    private readonly context: InfluxContext,
  ) {
    this.id = rows.id;
  }

  get projection(): Projection {
    return this.rows.projection;
  }

  checkpoint(): Promise<Position | null> {
    return this.rows.checkpoint();
  }

  load(keys: readonly string[]): Promise<ReadonlyMap<string, StoredRow>> {
    return this.rows.load(keys);
  }

  save(step: ProjectionStep): Promise<void> {
    const { client, measure, storeId, clock } = this.context;
    return this.exclusive(async () => {
      if (this.isLive) await this.verify();
      const lines = measure.lines(step.steps, await client.bucket(), this.isLive);
      if (this.isLive) lines.push(checkpointLine(this.projection.name, storeId, step.checkpoint, clock.now()));
      await client.write(lines);
      await this.rows.save(step);
    });
  }

  /** Makes what readers of InfluxDB see equal to the rows. */
  restore(): Promise<void> {
    return this.exclusive(() => this.restoreNow());
  }

  goLive(): void {
    this.isLive = true;
  }

  /** Writes what is due without an event. */
  writeDue(): Promise<void> {
    return this.exclusive(async () => {
      await this.verify();
      if (this.context.measure.isDue()) await this.restoreNow();
    });
  }

  summary(): Promise<CopySummary> {
    return this.rows.summary();
  }

  parked(limit: number): Promise<readonly ParkedEvent[]> {
    return this.rows.parked(limit);
  }

  countParked(): Promise<number> {
    return this.rows.countParked();
  }

  /** The server may have lost what it had confirmed, or be another one: its own checkpoint says so. */
  private async verify(): Promise<void> {
    if (this.isVerified) return;
    const { client, measure, storeId } = this.context;
    const [stored, needed] = [await storedCheckpoint(client, this.projection.name, storeId), await this.rows.checkpoint()];
    const isBehind = needed !== null && (stored === null || stored < needed);
    if (isBehind || measure.isDue()) await this.restoreNow();
    this.isVerified = true;
  }

  private async restoreNow(): Promise<void> {
    const { client, measure, storeId, clock } = this.context;
    await measure.restore(this.rows);
    const checkpoint = await this.rows.checkpoint();
    if (checkpoint !== null) await client.write([checkpointLine(this.projection.name, storeId, checkpoint, clock.now())]);
    this.isVerified = true;
  }

  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.context.turns.take(work).catch((error: unknown) => {
      this.isVerified = false;
      throw error;
    });
  }
}
