import { SingleBar } from 'cli-progress';
import type { CustomersCommandDeps } from './customers-command-deps.js';

export interface Progress {
  update(done: number): void;
  /** May be called again. */
  stop(): void;
}

/** Without a terminal, a line so often. */
const LINE_EVERY_MS = 3000;

/** A bar on a terminal, else a line every three seconds; on standard error, so that standard output stays clean. */
export function startProgress(what: string, total: number, { stderr, clock }: Pick<CustomersCommandDeps, 'stderr' | 'clock'>): Progress {
  if (stderr.isTTY) {
    // With its own handler of Ctrl-C the bar would only stop itself, and the work would go on.
    const bar = new SingleBar({ stream: stderr, format: `${what} {bar} {percentage} % {value}/{total}, {eta_formatted} left`, gracefulExit: false });
    bar.start(total, 0);
    return { update: (done) => bar.update(done), stop: () => (bar.isActive ? bar.stop() : undefined) };
  }
  let toldAtMs = clock.now();
  return {
    update: (done) => {
      if (clock.now() - toldAtMs < LINE_EVERY_MS) return;
      toldAtMs = clock.now();
      stderr.write(`${what}: ${done} of ${total}\n`);
    },
    stop: () => undefined,
  };
}
