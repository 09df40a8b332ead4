import { alarmsPerMinute } from '../alarms-per-minute.projection.js';
import type { Projection } from '../projection.js';

/** What InfluxDB's `alarms_per_minute` is made from: the same rows as the embedded read model's, with a checkpoint of their own. Source: R6, ADR 12. */
export const influxAlarmsPerMinute: Projection = { ...alarmsPerMinute, name: 'influx-alarms-per-minute' };
