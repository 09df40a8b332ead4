import { Module } from '@nestjs/common';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Histogram, type Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { EventStore } from '../event-store/event-store.js';
import type { LeasedRole } from '../leases/leased-role.js';
import { RoleLeases } from '../leases/role-leases.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, LOGGER, METRICS } from '../tokens.js';
import { MailboxFolderMailer } from './mailbox-folder-mailer.js';
import type { Mailer } from './mailer.js';
import { NotificationDispatcher } from './notification-dispatcher.js';
import { SmtpMailer } from './smtp-mailer.js';

export const MAILER = Symbol('Mailer');
export const NOTIFYING = Symbol('Notifying');

/** The dispatcher, while this process holds the lease of role `notify`. */
export type Notifying = LeasedRole<NotificationDispatcher>;

/** AlarmTriggered → one e-mail. */
@Module({
  providers: [
    {
      provide: MAILER,
      useFactory: (config: Config, clock: Clock): Promise<Mailer> | Mailer =>
        config.smtpUrl === null ? MailboxFolderMailer.open(join(config.dataDir, 'mailbox')) : new SmtpMailer(config.smtpUrl, clock),
      inject: [CONFIG, CLOCK],
    },
    {
      provide: NOTIFYING,
      useFactory: (mailer: Mailer, store: EventStore, customers: CustomerStore, config: Config, clock: Clock, log: Logger, registry: Registry, leases: RoleLeases): Notifying => {
        const delay = new Histogram({
          name: 'vigia_reading_to_email_seconds',
          help: 'Time from the log’s append of the reading that completed an alarm to the acceptance of its e-mail.',
          buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
          registers: [registry],
        });
        const settings = {
          language: config.mailLanguage,
          from: config.mailFrom,
          to: config.monitoringMailbox,
          consoleUrl: `http://${config.bindAddress}:${config.consolePort}`,
        };
        return leases.role('notify', config.eventStoreUrl === null ? null : 'notify', (term) => {
          const dispatcher = new NotificationDispatcher({ store, customers, mailer, settings, clock, log, term, onSent: (latencyMs) => delay.observe(latencyMs / 1000) });
          dispatcher.start();
          return dispatcher;
        });
      },
      inject: [MAILER, EVENT_STORE, CUSTOMER_STORE, CONFIG, CLOCK, LOGGER, METRICS, RoleLeases],
    },
  ],
  exports: [NOTIFYING, MAILER],
})
export class NotificationsModule {}
