import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import { IngestionModule } from '../ingestion/ingestion.module.js';
import { LastSeen } from '../ingestion/last-seen.js';
import { LastSeenSnapshots } from '../ingestion/last-seen-snapshots.js';
import { CLOCK, CONFIG, EVENT_STORE, LOGGER, METRICS } from '../tokens.js';
import { SensorCommands } from './sensor-commands.js';
import { silentSensors, toldSilences } from './silent-sensors.js';
import { Supervision } from './supervision.js';

/** Who hears of the sensors tells when one grows silent: in the processes with role `process`. */
@Module({
  imports: [IngestionModule],
  providers: [
    {
      provide: Supervision,
      useFactory: (lastSeen: LastSeen, snapshots: LastSeenSnapshots, store: EventStore, config: Config, clock: Clock, logger: Logger, registry: Registry) => {
        const commands = new SensorCommands(store, clock, config.longestShelvingMs);
        const { silentAfterIntervals } = config;
        const problem = (error: unknown): void => logger.warn({ err: error }, 'silence and return of sensors could not be told yet');
        const supervision = new Supervision({ lastSeen, snapshots, commands, silentSensors: () => silentSensors(store), headPosition: () => store.headPosition(), toldSilences: (after, signal) => toldSilences(store, after, signal), clock, silentAfterIntervals, problem });
        registerMetrics(registry, supervision, lastSeen);
        return supervision;
      },
      inject: [LastSeen, LastSeenSnapshots, EVENT_STORE, CONFIG, CLOCK, LOGGER, METRICS],
    },
  ],
  exports: [Supervision],
})
export class SupervisionModule {}

function registerMetrics(registry: Registry, supervision: Supervision, lastSeen: LastSeen): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('vigia_sensors_supervised', 'Sensors of this process’s partitions whose interval is known.', () => supervision.status().supervised);
  gauge('vigia_sensors_silent', 'Of these, those that have grown silent.', () => supervision.status().silent);
  gauge('vigia_sensors_silence_held', 'Of these, those that grew silent together, which is taken for a fault of the path: no event tells of them.', () => supervision.status().held);
  gauge('vigia_readings_unsupervised', 'Readings of sensors for which supervision has no room, since the start of this process.', () => lastSeen.refused);
}
