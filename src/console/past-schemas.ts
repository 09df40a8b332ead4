import { z } from 'zod';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { CHANGES } from '../projections/past-alarms.js';
import { mapParts } from './map-schemas.js';

/** The answer about the whole system as of a time. */

const time = z.iso.datetime();
const moment = time.nullable();
const count = z.int().min(0);
const zone = z.string().nullable();
const alarm = { alarmId: z.string(), sensorId: z.string(), type: z.enum(ALARM_TYPES), zone };

export const pastAnswer = z.object({
  asOf: time,
  moments: z
    .object({ first: moment, last: moment, current: moment, previous: moment, next: moment })
    .meta({ description: 'when something was recorded about alarms; `current` is the last such moment up to `asOf`' }),
  changes: z
    .object({ total: count, items: z.array(z.object({ change: z.enum(CHANGES), ...alarm, by: z.string().nullable() }).meta({ id: 'PastChange' })) })
    .meta({ description: 'what was recorded at `moments.current`' }),
  map: z.object(mapParts),
  open: z.object({
    total: count,
    items: z
      .array(
        z
          .object({ ...alarm, triggeredAt: time, openedAt: time, acknowledged: z.object({ at: time, by: z.string() }).nullable(), geohash: z.string().nullable() })
          .meta({ id: 'PastAlarm' }),
      )
      .meta({ description: 'the last to open first' }),
  }),
});
export type PastAnswer = z.infer<typeof pastAnswer>;
