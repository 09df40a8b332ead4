import { LogUnavailable, PARTITIONS, UnknownTopic, ALL_TOPICS, type AppendedRecord, type ConsumeOptions, type LogRecord, type MessageLog, type OutgoingRecord, type PartitionRange } from '../../../src/message-log/message-log.js';
import { SimConsumer } from './sim-consumer.js';
import type { SimLogServer } from './sim-log-server.js';
import type { SimNetwork } from './sim-network.js';
import type { SimProcess } from './sim-process.js';

/** Appends on their way, in bytes; beyond it they are refused. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;

/** The message log as one process reaches it. */
export class SimMessageLog implements MessageLog {
  private readonly closing = new AbortController();
  private waitingBytes = 0;

  constructor(
    private readonly server: SimLogServer,
    private readonly network: SimNetwork,
    private readonly process: SimProcess,
  ) {}

  get identity(): string {
    return this.server.identity;
  }

  async append(topic: string, records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]> {
    requireTopic(topic);
    if (this.closing.signal.aborted) throw new LogUnavailable('the message log is closed');
    if (records.length === 0) return [];
    const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
    if (this.waitingBytes + bytes > MOST_WAITING_BYTES) throw new LogUnavailable(`${this.waitingBytes} bytes wait for the log already`);
    this.waitingBytes += bytes;
    return this.call(() => this.server.append(topic, records)).finally(() => (this.waitingBytes -= bytes));
  }

  async describe(topic: string): Promise<readonly PartitionRange[]> {
    requireTopic(topic);
    return this.call(() => this.server.describe(topic));
  }

  read(topic: string, partition: number, fromOffset: number, toOffset = Infinity): AsyncIterable<LogRecord> {
    requireTopic(topic);
    if (!(partition >= 0 && partition < PARTITIONS)) throw new RangeError(`partition ${partition} of ${topic}, expected 0 to ${PARTITIONS - 1}`);
    const end = Math.min(toOffset, this.server.endOffset(topic, partition));
    return this.readRange(topic, partition, fromOffset, end);
  }

  private async *readRange(topic: string, partition: number, fromOffset: number, toOffset: number): AsyncIterable<LogRecord> {
    yield* await this.call(() => this.server.records(topic, partition, fromOffset, toOffset));
  }

  async consume(options: ConsumeOptions): Promise<void> {
    if (this.closing.signal.aborted) throw new LogUnavailable('the message log is closed');
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    await new SimConsumer(this.server, this.network, this.process, { ...options, signal }).run();
  }

  unavailable(): string | null {
    return this.closing.signal.aborted ? 'the message log is closed' : null;
  }

  async close(): Promise<void> {
    this.closing.abort();
  }

  private call<T>(work: () => T): Promise<T> {
    return this.network.call(this.process, { refused: () => new LogUnavailable('refused'), unknown: () => new LogUnavailable('no answer') }, work);
  }
}

function requireTopic(topic: string): void {
  if (!ALL_TOPICS.includes(topic)) throw new UnknownTopic(topic);
}
