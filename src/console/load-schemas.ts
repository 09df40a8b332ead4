import { z } from 'zod';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { LOAD_LEVELS } from '../projections/operators-load.js';

/** The answer about operators' load. */

const time = z.iso.datetime();
const count = z.int().min(0);
const zone = z.string().nullable().meta({ description: 'null for sensors without a place' });
const sensor = { sensorId: z.string(), zone, alarms: count };

const consoleLoad = z.object({
  alarms: count,
  perPeriod: z.number().meta({ description: 'average per ten minutes' }),
  perDay: z.number().meta({ description: 'average per 24 hours' }),
  mostInPeriod: count,
  mostInDay: count,
  floodPeriods: count.meta({ description: 'periods of ten minutes with more alarms than `thresholds.floodAbove`' }),
  floodShare: z.number().min(0).max(1).meta({ description: 'part of all periods that were such' }),
  level: z.enum(LOAD_LEVELS).meta({ description: 'what the average per ten minutes asks of one operator' }),
  acknowledged: z
    .object({ count, p50Ms: count.nullable(), p95Ms: count.nullable() })
    .meta({ description: 'from the reading to the acknowledgement, within 1 %; alarms that nobody has acknowledged are not in it' }),
});

const steps = z.array(z.object({ from: time, alarms: count }));

function topOf<T extends z.ZodType>(item: T) {
  return z.object({ total: count, items: z.array(item).meta({ description: 'the first ten' }) });
}

export const loadAnswer = z.object({
  from: time,
  to: time,
  thresholds: z.object({
    periodMinutes: count, acceptablePerPeriod: count, manageablePerPeriod: count, floodAbove: count, chatterAlarms: count, chatterSeconds: count, staleHours: count,
  }),
  consoles: z.array(z.object({ zone, ...consoleLoad.shape, stale: count.meta({ description: 'alarms that are stale now' }) }).meta({ id: 'ZoneLoad' })),
  whole: consoleLoad.meta({ description: 'of one console for all zones, or for the zone that was asked for' }),
  periods: steps.meta({ description: 'the ten minutes that had alarms' }),
  days: steps.meta({ description: 'every 24 hours of the range' }),
  busiest: topOf(z.object(sensor)),
  chattering: topOf(z.object({ ...sensor, type: z.enum(ALARM_TYPES), lastAt: time })),
  stale: topOf(z.object({ alarmId: z.string(), sensorId: z.string(), zone, type: z.enum(ALARM_TYPES), triggeredAt: time })),
});
export type LoadAnswer = z.infer<typeof loadAnswer>;
