import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { NotificationDispatcher } from './notification-dispatcher.js';

/** The histogram of a mail's way. Called for each e-mail that was sent, with milliseconds. */
export function registerDelayMetric(registry: Registry): (latencyMs: number) => void {
  const delay = new Histogram({
    name: 'vigia_reading_to_email_seconds',
    help: 'Time from the log’s append of the reading that completed an alarm to the acceptance of its e-mail.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
    registers: [registry],
  });
  return (latencyMs) => delay.observe(latencyMs / 1000);
}

/** Adds what waits and what failed. `dispatcher` gives null while another process sends the e-mails: that one tells. */
export function registerNotificationMetrics(registry: Registry, dispatcher: () => NotificationDispatcher | null): void {
  const registers = [registry];
  const gauge = (name: string, help: string, valueOf: (status: ReturnType<NotificationDispatcher['status']>) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const status = dispatcher()?.status();
        if (status) this.set(valueOf(status));
        else this.remove();
      },
    });
  };
  gauge('vigia_emails_pending', 'Alarms whose e-mail is neither sent nor parked.', ({ pending }) => pending);
  gauge('vigia_email_lag_seconds', 'How long the oldest pending e-mail has been waiting.', ({ lagMs }) => lagMs / 1000);
  const counter = (name: string, help: string, valueOf: (status: ReturnType<NotificationDispatcher['status']>) => number): void => {
    let counted: { readonly of: NotificationDispatcher; readonly value: number } | null = null;
    new Counter({
      name,
      help,
      registers,
      collect() {
        const of = dispatcher();
        if (of === null) return;
        const value = valueOf(of.status());
        // Each term of the role has a dispatcher of its own, which counts from 0.
        this.inc(value - (counted?.of === of ? counted.value : 0));
        counted = { of, value };
      },
    });
  };
  counter('vigia_email_failures_total', 'Attempts to send an e-mail that failed.', ({ failed }) => failed);
  counter('vigia_follow_up_emails_given_up_total', 'E-mails with the customer’s data, after one without, that could not be sent and will not be.', ({ followUpsGivenUp }) => followUpsGivenUp);
}
