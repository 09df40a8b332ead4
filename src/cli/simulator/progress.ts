import { SingleBar } from 'cli-progress';
import type { Clock } from '../../clock.js';
import type { Simulation } from './simulation.js';

const BAR_MS = 500;
const LINE_MS = 5000;

/** Shows on stderr how a run gets on, until `end`: a bar in a terminal, else a line every 5 s. */
export async function showProgress(simulation: Simulation, clock: Clock, end: AbortSignal): Promise<void> {
  const { messages } = simulation.options;
  const bar = process.stderr.isTTY && messages !== null ? new SingleBar({ format: '{bar} {percentage}% {line}', stream: process.stderr, hideCursor: true }) : null;
  bar?.start(messages ?? 0, 0, { line: '' });
  let before = { sent: 0, elapsedMs: 0 };
  for (;;) {
    await clock.sleep(bar ? BAR_MS : LINE_MS, end);
    if (end.aborted) break;
    const now = { sent: simulation.tally.sent, elapsedMs: simulation.elapsedMs() };
    const rate = Math.round(((now.sent - before.sent) * 1000) / Math.max(1, now.elapsedMs - before.elapsedMs));
    before = now;
    const line = progressLine(simulation, rate);
    if (bar) bar.update(now.sent, { line });
    else process.stderr.write(`${line}\n`);
  }
  bar?.update(simulation.tally.sent, { line: '' });
  bar?.stop();
}

/** `12,000 sent, 692/s, 11,990 acknowledged, 6 alarms foretold, 0 errors`. */
function progressLine({ tally }: Simulation, rate: number): string {
  const errors = Object.values(tally.errors).reduce((sum, count) => sum + count, 0) + tally.refused;
  return [
    `${grouped(tally.sent)} sent`,
    `${grouped(rate)}/s`,
    `${grouped(tally.acknowledged)} acknowledged`,
    `${grouped(tally.foretelling.raised)} alarms foretold`,
    `${grouped(errors)} errors`,
  ].join(', ');
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
