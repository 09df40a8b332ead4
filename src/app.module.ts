import { Module, type DynamicModule } from '@nestjs/common';
import type { Registry } from 'prom-client';
import type { AccessControl } from './access/access-control.js';
import { AlarmLifeModule } from './alarm-life/alarm-life.module.js';
import { Supervision } from './alarm-life/supervision.js';
import { SupervisionModule } from './alarm-life/supervision.module.js';
import type { ApplicationProgress } from './application-progress.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import { ConsoleModule } from './console/console.module.js';
import { LocalOperations } from './console/local-operations.js';
import { OperationsModule, StatusModule } from './console/status.module.js';
import type { CustomerStore } from './customers/customer-store.js';
import type { EventStore } from './event-store/event-store.js';
import { SystemHealth } from './health.js';
import { ConsumerLag } from './ingestion/consumer-lag.js';
import { DeadLetters } from './ingestion/dead-letters.js';
import { IngestionModule } from './ingestion/ingestion.module.js';
import { ReceiptBook } from './ingestion/receipt-book.js';
import type { MessageLog } from './message-log/message-log.js';
import type { Mailer } from './notifications/mailer.js';
import { MAILER, NotificationsModule, NOTIFYING, type Notifying } from './notifications/notifications.module.js';
import type { InfluxModels } from './projections/influx/influx-models.js';
import { AlarmReads } from './projections/alarm-reads.js';
import { ProjectionRunner } from './projections/projection-runner.js';
import { COUNTING, ProjectionsModule, type Counting } from './projections/projections.module.js';
import { ProcessingHealth } from './processing-health.js';
import { registerProcessingHealthMetrics } from './processing-health-metrics.js';
import { readsEvents } from './roles.js';
import { StoresModule } from './stores.module.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, HEALTH, INFLUX, MESSAGE_LOG, METRICS, OPERATIONS } from './tokens.js';

/** How the way from the log to the events is. */
@Module({})
class ProcessingModule {
  static with(progress: ApplicationProgress): DynamicModule {
    return {
      module: ProcessingModule,
      imports: [IngestionModule, SupervisionModule],
      providers: [
        {
          provide: ProcessingHealth,
          useFactory: (log: MessageLog, store: EventStore, lag: ConsumerLag, supervision: Supervision, config: Config, clock: Clock, registry: Registry) => {
            const health = new ProcessingHealth({ log, store, lag, supervision, dataDir: config.dataDir, clock, progressing: progress, processes: config.roles.has('process') });
            registerProcessingHealthMetrics(registry, health);
            return health;
          },
          inject: [MESSAGE_LOG, EVENT_STORE, ConsumerLag, Supervision, CONFIG, CLOCK, METRICS],
        },
        { provide: HEALTH, useExisting: ProcessingHealth },
      ],
      exports: [IngestionModule, ProcessingHealth, HEALTH],
    };
  }
}

/** What can be asked of the system as a whole. */
@Module({})
class SystemModule {
  static over(processing: DynamicModule): DynamicModule {
    return {
      module: SystemModule,
      imports: [processing, ProjectionsModule, NotificationsModule],
      providers: [
        {
          provide: OPERATIONS,
          useFactory: (log: MessageLog, store: EventStore, letters: DeadLetters, receipts: ReceiptBook, projections: ProjectionRunner, influx: InfluxModels | null, clock: Clock, config: Config, mailer: Mailer | null) =>
            new LocalOperations(log, store, letters, receipts, influx?.writer ? [projections, influx.writer] : [projections], clock, config.kafka !== null && config.eventStoreUrl !== null, projections, mailer),
          inject: [MESSAGE_LOG, EVENT_STORE, DeadLetters, ReceiptBook, ProjectionRunner, INFLUX, CLOCK, CONFIG, MAILER],
        },
        {
          provide: HEALTH,
          useFactory: (processing: ProcessingHealth, projections: ProjectionRunner, influx: InfluxModels | null, counting: Counting, notifying: Notifying, alarms: AlarmReads, customers: CustomerStore, clock: Clock) =>
            new SystemHealth({ processing, projections, influx, counting, notifying, alarms, customers, clock }),
          inject: [ProcessingHealth, ProjectionRunner, INFLUX, COUNTING, NOTIFYING, AlarmReads, CUSTOMER_STORE, CLOCK],
        },
      ],
      exports: [OPERATIONS, HEALTH],
    };
  }
}

/** The application, in the order of the flow; without what reads the events when this process does not have those roles. */
@Module({})
export class AppModule {
  static with(config: Config, progress: ApplicationProgress, control: AccessControl): DynamicModule {
    const processing = ProcessingModule.with(progress);
    const stores = StoresModule.with(config, control);
    if (!readsEvents(config)) return { module: AppModule, imports: [stores, processing, StatusModule.over(processing)] };
    const system = SystemModule.over(processing);
    const api = config.roles.has('console') ? ConsoleModule.over(ProjectionsModule, system) : OperationsModule.over(ProjectionsModule, system);
    return { module: AppModule, imports: [stores, processing, ProjectionsModule, AlarmLifeModule, NotificationsModule, system, api] };
  }
}
