/** What Nest injects by name: ports and values that have no class of their own. */
export const CONFIG = Symbol('Config');
export const CLOCK = Symbol('Clock');
export const LOGGER = Symbol('Logger');
export const EVENT_STORE = Symbol('EventStore');
export const MESSAGE_LOG = Symbol('MessageLog');
export const CUSTOMER_STORE = Symbol('CustomerStore');
export const HEALTH = Symbol('HealthReport');
export const METRICS = Symbol('MetricsRegistry');
export const OPERATIONS = Symbol('Operations');
export const INFLUX = Symbol('InfluxModels');
export const MAP_AND_COUNTS = Symbol('MapAndCounts');
export const ACCESS = Symbol('AccessControl');
