import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { EventStore } from '../event-store/event-store.js';
import type { MessageLog } from '../message-log/message-log.js';
import type { LeasedRole } from '../leases/leased-role.js';
import { RoleLeases } from '../leases/role-leases.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, INFLUX, LOGGER, MAP_AND_COUNTS, MESSAGE_LOG, METRICS } from '../tokens.js';
import { registerTotal } from '../total-counters.js';
import { AlarmReads } from './alarm-reads.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { CellSensors } from './cell-sensors.js';
import { CountPublisher, type CountTotals } from './count-publisher.js';
import { CountReads } from './count-reads.js';
import { mapAndCounts, type MapAndCounts } from './influx/influx-first.js';
import { registerInfluxMetrics } from './influx/influx-metrics.js';
import { InfluxModels } from './influx/influx-models.js';
import type { LeaseOfInflux } from './influx/influx-writer.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { LoadReads } from './load-reads.js';
import { MapReads } from './map-reads.js';
import { openReadModels } from './open-read-models.js';
import { PastAlarms } from './past-alarms.js';
import { PastChanges } from './past-changes.js';
import { PastSensors } from './past-sensors.js';
import { PlacesSync } from './places-sync.js';
import { ProjectionRunner } from './projection-runner.js';
import { SensorListReads } from './sensor-list-reads.js';

export const COUNTING = Symbol('Counting');

/** The publisher of COUNT, while this process holds the lease of role `count`; null where this process has not role `project`. */
export type Counting = LeasedRole<CountPublisher> | null;

/** Events → read models and topic COUNT, and what is read from the models. */
@Module({
  providers: [
    {
      provide: LibsqlProjectionSink,
      useFactory: (config: Config, store: EventStore, clock: Clock, logger: Logger) => openReadModels(config, store, clock, logger),
      inject: [CONFIG, EVENT_STORE, CLOCK, LOGGER],
    },
    {
      provide: ProjectionRunner,
      useFactory: (store: EventStore, sink: LibsqlProjectionSink, clock: Clock, logger: Logger) => {
        return new ProjectionRunner(ALL_PROJECTIONS, store, sink, clock, (projection, error) =>
          logger.error({ projection, err: error }, 'a projection failed'),
        );
      },
      inject: [EVENT_STORE, LibsqlProjectionSink, CLOCK, LOGGER],
    },
    {
      provide: INFLUX,
      useFactory: async (config: Config, sink: LibsqlProjectionSink, store: EventStore, clock: Clock, logger: Logger, runner: ProjectionRunner, registry: Registry, leases: RoleLeases) => {
        const lease: LeaseOfInflux = (begin) => leases.role('influx', config.eventStoreUrl === null ? null : 'influx', begin);
        const influx = config.influx === null ? null : await InfluxModels.open(config.influx, sink, store, clock, logger, config.roles.has('project') ? lease : null);
        const writer = influx?.writer ?? null;
        registerMetrics(registry, writer === null ? [runner] : [runner, writer.runner]);
        if (influx !== null) registerInfluxMetrics(registry, influx);
        return influx;
      },
      inject: [CONFIG, LibsqlProjectionSink, EVENT_STORE, CLOCK, LOGGER, ProjectionRunner, METRICS, RoleLeases],
    },
    {
      provide: MAP_AND_COUNTS,
      useFactory: (map: MapReads, counts: CountReads, influx: InfluxModels | null): MapAndCounts => influx?.reads ?? mapAndCounts(map, counts),
      inject: [MapReads, CountReads, INFLUX],
    },
    {
      provide: COUNTING,
      useFactory: (config: Config, log: MessageLog, store: EventStore, clock: Clock, logger: Logger, registry: Registry, leases: RoleLeases): Counting => {
        if (!config.roles.has('project')) return null;
        const totals: CountTotals = { published: 0, recognised: 0 };
        // COUNT is of a log, and an embedded log, like an embedded store, is of one process.
        const isShared = config.kafka !== null && config.eventStoreUrl !== null;
        const counting = leases.role('count', isShared ? `count-${log.identity}` : null, (term) => {
          const publisher = new CountPublisher({ log, store, clock, term, totals, problem: (what, error) => logger.warn({ err: error }, `topic COUNT: ${what}`) });
          publisher.start();
          return publisher;
        });
        registerCountMetrics(registry, counting, totals);
        return counting;
      },
      inject: [CONFIG, MESSAGE_LOG, EVENT_STORE, CLOCK, LOGGER, METRICS, RoleLeases],
    },
    {
      provide: PlacesSync,
      useFactory: (sink: LibsqlProjectionSink, customers: CustomerStore, clock: Clock) => new PlacesSync(sink.places, customers, clock),
      inject: [LibsqlProjectionSink, CUSTOMER_STORE, CLOCK],
    },
    {
      provide: AlarmReads,
      useFactory: (sink: LibsqlProjectionSink, registry: Registry) => {
        const reads = new AlarmReads(sink);
        registerReadGauge(registry, 'vigia_emails_parked', 'Alarms whose e-mail waits for an operator; NaN while the read model can’t be asked.', () => reads.parkedMails());
        return reads;
      },
      inject: [LibsqlProjectionSink, METRICS],
    },
    {
      provide: SensorListReads,
      useFactory: (sink: LibsqlProjectionSink, registry: Registry) => {
        const reads = new SensorListReads(sink);
        registerReadGauge(registry, 'vigia_sensors_shelved', 'Shelved sensors, whose new alarms send no e-mail; NaN while the read model can’t be asked.', () => reads.countShelved());
        return reads;
      },
      inject: [LibsqlProjectionSink, METRICS],
    },
    { provide: CountReads, useFactory: (sink: LibsqlProjectionSink) => new CountReads(sink), inject: [LibsqlProjectionSink] },
    { provide: LoadReads, useFactory: (sink: LibsqlProjectionSink) => new LoadReads(sink), inject: [LibsqlProjectionSink] },
    { provide: PastAlarms, useFactory: (sink: LibsqlProjectionSink) => new PastAlarms(sink), inject: [LibsqlProjectionSink] },
    { provide: PastChanges, useFactory: (sink: LibsqlProjectionSink) => new PastChanges(sink), inject: [LibsqlProjectionSink] },
    { provide: PastSensors, useFactory: (sink: LibsqlProjectionSink) => new PastSensors(sink), inject: [LibsqlProjectionSink] },
    { provide: CellSensors, useFactory: (sink: LibsqlProjectionSink) => new CellSensors(sink), inject: [LibsqlProjectionSink] },
    { provide: MapReads, useFactory: (sink: LibsqlProjectionSink) => new MapReads(sink), inject: [LibsqlProjectionSink] },
  ],
  exports: [ProjectionRunner, INFLUX, COUNTING, PlacesSync, AlarmReads, CellSensors, SensorListReads, LoadReads, PastAlarms, PastChanges, PastSensors, MAP_AND_COUNTS, LibsqlProjectionSink],
})
export class ProjectionsModule {}

function registerMetrics(registry: Registry, runners: readonly ProjectionRunner[]): void {
  const registers = [registry];
  const seconds = new Gauge({ name: 'vigia_projection_lag_seconds', help: 'Age of the oldest event that a projection has not taken.', labelNames: ['projection'], registers });
  const running = new Gauge({ name: 'vigia_projection_running', help: '1 while a projection takes events, 0 when it has stopped.', labelNames: ['projection'], registers });
  const parked = new Gauge({ name: 'vigia_projection_parked_events', help: 'Events that a projection could not take.', labelNames: ['projection'], registers });
  new Gauge({
    name: 'vigia_projection_lag_events',
    help: 'Events that a projection has not taken, counted to 1000.',
    labelNames: ['projection'],
    registers,
    async collect() {
      for (const status of (await Promise.all(runners.map((runner) => runner.status()))).flat()) {
        const labels = { projection: status.name };
        this.set(labels, status.lagEvents);
        seconds.set(labels, status.lagSeconds);
        parked.set(labels, status.parked);
        running.set(labels, status.running ? 1 : 0);
      }
    },
  });
}

function registerReadGauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      try {
        this.set(value());
      } catch {
        this.set(Number.NaN);
      }
    },
  });
}

function registerCountMetrics(registry: Registry, counting: NonNullable<Counting>, totals: Readonly<CountTotals>): void {
  const registers = [registry];
  const gauge = (name: string, help: string, field: 'lagEvents' | 'lagSeconds' | 'unreadable') =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const status = await counting.work?.status();
        // Told by the process that publishes.
        if (status) this.set(status[field]);
        else this.remove();
      },
    });
  registerTotal(registry, 'vigia_count_published_total', 'Alarms published to topic COUNT.', () => totals.published);
  registerTotal(registry, 'vigia_count_recognised_total', 'Alarms found on topic COUNT when it was read back, and not published again.', () => totals.recognised);
  gauge('vigia_count_lag_events', 'Alarms that are not on topic COUNT yet, counted to 1000.', 'lagEvents');
  gauge('vigia_count_lag_seconds', 'Age of the oldest alarm that is not on topic COUNT yet.', 'lagSeconds');
  gauge('vigia_count_unreadable_alarms', 'Alarms that could not be read and are not on topic COUNT.', 'unreadable');
}
