import { Registry } from 'prom-client';
import type { NotificationDispatcher } from './notification-dispatcher.js';
import { registerDelayMetric, registerNotificationMetrics } from './notification-metrics.js';

/** A dispatcher's status is all that the metrics ask for. */
function dispatcherWith(status: { readonly pending: number; readonly lagMs: number; readonly failed: number; readonly followUpsGivenUp: number }): NotificationDispatcher {
  return { status: () => status } as unknown as NotificationDispatcher;
}

describe('metrics of the e-mails', () => {
  it('are told by the process that sends them, and failures add up over its terms', async () => {
    const registry = new Registry();
    let current: NotificationDispatcher | null = null;
    registerNotificationMetrics(registry, () => current);
    const lines = async (): Promise<string[]> => (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

    expect(await lines()).toEqual(['vigia_email_failures_total 0', 'vigia_follow_up_emails_given_up_total 0']);
    current = dispatcherWith({ pending: 2, lagMs: 1500, failed: 3, followUpsGivenUp: 2 });
    await lines();
    expect(await lines()).toEqual(['vigia_emails_pending 2', 'vigia_email_lag_seconds 1.5', 'vigia_email_failures_total 3', 'vigia_follow_up_emails_given_up_total 2']);
    current = null;
    expect(await lines()).toEqual(['vigia_email_failures_total 3', 'vigia_follow_up_emails_given_up_total 2']);
    current = dispatcherWith({ pending: 0, lagMs: 0, failed: 1, followUpsGivenUp: 1 });
    expect(await lines()).toEqual(['vigia_emails_pending 0', 'vigia_email_lag_seconds 0', 'vigia_email_failures_total 4', 'vigia_follow_up_emails_given_up_total 3']);
  });

  it('put an e-mail’s way into seconds', async () => {
    const registry = new Registry();
    registerDelayMetric(registry)(40);
    const text = await registry.metrics();
    expect(text).toContain('vigia_reading_to_email_seconds_bucket{le="0.025"} 0\n');
    expect(text).toContain('vigia_reading_to_email_seconds_bucket{le="0.05"} 1\n');
  });
});
