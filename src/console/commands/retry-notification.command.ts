import type { Operations } from '../operations.js';
import { RequestRefused } from '../problem.js';

/** Sends a parked e-mail after all. */
export class RetryNotification {
  constructor(readonly alarmId: string) {}
}

export class RetryNotificationHandler {
  constructor(private readonly operations: Operations) {}

  /** Thrown: `RequestRefused` with 404 when there is no such e-mail, with 409 when it is not parked. */
  async execute({ alarmId }: RetryNotification): Promise<void> {
    const outcome = await this.operations.retryNotification(alarmId);
    if (outcome === 'unknown') throw new RequestRefused(404, `no e-mail was asked for under the alarm id ${alarmId}`);
    if (outcome === 'not-parked') throw new RequestRefused(409, `the e-mail of alarm ${alarmId} is not parked, so there is nothing to retry`);
  }
}
