import { Module, type DynamicModule } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';
import type { ApplicationProgress } from './application-progress.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import { ConsoleModule } from './console/console.module.js';
import { LocalOperations } from './console/local-operations.js';
import type { CustomerStore } from './customers/customer-store.js';
import type { EventStore } from './event-store/event-store.js';
import { SystemHealth } from './health.js';
import { ConsumerLag } from './ingestion/consumer-lag.js';
import { DeadLetters } from './ingestion/dead-letters.js';
import { IngestionModule } from './ingestion/ingestion.module.js';
import { ReceiptBook } from './ingestion/receipt-book.js';
import type { MessageLog } from './message-log/message-log.js';
import { NotificationsModule, NOTIFYING, type Notifying } from './notifications/notifications.module.js';
import { AlarmReads } from './projections/alarm-reads.js';
import { ProjectionRunner } from './projections/projection-runner.js';
import { COUNTING, ProjectionsModule, type Counting } from './projections/projections.module.js';
import { StoresModule } from './stores.module.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, HEALTH, MESSAGE_LOG, METRICS, OPERATIONS } from './tokens.js';

/** What can be asked of the system as a whole. */
@Module({})
class SystemModule {
  static with(progress: ApplicationProgress): DynamicModule {
    return {
      module: SystemModule,
      imports: [IngestionModule, ProjectionsModule, NotificationsModule],
      providers: [
        {
          provide: OPERATIONS,
          useFactory: (log: MessageLog, store: EventStore, letters: DeadLetters, receipts: ReceiptBook, projections: ProjectionRunner, clock: Clock) =>
            new LocalOperations(log, store, letters, receipts, projections, clock),
          inject: [MESSAGE_LOG, EVENT_STORE, DeadLetters, ReceiptBook, ProjectionRunner, CLOCK],
        },
        {
          provide: HEALTH,
          useFactory: (
            log: MessageLog, store: EventStore, lag: ConsumerLag, projections: ProjectionRunner, counting: Counting, notifying: Notifying,
            alarms: AlarmReads, customers: CustomerStore, config: Config, clock: Clock, registry: Registry,
          ) => {
            const health = new SystemHealth(log, store, lag, projections, counting, notifying, alarms, customers, config.dataDir, clock, progress);
            registerStoreMetric(registry, health);
            return health;
          },
          inject: [MESSAGE_LOG, EVENT_STORE, ConsumerLag, ProjectionRunner, COUNTING, NOTIFYING, AlarmReads, CUSTOMER_STORE, CONFIG, CLOCK, METRICS],
        },
      ],
      exports: [OPERATIONS, HEALTH],
    };
  }
}

function registerStoreMetric(registry: Registry, health: SystemHealth): void {
  new Gauge({
    name: 'vigia_event_store_up',
    help: '1 while the event store answers, else 0.',
    registers: [registry],
    async collect() {
      this.set((await health.storeFailure()) === null ? 1 : 0);
    },
  });
}

/** The application, in the order of the flow. */
@Module({})
export class AppModule {
  static with(config: Config, progress: ApplicationProgress): DynamicModule {
    const system = SystemModule.with(progress);
    return {
      module: AppModule,
      imports: [
        StoresModule.with(config),
        IngestionModule,
        ProjectionsModule,
        NotificationsModule,
        system,
        ConsoleModule.over(ProjectionsModule, system),
      ],
    };
  }
}
