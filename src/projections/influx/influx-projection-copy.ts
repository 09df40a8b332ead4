import type { Clock } from '../../clock.js';
import type { Position } from '../../event-store/event-store.js';
import type { LibsqlProjectionCopy } from '../libsql-projection-copy.js';
import type { CopySummary, ParkedEvent, ProjectionCopy, ProjectionStep } from '../projection-sink.js';
import type { Projection, StoredRow } from '../projection.js';
import type { InfluxClient, WriteTerm } from './influx-client.js';
import type { InfluxMeasure } from './influx-measure.js';
import { checkpointLine } from './influx-points.js';
import { storedCheckpoint } from './influx-reads.js';

export interface InfluxContext {
  readonly client: InfluxClient;
  readonly measure: InfluxMeasure;
  /** The event store whose events are projected. */
  readonly storeId: string;
  readonly clock: Clock;
  /** Null while another process writes. */
  readonly term: () => WriteTerm | null;
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

/**
 * A copy of a read model: rows in libsql, points in InfluxDB, which are always confirmed before the rows are stored. While another
 * process writes the points, the rows alone.
 */
export class InfluxProjectionCopy implements ProjectionCopy {
  readonly id: string;
  private isLive = false;
  /** In this term InfluxDB is known to have all points to the checkpoint; to be made sure of at its begin and after a failure. */
  private verifiedIn: WriteTerm | null = null;

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

  prepare(): Promise<void> {
    return this.rows.prepare();
  }

  save(step: ProjectionStep): Promise<void> {
    return this.exclusive(async (term) => {
      if (term !== null) await this.post(step, term);
      await this.rows.save(step);
    });
  }

  /** Makes what readers of InfluxDB see equal to the rows; left to the other process where that one writes. */
  restore(): Promise<void> {
    return this.exclusive(async (term) => {
      if (term !== null) await this.restoreNow(term);
    });
  }

  goLive(): void {
    this.isLive = true;
  }

  /** Writes what is due without an event. */
  writeDue(): Promise<void> {
    return this.exclusive(async (term) => {
      if (term === null) return;
      await this.verify(term);
      if (await this.context.measure.isDue(term)) await this.restoreNow(term);
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

  private async post({ steps, checkpoint }: ProjectionStep, term: WriteTerm): Promise<void> {
    const { client, measure, storeId, clock } = this.context;
    if (this.isLive) await this.verify(term);
    const lines = measure.lines(steps, await client.bucket(), this.isLive);
    if (this.isLive) lines.push(checkpointLine(this.projection, storeId, checkpoint, clock.now()));
    await client.write(lines, term);
  }

  /** The server may have lost what it had confirmed, be another one, or lack what the writer before us did not come to: its own checkpoint says so. */
  private async verify(term: WriteTerm): Promise<void> {
    if (this.verifiedIn === term) return;
    const { client, measure, storeId } = this.context;
    const [stored, needed] = [await storedCheckpoint(client, this.projection, storeId), await this.rows.checkpoint()];
    const isBehind = needed !== null && (stored === null || stored < needed);
    if (isBehind || (await measure.isDue(term))) await this.restoreNow(term);
    this.verifiedIn = term;
  }

  private async restoreNow(term: WriteTerm): Promise<void> {
    const { client, measure, storeId, clock } = this.context;
    await measure.restore(this.rows, term);
    const checkpoint = await this.rows.checkpoint();
    if (checkpoint !== null) await client.write([checkpointLine(this.projection, storeId, checkpoint, clock.now())], term);
    this.verifiedIn = term;
  }

  /** Gives `work` the term in which it begins. */
  private exclusive<T>(work: (term: WriteTerm | null) => Promise<T>): Promise<T> {
    return this.context.turns.take(() => work(this.context.term())).catch((error: unknown) => {
      this.verifiedIn = null;
      throw error;
    });
  }
}
