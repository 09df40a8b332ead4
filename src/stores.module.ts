import { Global, Module } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { systemClock, type Clock } from './clock.js';
import { readConfig, type Config } from './config.js';
import { LibsqlCustomerStore } from './customers/libsql-customer-store.js';
import { LibsqlEventStore } from './event-store/libsql-event-store.js';
import { LibsqlMessageLog } from './message-log/libsql-message-log.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, LOGGER, MESSAGE_LOG, METRICS } from './tokens.js';

/** Configuration, clock, logger, metrics and the stores: what every other module builds on. */
@Global()
@Module({
  providers: [
    { provide: CONFIG, useFactory: () => readConfig(process.env) },
    { provide: CLOCK, useValue: systemClock },
    { provide: LOGGER, useFactory: (config: Config): Logger => pino({ level: config.logLevel }), inject: [CONFIG] },
    { provide: METRICS, useFactory: () => new Registry() },
    { provide: MESSAGE_LOG, useFactory: (config: Config, clock: Clock) => LibsqlMessageLog.open(config.dataDir, { clock }), inject: [CONFIG, CLOCK] },
    { provide: EVENT_STORE, useFactory: (config: Config, clock: Clock) => LibsqlEventStore.open(config.dataDir, { clock }), inject: [CONFIG, CLOCK] },
    { provide: CUSTOMER_STORE, useFactory: (config: Config) => LibsqlCustomerStore.open(config.dataDir), inject: [CONFIG] },
  ],
  exports: [CONFIG, CLOCK, LOGGER, METRICS, MESSAGE_LOG, EVENT_STORE, CUSTOMER_STORE],
})
export class StoresModule {}
