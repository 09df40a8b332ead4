import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { EventStore } from '../event-store/event-store.js';
import type { LeasedRole } from '../leases/leased-role.js';
import { RoleLeases } from '../leases/role-leases.js';
import { ProjectionsModule } from '../projections/projections.module.js';
import { SensorListReads } from '../projections/sensor-list-reads.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, LOGGER } from '../tokens.js';
import { OperatorActions } from './operator-actions.js';
import { SensorCommands } from './sensor-commands.js';
import { Unshelving } from './unshelving.js';

export const UNSHELVING = Symbol('Unshelving');

/** The end of shelvings by time, while this process holds the lease of role `unshelve`; null where it sends no e-mails. */
export type UnshelvingRole = LeasedRole<Unshelving> | null;

/** What operators do about alarms and sensors, and what time does. */
@Module({
  imports: [ProjectionsModule],
  providers: [
    {
      provide: SensorCommands,
      useFactory: (store: EventStore, clock: Clock, config: Config) => new SensorCommands(store, clock, config.longestShelvingMs),
      inject: [EVENT_STORE, CLOCK, CONFIG],
    },
    {
      provide: OperatorActions,
      useFactory: (commands: SensorCommands, customers: CustomerStore) => new OperatorActions(commands, customers.notes),
      inject: [SensorCommands, CUSTOMER_STORE],
    },
    {
      provide: UNSHELVING,
      useFactory: (commands: SensorCommands, shelved: SensorListReads, config: Config, clock: Clock, log: Logger, leases: RoleLeases): UnshelvingRole => {
        if (!config.roles.has('notify')) return null;
        return leases.role('unshelve', config.eventStoreUrl === null ? null : 'unshelve', (term) => {
          const unshelving = new Unshelving({ commands, shelved, clock, term, problem: (error) => log.warn({ err: error }, 'a shelving whose time is over could not be ended yet') });
          unshelving.start();
          return unshelving;
        });
      },
      inject: [SensorCommands, SensorListReads, CONFIG, CLOCK, LOGGER, RoleLeases],
    },
  ],
  exports: [SensorCommands, OperatorActions, UNSHELVING],
})
export class AlarmLifeModule {}
