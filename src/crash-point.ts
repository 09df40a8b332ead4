/**
 * Steps of the alarm path, in the order of the flow: a process may die before, at or after each of them, and no promise
 * is broken. Tests kill it there (docs/reliability.md).
 */
export const CRASH_POINTS = [
  'customers-saved',
  'customers-marked',
  'lease-taken',
  'log-committing',
  'log-committed',
  'dead-letters-stored',
  'events-committing',
  'events-stored',
  'receipt-stored',
  'run-handled',
  'rows-committing',
  'rows-committed',
  'count-published',
  'count-marked',
  'mail-claimed',
  'eml-written',
  'eml-linked',
  'mail-sent',
  'mail-recorded',
  'note-saved',
  'command-stored',
  'unshelving',
  'unshelved',
  'dead-letter-replayed',
  'rebuild-stored',
  'rebuild-prepared',
  'rebuild-switching',
  'rebuild-switched',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** `CRASH_AT` names no step, or says no time. */
export class BadCrashPoint extends Error {
  constructor(setting: string) {
    super(`CRASH_AT=${JSON.stringify(setting)}: expected POINT:N, N from 1, POINT one of ${CRASH_POINTS.join(', ')}`);
    this.name = 'BadCrashPoint';
  }
}

let armed: { readonly point: CrashPoint; passingsLeft: number } | null = null;

/** Makes this process kill itself when it passes a step for the n-th time; `setting`: `receipt-stored:3`. Thrown: `BadCrashPoint`. */
export function armCrashPoint(setting: string): void {
  const [, name, n] = /^([a-z-]+):([1-9]\d{0,8})$/.exec(setting) ?? [];
  const point = CRASH_POINTS.find((each) => each === name);
  if (point === undefined) throw new BadCrashPoint(setting);
  armed = { point, passingsLeft: Number(n) };
}

/** Marks a step; does nothing unless the step is armed. SIGKILL is not to be caught and nothing is flushed, as when the power of the process fails. */
export function crashPoint(point: CrashPoint): void {
  if (armed === null || armed.point !== point) return;
  armed.passingsLeft -= 1;
  if (armed.passingsLeft === 0) process.kill(process.pid, 'SIGKILL');
}
