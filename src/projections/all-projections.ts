import { alarmMap } from './alarm-map.projection.js';
import { alarmsPerMinute } from './alarms-per-minute.projection.js';
import { alarmSpans } from './alarm-spans.projection.js';
import { alarms } from './alarms.projection.js';
import { influxAlarmsPerMinute } from './influx/influx-alarms-per-minute.projection.js';
import { sensorState } from './influx/sensor-state.projection.js';
import { lifeEvents } from './life-events.projection.js';
import type { Projection } from './projection.js';
import { shelvedSensors } from './shelved-sensors.projection.js';
import { silentSensors } from './silent-sensors.projection.js';

/** Every embedded read model; a new one is added here. */
export const ALL_PROJECTIONS: readonly Projection[] = [alarmMap, alarmsPerMinute, alarms, alarmSpans, shelvedSensors, silentSensors, lifeEvents];

/** Those in InfluxDB, when it is configured. */
export const INFLUX_PROJECTIONS: readonly Projection[] = [sensorState, influxAlarmsPerMinute];
