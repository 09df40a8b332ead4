import { DAY_MS, SensorTally, type ChatteringSensor } from '../../../projections/operators-load.js';
import type { AlarmSummary } from '../api.js';

export interface Chatter {
  /** From when on it was looked for: a day ago, or the first of the alarms when there may be more before it. */
  readonly sinceMs: number;
  /** The types that chattered, those with most alarms first. */
  readonly types: readonly ChatteringSensor[];
}

/** How a sensor chattered of late, by its last alarms, the newest first; `total` is how many it has. Source: `LOAD_THRESHOLDS`. */
export function chatterOf(alarms: readonly Pick<AlarmSummary, 'sensorId' | 'type' | 'triggeredAt'>[], total: number, nowMs: number): Chatter {
  const first = alarms.at(-1);
  const firstMs = first === undefined || alarms.length === total ? 0 : Date.parse(first.triggeredAt);
  const sinceMs = Math.max(nowMs - DAY_MS, firstMs);
  const tally = new SensorTally();
  for (const { sensorId, type, triggeredAt } of [...alarms].reverse()) {
    const triggeredMs = Date.parse(triggeredAt);
    if (triggeredMs >= sinceMs) tally.add({ sensorId: Number(sensorId), type, triggeredMs, acknowledgedMs: null, zone: null });
  }
  return { sinceMs, types: tally.chattering.items };
}
