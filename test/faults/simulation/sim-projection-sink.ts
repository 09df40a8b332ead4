import { createHash } from 'node:crypto';
import type { Position } from '../../../src/event-store/event-store.js';
import { ReadModelUnavailable, type CopySummary, type ParkedEvent, type ProjectionCopy, type ProjectionSink, type ProjectionStep } from '../../../src/projections/projection-sink.js';
import type { Projection, StoredRow } from '../../../src/projections/projection.js';
import type { CallErrors, SimNetwork } from './sim-network.js';
import type { SimProcess } from './sim-process.js';

interface KeptCopy {
  readonly id: string;
  readonly name: string;
  readonly definition: string;
  isLive: boolean;
  checkpoint: Position | null;
  readonly rows: Map<string, StoredRow>;
  readonly parked: Map<Position, ParkedEvent>;
}

/** The disk under the read models of one machine: what is saved outlives the process. */
export class SimReadModelDisk {
  readonly copies = new Map<string, KeptCopy>();
  private made = 0;

  add(projection: Projection): KeptCopy {
    this.made += 1;
    const copy = { id: String(this.made), name: projection.name, definition: definitionOf(projection), isLive: false, checkpoint: null, rows: new Map(), parked: new Map() };
    this.copies.set(copy.id, copy);
    return copy;
  }

  live(name: string): KeptCopy | undefined {
    return [...this.copies.values()].find((copy) => copy.isLive && copy.name === name);
  }
}

/** Read models on a simulated disk. */
export class SimProjectionSink implements ProjectionSink {
  constructor(
    private readonly disk: SimReadModelDisk,
    private readonly network: SimNetwork,
    private readonly process: SimProcess,
  ) {}

  async openLive(projection: Projection): Promise<ProjectionCopy | 'outdated' | null> {
    const live = await this.call(() => this.disk.live(projection.name));
    if (!live) return null;
    return live.definition === definitionOf(projection) ? this.copyOf(projection, live.id) : 'outdated';
  }

  async createCopy(projection: Projection): Promise<ProjectionCopy> {
    return this.copyOf(projection, (await this.call(() => this.disk.add(projection))).id);
  }

  async makeLive(copy: ProjectionCopy): Promise<void> {
    await this.call(() => {
      const kept = this.kept(copy);
      const before = this.disk.live(copy.projection.name);
      if (before && before !== kept) this.disk.copies.delete(before.id);
      kept.isLive = true;
    });
  }

  async drop(copy: ProjectionCopy): Promise<void> {
    await this.call(() => {
      if (this.disk.copies.get(copy.id)?.isLive) throw new Error(`copy ${copy.id} is live`);
      this.disk.copies.delete(copy.id);
    });
  }

  async dropLeftovers(): Promise<void> {
    await this.call(() => {
      for (const { id, isLive } of this.disk.copies.values()) if (!isLive) this.disk.copies.delete(id);
    });
  }

  async close(): Promise<void> {}

  private kept({ id, projection }: Pick<ProjectionCopy, 'id' | 'projection'>): KeptCopy {
    const copy = this.disk.copies.get(id);
    if (!copy) throw new ReadModelUnavailable(`copy ${id} of ${projection.name} is gone`);
    return copy;
  }

  private copyOf(projection: Projection, id: string): ProjectionCopy {
    const on = <T>(work: (copy: KeptCopy) => T): Promise<T> => this.call(() => work(this.kept({ id, projection })));
    return {
      id,
      projection,
      checkpoint: () => on(({ checkpoint }) => checkpoint),
      load: (keys) => on(({ rows }) => new Map(keys.flatMap((key) => (rows.has(key) ? [[key, rows.get(key) as StoredRow]] : [])))),
      save: (step) => on((copy) => save(copy, step)),
      summary: () => on(summaryOf),
      parked: (limit) => on(({ parked }) => [...parked.values()].sort((a, b) => (a.position < b.position ? -1 : 1)).slice(0, limit)),
      countParked: () => on(({ parked }) => parked.size),
    };
  }

  private call<T>(work: () => T): Promise<T> {
    const failed: CallErrors = { refused: () => new ReadModelUnavailable('the disk is full'), unknown: () => new ReadModelUnavailable('the disk gave no answer') };
    return this.network.call(this.process, failed, work);
  }
}

function save(copy: KeptCopy, { rows, checkpoint, parked }: ProjectionStep): void {
  for (const row of rows) {
    const before = copy.rows.get(row.key);
    if (!before || before.position < row.position) copy.rows.set(row.key, row);
  }
  for (const event of parked) if (!copy.parked.has(event.position)) copy.parked.set(event.position, event);
  copy.checkpoint = checkpoint;
}

function summaryOf({ rows }: KeptCopy): CopySummary {
  const sorted = [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { rows: rows.size, checksum: createHash('sha256').update(JSON.stringify(sorted)).digest('hex') };
}

function definitionOf({ version, columns, indexes }: Projection): string {
  return JSON.stringify({ version, columns, indexes });
}
