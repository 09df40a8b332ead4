import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from '../ingestion/reconcile.js';
import { systemClock } from '../clock.js';

const BETWEEN_LINES_MS = 5000;

/** Shows progress on stderr: a bar on a terminal, else a line every five seconds. `end` clears the bar, and may be called again. */
export function showProgress(title: string): { onProgress: Progress; end: () => void } {
  if (!process.stderr.isTTY) {
    let lastMs = systemClock.now();
    const onProgress: Progress = (done, of, what) => {
      if (systemClock.now() - lastMs < BETWEEN_LINES_MS) return;
      lastMs = systemClock.now();
      process.stderr.write(`${title}: ${done} of ${of} ${what}\n`);
    };
    return { onProgress, end: () => undefined };
  }
  const bar = new SingleBar({ format: `${title} {bar} {percentage}% | {value} of {total} {what}`, clearOnComplete: true }, Presets.shades_classic);
  bar.start(1, 0, { what: '' });
  return {
    onProgress: (done, of, what) => {
      bar.setTotal(of);
      bar.update(done, { what });
    },
    end: () => (bar.isActive ? bar.stop() : undefined),
  };
}
