import { Module, type DynamicModule } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import type { AccessControl } from './access/access-control.js';
import { systemClock, type Clock } from './clock.js';
import type { Config } from './config.js';
import { openCustomerStore } from './customers/open-customer-store.js';
import type { EventStore } from './event-store/event-store.js';
import { openEventStore } from './event-store/open-event-store.js';
import { RoleLeases } from './leases/role-leases.js';
import { openMessageLog } from './message-log/open-message-log.js';
import { readsEvents } from './roles.js';
import { ACCESS, CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, LOGGER, MESSAGE_LOG, METRICS } from './tokens.js';

/** Configuration, clock, who may come in, logger, metrics and the stores: what every other module builds on. */
@Module({})
export class StoresModule {
  static with(config: Config, control: AccessControl): DynamicModule {
    return {
      module: StoresModule,
      global: true,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: CLOCK, useValue: systemClock },
        { provide: ACCESS, useValue: control },
        { provide: LOGGER, useFactory: () => pino({ level: config.logLevel }) },
        { provide: METRICS, useFactory: () => new Registry() },
        { provide: MESSAGE_LOG, useFactory: (clock: Clock, logger: Logger, metrics: Registry) => openMessageLog(config, clock, logger, metrics), inject: [CLOCK, LOGGER, METRICS] },
        { provide: EVENT_STORE, useFactory: (clock: Clock, logger: Logger) => openEventStore(config, clock, logger), inject: [CLOCK, LOGGER] },
        {
          provide: RoleLeases,
          useFactory: (store: EventStore, clock: Clock, log: Logger, registry: Registry) => new RoleLeases({ store, clock, log, registry }),
          inject: [EVENT_STORE, CLOCK, LOGGER, METRICS],
        },
        ...(readsEvents(config)
          ? [{ provide: CUSTOMER_STORE, useFactory: (clock: Clock, logger: Logger, metrics: Registry) => openCustomerStore(config, clock, logger, metrics), inject: [CLOCK, LOGGER, METRICS] }]
          : []),
      ],
      exports: [CONFIG, CLOCK, ACCESS, LOGGER, METRICS, MESSAGE_LOG, EVENT_STORE, RoleLeases, ...(readsEvents(config) ? [CUSTOMER_STORE] : [])],
    };
  }
}
