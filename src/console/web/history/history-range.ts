import { ALARM_TYPES, queryOf, type AlarmType } from '../api.js';

/** All that the page shows; its address says the same. */
export interface HistoryChoice {
  readonly range: HistoryRange;
  /** Those that are counted, in the order of `ALARM_TYPES`. */
  readonly types: readonly AlarmType[];
  /** A moment of the bar whose alarms are shown; null for none. */
  readonly atMs: number | null;
}

/** A range of time, the end exclusive; `lengthMs` when it ends now, whenever that is. */
export type HistoryRange = { readonly fromMs: number; readonly toMs: number } | { readonly lengthMs: number };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const PRESETS = { hour: HOUR_MS, sixHours: 6 * HOUR_MS, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS, year: 365 * DAY_MS } as const;
export type Preset = keyof typeof PRESETS;

const LONGEST_MS = 400 * DAY_MS;

/** Those that the server counts in, seconds. */
const STEPS = [60, 300, 900, 3600, 21_600, 86_400] as const;

/** More bars than that would be thinner than a line. */
const MOST_BARS = 420;

export function isUsable({ fromMs, toMs }: { fromMs: number; toMs: number }): boolean {
  return fromMs < toMs && toMs - fromMs <= LONGEST_MS;
}

/** The beginning and end that a range has now, at whole minutes. */
export function boundsOf(range: HistoryRange, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  if (!('lengthMs' in range)) return range;
  const toMs = Math.ceil((nowMs + 1) / MINUTE_MS) * MINUTE_MS;
  return { fromMs: toMs - range.lengthMs, toMs };
}

/** The seconds that are counted together, so that there are not too many bars. */
export function stepFor(lengthMs: number): number {
  return STEPS.find((step) => lengthMs / (step * 1000) <= MOST_BARS) ?? 86_400;
}

/** `?last=day` or `?from=…&to=…`, the last hour without or with a bad one; `&types=motion,smoke&at=2026-03-01T12:00:00.000Z`. */
export function choiceOf(search: string): HistoryChoice {
  const parameters = new URLSearchParams(search);
  const types = parameters.get('types')?.split(',');
  const atMs = Date.parse(parameters.get('at') ?? '');
  return { range: rangeOf(parameters), types: ALARM_TYPES.filter((type) => types?.includes(type) ?? true), atMs: Number.isNaN(atMs) ? null : atMs };
}

function rangeOf(parameters: URLSearchParams): HistoryRange {
  const last = parameters.get('last');
  if (last !== null && Object.hasOwn(PRESETS, last)) return { lengthMs: PRESETS[last as Preset] };
  const range = { fromMs: Date.parse(parameters.get('from') ?? ''), toMs: Date.parse(parameters.get('to') ?? '') };
  return isUsable(range) ? range : { lengthMs: PRESETS.hour };
}

export function searchOf({ range, types, atMs }: HistoryChoice): string {
  return queryOf({
    ...('lengthMs' in range ? { last: presetOf(range) ?? 'hour' } : { from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() }),
    types: typesText(types),
    at: atMs === null ? null : new Date(atMs).toISOString(),
  });
}

/** `motion,smoke` as the address and the API have it; null for all. */
export function typesText(types: readonly AlarmType[]): string | null {
  return types.length === ALARM_TYPES.length ? null : types.join();
}

export function presetOf(range: HistoryRange): Preset | null {
  if (!('lengthMs' in range)) return null;
  return (Object.keys(PRESETS) as Preset[]).find((preset) => PRESETS[preset] === range.lengthMs) ?? null;
}
