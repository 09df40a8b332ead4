import type { Progressing } from './processing-health.js';

/** How far the start is, and whether the log is consumed; told by the application, shown by its health. */
export class ApplicationProgress implements Progressing {
  startingWith: string | null = 'not started';
  consumerFailure: string | null = null;
  lostRecords = 0;
  assignment: readonly number[] | null = null;
}
