import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { LogBatch, MessageLog, ConsumeOptions } from '../message-log/message-log.js';

/** The pattern of the one handler that takes batches. */
export const BATCHES_PATTERN = 'reading-batches';

/**
 * Nest's transport over the message log's port: gives whole batches to the handler of `BATCHES_PATTERN` and
 * waits for it before the next; Nest's own transports handle single messages and do not wait.
 */
export class MessageLogTransport extends Server implements CustomTransportStrategy {
  private readonly stopping = new AbortController();
  private consuming: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: MessageLog,
    private readonly options: Omit<ConsumeOptions, 'handle' | 'signal'>,
    private readonly onEnd: (error: unknown) => void,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    const handler = this.messageHandlers.get(BATCHES_PATTERN);
    if (!handler) {
      callback(new Error(`no handler for ${BATCHES_PATTERN}`));
      return;
    }
    const handle = async (batches: readonly LogBatch[]): Promise<void> => {
      await lastValueFrom(this.transformToObservable(await handler(batches)), { defaultValue: undefined });
    };
    this.consuming = this.log.consume({ ...this.options, handle, signal: this.stopping.signal }).catch(this.onEnd);
    callback();
  }

  /** Resolves when the batch in work has been handled. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.consuming;
  }

  /** The port tells of no events of its own. */
  on(): void {}

  unwrap<T>(): T {
    return this.log as T;
  }
}
