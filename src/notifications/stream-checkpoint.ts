import { isoTime, type Clock } from '../clock.js';
import type { EventStore, Position } from '../event-store/event-store.js';
import { idOf } from '../ingestion/deterministic-id.js';

const EVENT_TYPE = 'CheckpointStored';

/** Each write is an event of its own; a restart re-reads what came in a second. */
const WRITE_EVERY_MS = 1000;

/**
 * How far a follower of the event store has come, kept as the only event of a stream.
 *
 * It only saves reading: what has been done is told by other streams, so a lost or old checkpoint does no harm.
 */
export class StreamCheckpoint {
  private wanted: Position | null = null;
  private stored: Position | null = null;
  private writing: Promise<void> | null = null;
  private readonly closing = new AbortController();

  constructor(
    private readonly stream: string,
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly problem: (what: string, error: unknown) => void,
  ) {}

  /** Null when there is none yet. Thrown: the store's errors. */
  async load(): Promise<Position | null> {
    await this.store.setStreamMetadata(this.stream, { maxCount: 1 });
    for await (const { data } of this.store.readStream(this.stream, { direction: 'backwards', limit: 1 })) {
      if ('position' in data && typeof data.position === 'string') this.stored = data.position;
    }
    this.wanted = this.stored;
    return this.stored;
  }

  /** Stores the position soon, in the background; a later call overtakes it. */
  advance(position: Position | null): void {
    this.wanted = position;
    if (!this.isBehind() || this.closing.signal.aborted) return;
    this.writing ??= this.writeSoon();
  }

  /** Stores the last position at once. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.writing;
    if (this.isBehind()) await this.write();
  }

  private isBehind(): boolean {
    return this.wanted !== null && (this.stored === null || this.wanted > this.stored);
  }

  private async writeSoon(): Promise<void> {
    while (this.isBehind() && !this.closing.signal.aborted) {
      await this.clock.sleep(WRITE_EVERY_MS, this.closing.signal);
      if (!this.closing.signal.aborted) await this.write();
    }
    this.writing = null;
  }

  private async write(): Promise<void> {
    const position = this.wanted;
    const event = {
      id: idOf(`${this.stream}|${position}`),
      type: EVENT_TYPE,
      data: { position },
      metadata: { schemaVersion: 1, recordedAt: isoTime(this.clock.now()) },
    };
    try {
      await this.store.append(this.stream, [event], 'any');
      this.stored = position;
    } catch (error) {
      // The next position is tried in a second; none is lost by the delay.
      this.problem(`checkpoint ${this.stream}`, error);
    }
  }
}
