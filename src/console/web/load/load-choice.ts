import { ZONES } from '../../../customers/zones.js';
import { PRESETS } from '../history/history-range.js';

/** The server measures a month at most. */
export const LOAD_PRESETS = ['day', 'week', 'month'] as const;
export type LoadPreset = (typeof LOAD_PRESETS)[number];

export interface LoadChoice {
  readonly last: LoadPreset;
  /** Null for one console for all. */
  readonly zone: string | null;
}

/** `?last=week&zone=UK`; the last day and all zones without, or with what is none. */
export function choiceOf(search: string): LoadChoice {
  const parameters = new URLSearchParams(search);
  const zone = parameters.get('zone');
  return { last: LOAD_PRESETS.find((preset) => preset === parameters.get('last')) ?? 'day', zone: ZONES.find((each) => each === zone) ?? null };
}

export function lengthMsOf({ last }: LoadChoice): number {
  return PRESETS[last];
}
