import { inTime, type Clock } from '../clock.js';
import { StoreUnavailable } from './event-store.js';

/**
 * Asks a store for something that is only to be shown: no longer than `limitMs`, and not again while an answer
 * is overdue, so that questions do not gather before a store that gives none.
 */
export class LimitedAsking {
  private isOverdue = false;

  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
    /** Who is asked, as the error calls it. */
    private readonly whom = 'the event store',
  ) {}

  /** Thrown: what `question` throws; `StoreUnavailable` at the limit. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    const late = (): StoreUnavailable => new StoreUnavailable(`${this.whom} gave no answer within ${this.limitMs} ms`);
    if (this.isOverdue) throw late();
    const asked = question();
    return inTime(this.clock, this.limitMs, asked, () => {
      this.isOverdue = true;
      void asked.catch(() => undefined).finally(() => (this.isOverdue = false));
      return late();
    });
  }
}
