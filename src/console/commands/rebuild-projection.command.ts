import type { Progress } from '../../ingestion/reconcile.js';
import type { Operations } from '../operations.js';
import { RequestRefused } from '../problem.js';

/** Builds a read model again from the first event. */
export class RebuildProjection {
  constructor(
    readonly projection: string,
    readonly onProgress: Progress,
  ) {}
}

export class RebuildProjectionHandler {
  private running: string | null = null;

  constructor(private readonly operations: Operations) {}

  /** One at a time: two would slow the alarm path for no gain. Thrown: `UnknownProjection`; `RequestRefused` with 409. */
  async execute({ projection, onProgress }: RebuildProjection): Promise<{ readonly events: number }> {
    if (this.running !== null) throw new RequestRefused(409, `projection ${this.running} is being rebuilt; try again when that is done`);
    this.running = projection;
    try {
      return await this.operations.rebuild(projection, onProgress);
    } finally {
      this.running = null;
    }
  }
}
