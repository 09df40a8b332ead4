import { z } from 'zod';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { listOf, type Frozen } from './response-schemas.js';

/** The answers about the map. */

const count = z.int().min(0);
const state = z.enum(['active', 'inactive']);

export const mapParts = {
  cells: z.array(
    z
      .object({ geohash: z.string(), sensors: count, active: count, byType: z.object({ motion: count, smoke: count, temperature: count }), worst: state })
      .meta({ id: 'MapCell', description: 'the sensors of one geohash prefix' }),
  ),
  unplaced: z.object({ sensors: count, active: count }),
};
export const mapAnswer = z.object({ ...mapParts, position: z.string().nullable() });

export const cellSensorsAnswer = listOf(
  z
    .object({
      sensorId: z.string(),
      state,
      openTypes: z.array(z.enum(ALARM_TYPES)),
      since: z.iso.datetime().nullable().meta({ description: 'when it got its state; null for one that never had an alarm' }),
      geohash: z.string(),
      zone: z.string(),
    })
    .meta({ id: 'MapSensor' }),
);
export type CellSensorsAnswer = Frozen<z.infer<typeof cellSensorsAnswer>>;
