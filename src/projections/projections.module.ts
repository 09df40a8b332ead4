import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { EventStore } from '../event-store/event-store.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, LOGGER, METRICS } from '../tokens.js';
import { AlarmReads } from './alarm-reads.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { CountReads } from './count-reads.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { MapReads } from './map-reads.js';
import { PlacesSync } from './places-sync.js';
import { ProjectionRunner } from './projection-runner.js';

/** Events → read models, and what is read from them. */
@Module({
  providers: [
    { provide: LibsqlProjectionSink, useFactory: (config: Config) => LibsqlProjectionSink.open(config.dataDir), inject: [CONFIG] },
    {
      provide: ProjectionRunner,
      useFactory: (store: EventStore, sink: LibsqlProjectionSink, clock: Clock, logger: Logger, registry: Registry) => {
        const runner = new ProjectionRunner(ALL_PROJECTIONS, store, sink, clock, (projection, error) =>
          logger.error({ projection, err: error }, 'a projection failed'),
        );
        registerMetrics(registry, runner);
        return runner;
      },
      inject: [EVENT_STORE, LibsqlProjectionSink, CLOCK, LOGGER, METRICS],
    },
    {
      provide: PlacesSync,
      useFactory: (sink: LibsqlProjectionSink, customers: CustomerStore, clock: Clock) => new PlacesSync(sink.places, customers, clock),
      inject: [LibsqlProjectionSink, CUSTOMER_STORE, CLOCK],
    },
    { provide: AlarmReads, useFactory: (sink: LibsqlProjectionSink) => new AlarmReads(sink), inject: [LibsqlProjectionSink] },
    { provide: CountReads, useFactory: (sink: LibsqlProjectionSink) => new CountReads(sink), inject: [LibsqlProjectionSink] },
    { provide: MapReads, useFactory: (sink: LibsqlProjectionSink) => new MapReads(sink), inject: [LibsqlProjectionSink] },
  ],
  exports: [ProjectionRunner, PlacesSync, AlarmReads, CountReads, MapReads, LibsqlProjectionSink],
})
export class ProjectionsModule {}

function registerMetrics(registry: Registry, runner: ProjectionRunner): void {
  const registers = [registry];
  const seconds = new Gauge({ name: 'vigia_projection_lag_seconds', help: 'Age of the oldest event that a projection has not taken.', labelNames: ['projection'], registers });
  const parked = new Gauge({ name: 'vigia_projection_parked_events', help: 'Events that a projection could not take.', labelNames: ['projection'], registers });
  new Gauge({
    name: 'vigia_projection_lag_events',
    help: 'Events that a projection has not taken, counted to 1000.',
    labelNames: ['projection'],
    registers,
    async collect() {
      for (const status of await runner.status()) {
        const labels = { projection: status.name };
        this.set(labels, status.lagEvents);
        seconds.set(labels, status.lagSeconds);
        parked.set(labels, status.parked);
      }
    },
  });
}
