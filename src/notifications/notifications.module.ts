import { Module } from '@nestjs/common';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { NOTIFICATION_POLICY } from '../alarm-domain/notification.js';
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
import { registerDelayMetric, registerNotificationMetrics } from './notification-metrics.js';
import { SmtpMailer, smtpLimits } from './smtp-mailer.js';

export const MAILER = Symbol('Mailer');
export const NOTIFYING = Symbol('Notifying');

/** The dispatcher, while this process holds the lease of role `notify`; null where this process has not that role. */
export type Notifying = LeasedRole<NotificationDispatcher> | null;

/** AlarmTriggered → one e-mail. */
@Module({
  providers: [
    {
      provide: MAILER,
      useFactory: (config: Config, clock: Clock): Promise<Mailer> | Mailer | null => {
        if (!config.roles.has('notify')) return null;
        return config.smtpUrl === null ? MailboxFolderMailer.open(join(config.dataDir, 'mailbox')) : new SmtpMailer(config.smtpUrl, clock, smtpLimits(config.mailSendLimitMs));
      },
      inject: [CONFIG, CLOCK],
    },
    {
      provide: NOTIFYING,
      useFactory: (mailer: Mailer | null, store: EventStore, customers: CustomerStore, config: Config, clock: Clock, log: Logger, registry: Registry, leases: RoleLeases): Notifying => {
        if (mailer === null) return null;
        const onSent = registerDelayMetric(registry);
        const settings = {
          language: config.mailLanguage,
          from: config.mailFrom,
          to: config.monitoringMailbox,
          consoleUrl: config.consoleUrl ?? `http://${config.bindAddress}:${config.consolePort}`,
        };
        // Half of a claim is for storing it.
        const policy = { ...NOTIFICATION_POLICY, claimLimitMs: 2 * mailer.sendLimitMs };
        const notifying = leases.role('notify', config.eventStoreUrl === null ? null : 'notify', (term) => {
          const dispatcher = new NotificationDispatcher({ store, customers, mailer, settings, clock, log, term, policy, onSent });
          dispatcher.start();
          return dispatcher;
        });
        registerNotificationMetrics(registry, () => notifying.work);
        return notifying;
      },
      inject: [MAILER, EVENT_STORE, CUSTOMER_STORE, CONFIG, CLOCK, LOGGER, METRICS, RoleLeases],
    },
  ],
  exports: [NOTIFYING, MAILER],
})
export class NotificationsModule {}
