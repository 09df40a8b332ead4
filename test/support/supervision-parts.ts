import { SensorCommands } from '../../src/alarm-life/sensor-commands.js';
import { silentSensors, toldSilences } from '../../src/alarm-life/silent-sensors.js';
import type { SupervisionParts } from '../../src/alarm-life/supervision.js';
import { systemClock, type Clock } from '../../src/clock.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { LastSeenSnapshots } from '../../src/ingestion/last-seen-snapshots.js';
import { lastSeen } from '../../src/ingestion/normal-readings.js';

/** What supervision is made of on a store and a log, as `supervision.module.ts` has it. */
export function supervisionParts(store: EventStore, logIdentity: string, clock: Clock = systemClock): SupervisionParts {
  return {
    lastSeen,
    snapshots: new LastSeenSnapshots(store, logIdentity, clock),
    commands: new SensorCommands(store, clock, 1000),
    silentSensors: () => silentSensors(store),
    headPosition: () => store.headPosition(),
    toldSilences: (after, signal) => toldSilences(store, after, signal),
    clock,
    silentAfterIntervals: 5,
    problem: () => undefined,
  };
}
