import { setTimeout as delay } from 'node:timers/promises';

export type CountedFault = 'cutsAfterApplying' | 'cutsBeforeApplying' | 'swallowedAppends' | 'timedOutAppends';

/**
 * What goes wrong on demand. Each field is read when a call comes; tests set them and set them back.
 * Connections are cut and refused by `EventStoreDbDouble` itself.
 */
export class Faults {
  /** Every call is answered UNAVAILABLE, as by a node that is not ready. */
  isNotReady = false;
  /** New calls and appends are taken and neither applied nor answered; the connection itself holds. */
  isSilent = false;
  /** New reads and subscriptions are taken and not answered, while appends are. */
  areReadsSilent = false;
  /** Appends are applied at once and answered after this. */
  appendDelayMs = 0;
  /** So many of the next appends are applied, and then the connection is cut instead of an answer. */
  cutsAfterApplying = 0;
  /** So many of the next appends are not applied, and the connection is cut. */
  cutsBeforeApplying = 0;
  /** So many of the next appends are neither applied nor answered. */
  swallowedAppends = 0;
  /** So many of the next appends are answered with a timeout, and not applied. */
  timedOutAppends = 0;
  /** Told of each fault that was taken, by the name of its field. */
  onTaken: (field: CountedFault) => void = () => {};
  /** How many streams of batch appends were opened: one for each client that appends. */
  openedBatchStreams = 0;
  /** How many events subscriptions have sent. */
  sentEvents = 0;
  /** How many events reads have sent. */
  readEvents = 0;
  private stalled = Promise.resolve();
  private endStall = () => {};

  /** Subscriptions that are open now send nothing more, and stay open; new ones work. */
  stallsBefore = 0;
  private subscriptions = 0;

  stallSubscriptions(): void {
    this.stallsBefore = this.subscriptions;
    this.stalled = new Promise((resolve) => {
      this.endStall = () => resolve();
    });
  }

  resumeSubscriptions(): void {
    this.stallsBefore = 0;
    this.endStall();
  }

  /** A number for a subscription that opens. */
  nextSubscription(): number {
    this.subscriptions += 1;
    return this.subscriptions;
  }

  get openedSubscriptions(): number {
    return this.subscriptions;
  }

  async whileStalled(subscription: number): Promise<void> {
    if (subscription <= this.stallsBefore) await this.stalled;
  }

  async beforeAnswer(): Promise<void> {
    if (this.appendDelayMs > 0) await delay(this.appendDelayMs);
  }

  /** True so many times as the field says. */
  take(field: CountedFault): boolean {
    if (this[field] <= 0) return false;
    this[field] -= 1;
    this.onTaken(field);
    return true;
  }
}
