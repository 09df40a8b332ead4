import type { Clock } from '../../clock.js';
import type { Answer, IngestClient, Outcome } from './ingest-client.js';
import { formatMessage, type MessageForm } from './message-form.js';
import type { PlannedMessage } from './message-plan.js';
import type { Settlement, Tally } from './tally.js';

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** A target that asks for more is asked again after this all the same. */
const LONGEST_RETRY_AFTER_MS = 5000;

export interface DeliveryOptions {
  readonly form: MessageForm;
  /** Begins every messageId; null for messages without. */
  readonly messageIdPrefix: string | null;
  /** Whether messages go in batches, else each in a request of its own. */
  readonly inBatches: boolean;
  /** Told what each message came to. */
  readonly onSettled?: (settled: SettledMessage) => void;
}

/** A message as it was sent, and what became of it. */
export interface SettledMessage {
  readonly topic: string;
  readonly text: string;
  readonly settlement: Settlement;
}

/** Sends messages again until what became of each is settled. */
export class Delivery {
  /** When the first attempt failed since the last success: the longer it lasts, the longer the pauses. */
  private failingSinceMs: number | null = null;

  constructor(
    private readonly client: IngestClient,
    private readonly clock: Clock,
    private readonly tally: Tally,
    private readonly options: DeliveryOptions,
  ) {}

  /**
   * Resolves when all are settled, and tells each by `settled` at once. A message whose outcome is unknown is
   * sent again only when it has a messageId, which keeps a second copy harmless. After `giveUp` no attempt begins.
   * Thrown: `UnexpectedAnswer`.
   */
  async deliver(messages: readonly PlannedMessage[], settled: (message: PlannedMessage) => void, giveUp: AbortSignal): Promise<void> {
    const topic = (messages[0] as PlannedMessage).topic;
    this.tally.sent += messages.length;
    let left = messages;
    let mayBeStored = new Set<PlannedMessage>();
    for (;;) {
      const answer = await this.attempt(topic, left);
      const again: PlannedMessage[] = [];
      const doubtful = new Set<PlannedMessage>();
      let failure: string | null = null;
      for (const [at, message] of left.entries()) {
        const outcome = answer.outcomes[at] as Outcome;
        if (outcome.type === 'unknown' || outcome.type === 'notStored') failure = outcome.why;
        if (outcome.type === 'unknown' || mayBeStored.has(message)) doubtful.add(message);
        const settlement = this.settlementOf(outcome, doubtful.has(message), giveUp.aborted);
        if (settlement === null) {
          again.push(message);
        } else {
          this.settle(message, settlement);
          settled(message);
        }
      }
      if (failure === null) this.failingSinceMs = null;
      else await this.pause(failure, answer.retryAfterMs, giveUp);
      if (again.length === 0) return;
      if (giveUp.aborted) return this.abandon(again, doubtful, settled);
      this.tally.retries += again.length;
      left = again;
      mayBeStored = doubtful;
    }
  }

  /** Null when the message is to be sent again. */
  private settlementOf(outcome: Outcome, mayBeStored: boolean, isOver: boolean): Settlement | null {
    switch (outcome.type) {
      case 'stored':
        return { type: 'acknowledged', partition: outcome.partition, offset: outcome.offset };
      case 'refused':
        return mayBeStored ? { type: 'unknown' } : outcome;
      case 'notStored':
        if (!isOver) return null;
        return { type: mayBeStored ? 'unknown' : 'notStored' };
      case 'unknown':
        return isOver || this.options.messageIdPrefix === null ? { type: 'unknown' } : null;
    }
  }

  private abandon(messages: readonly PlannedMessage[], mayBeStored: ReadonlySet<PlannedMessage>, settled: (message: PlannedMessage) => void): void {
    for (const message of messages) {
      this.settle(message, { type: mayBeStored.has(message) ? 'unknown' : 'notStored' });
      settled(message);
    }
  }

  private attempt(topic: string, messages: readonly PlannedMessage[]): Promise<Answer> {
    const texts = messages.map((message) => this.textOf(message));
    return this.options.inBatches ? this.client.sendBatch(topic, texts) : this.client.sendOne(topic, texts[0] as string);
  }

  private settle(message: PlannedMessage, settlement: Settlement): void {
    this.tally.settle(message, this.messageIdOf(message), settlement);
    this.options.onSettled?.({ topic: message.topic, text: this.textOf(message), settlement });
  }

  private textOf(message: PlannedMessage): string {
    return formatMessage(message, this.options.form, this.messageIdOf(message));
  }

  private async pause(why: string, retryAfterMs: number | null, giveUp: AbortSignal): Promise<void> {
    this.tally.failed(why);
    const now = this.clock.now();
    this.failingSinceMs ??= now;
    const backoffMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, now - this.failingSinceMs));
    await this.clock.sleep(Math.max(backoffMs, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)), giveUp);
  }

  private messageIdOf(message: PlannedMessage): string | null {
    const { messageIdPrefix } = this.options;
    return messageIdPrefix === null ? null : `${messageIdPrefix}-${message.index}`;
  }
}
