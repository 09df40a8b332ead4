import type { Progress } from '../../ingestion/reconcile.js';
import type { Operations } from '../operations.js';
import { RequestRefused } from '../problem.js';

/** Builds a read model again from the first event, or all of them. */
export class RebuildProjection {
  constructor(
    /** Null for all of them. */
    readonly projection: string | null,
    readonly onProgress: Progress,
  ) {}
}

export class RebuildProjectionHandler {
  private running: string | null = null;

  constructor(private readonly operations: Operations) {}

  /** One at a time: two would slow the alarm path for no gain. Thrown: `UnknownProjection`, `RebuildRunning`; `RequestRefused` with 409. */
  async execute({ projection, onProgress }: RebuildProjection): Promise<{ readonly events: number }> {
    const what = projection === null ? 'all read models are' : `projection ${projection} is`;
    if (this.running !== null) throw new RequestRefused(409, `${this.running} being rebuilt; try again when that is done`);
    this.running = what;
    try {
      return projection === null ? await this.operations.rebuildAll(onProgress) : await this.operations.rebuild(projection, onProgress);
    } finally {
      this.running = null;
    }
  }
}
