import { z } from 'zod';
import { SHELVING_REASONS } from '../alarm-domain/alarm-life-events.js';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { CHANGES } from '../projections/past-changes.js';
import { mapParts } from './map-schemas.js';
import { note } from './response-schemas.js';

/** The answer about the whole system as of a time. */

const time = z.iso.datetime();
const moment = time.nullable();
const count = z.int().min(0);
const zone = z.string().nullable();
const sensor = { sensorId: z.string(), zone };
const geohash = z.string().nullable();
const type = z.enum(ALARM_TYPES);
const reason = z.enum(SHELVING_REASONS);

const pastChange = z
  .object({
    change: z.enum(CHANGES),
    ...sensor,
    alarmId: z.string().nullable().meta({ description: 'null when it is about the sensor itself' }),
    type: type.nullable(),
    by: z.string().nullable().meta({ description: 'who did it; null for what nobody did' }),
    reason: reason.nullable().meta({ description: 'of a shelving, as is `until`' }),
    until: moment,
    silentForMs: count.nullable().meta({ description: 'how long a sensor had been silent when that was noted' }),
    ...note,
  })
  .meta({ id: 'PastChange' });
const pastAlarm = z
  .object({
    alarmId: z.string(),
    ...sensor,
    type,
    triggeredAt: time,
    openedAt: time,
    acknowledged: z.object({ at: time, by: z.string() }).nullable(),
    comments: count.meta({ description: 'notes written about it by then' }),
    geohash,
  })
  .meta({ id: 'PastAlarm' });
const pastShelved = z.object({ ...sensor, geohash, since: time, until: time, by: z.string(), reason, ...note }).meta({ id: 'PastShelved' });
const pastSilent = z
  .object({ ...sensor, geohash, since: time.meta({ description: 'when its silence was noted' }), silentForMs: count.meta({ description: 'how long it had been silent by then' }) })
  .meta({ id: 'PastSilent' });

function pastList<T extends z.ZodType>(item: T) {
  return z.object({ total: count, items: z.array(item) });
}

export const pastAnswer = z.object({
  asOf: time,
  moments: z
    .object({ first: moment, last: moment, current: moment, previous: moment, next: moment })
    .meta({ description: 'when something was recorded about alarms, shelvings and silences; `current` is the last such moment up to `asOf`' }),
  changes: pastList(pastChange).meta({ description: 'what was recorded at `moments.current`' }),
  map: z.object(mapParts),
  open: pastList(pastAlarm).meta({ description: 'the last to open first' }),
  shelved: pastList(pastShelved).meta({ description: 'the last shelved first' }),
  silent: pastList(pastSilent).meta({ description: 'the last to grow silent first' }),
});
export type PastAnswer = z.infer<typeof pastAnswer>;
