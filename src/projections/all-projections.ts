import { alarmMap } from './alarm-map.projection.js';
import { alarmsPerMinute } from './alarms-per-minute.projection.js';
import { alarms } from './alarms.projection.js';
import type { Projection } from './projection.js';

/** Every read model that is kept; a new one is added here. */
export const ALL_PROJECTIONS: readonly Projection[] = [alarmMap, alarmsPerMinute, alarms];
