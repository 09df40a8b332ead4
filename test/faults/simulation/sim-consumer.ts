import { DoublingPause } from '../../../src/clock.js';
import { handleUntilDone } from '../../../src/message-log/handle-until-done.js';
import { LogUnavailable, PositionLost, SENSOR_TOPICS, type ConsumeOptions, type LogBatch, type LogRecord, type SensorTopic } from '../../../src/message-log/message-log.js';
import type { FetchedRecord, SimLogServer } from './sim-log-server.js';
import type { SimNetwork } from './sim-network.js';
import type { SimProcess } from './sim-process.js';

const HEARTBEAT_MS = 1000;
const HELD_LOOK_MS = 200;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5000;

type Positions = Record<SensorTopic, number>;

let consumers = 0;

/** One consumer in the group: gets partition numbers, gives their records to the handler, and gives the numbers back when it is told to. */
export class SimConsumer {
  private readonly id: string;
  private readonly running = new Map<number, { readonly stop: AbortController; readonly ended: Promise<void> }>();

  constructor(
    private readonly server: SimLogServer,
    private readonly network: SimNetwork,
    private readonly process: SimProcess,
    private readonly options: ConsumeOptions,
  ) {
    consumers += 1;
    this.id = `${process.name} ${consumers}`;
  }

  async run(): Promise<void> {
    const { signal } = this.options;
    while (!signal.aborted) {
      await this.beat();
      await this.process.clock.sleep(HEARTBEAT_MS, signal);
    }
    await Promise.all([...this.running.keys()].map((number) => this.end(number)));
    await this.call(() => this.server.leave(this.id)).catch(() => undefined);
  }

  private async beat(): Promise<void> {
    for (const number of this.running.keys()) {
      if (this.isLost(number)) await this.end(number); // begun anew below
      else void this.commit(number);
    }
    let answer: ReturnType<SimLogServer['heartbeat']>;
    try {
      answer = await this.call(() => this.server.heartbeat(this.id));
    } catch {
      return; // the next one tells
    }
    for (const number of answer.numbers) if (!answer.toRelease.includes(number)) this.begin(number);
    const lost = [...this.running.keys()].filter((number) => !answer.numbers.includes(number));
    await Promise.all([...lost, ...answer.toRelease].map(async (number) => {
      await this.end(number);
      await this.call(() => this.server.release(this.id, number)).catch(() => undefined);
    }));
    this.options.onAssignment?.([...this.running.keys()]);
  }

  private isLost(number: number): boolean {
    try {
      this.options.requireKept?.(number);
      return false;
    } catch {
      return true;
    }
  }

  private async commit(number: number): Promise<void> {
    for (const topic of SENSOR_TOPICS) {
      try {
        const through = this.options.recordedThrough?.(topic, number);
        if (through !== undefined) await this.call(() => this.server.commit(topic, number, through));
      } catch {
        // Not opened yet, or not told; the next one tells.
      }
    }
  }

  private begin(number: number): void {
    if (this.running.has(number) || this.options.signal.aborted) return;
    const stop = new AbortController();
    this.running.set(number, { stop, ended: this.consume(number, AbortSignal.any([stop.signal, this.options.signal])) });
  }

  private async end(number: number): Promise<void> {
    const running = this.running.get(number);
    if (!running) return;
    running.stop.abort();
    await running.ended;
    await this.options.onRelease?.(number).catch(() => undefined);
    this.running.delete(number);
  }

  private async consume(number: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.process;
    const pause = new DoublingPause(clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    let positions: Positions | null = null;
    while (!signal.aborted) {
      try {
        positions ??= await this.askResume(number);
        const from: Positions = positions;
        const seen = this.server.appended.count;
        const { records, isHeld } = await this.call(() => this.server.fetch(number, from));
        pause.reset();
        if (records.length === 0) {
          await (isHeld ? clock.sleep(HELD_LOOK_MS, signal) : this.nextAppended(seen, signal));
          continue;
        }
        const batches = this.toBatches(number, from, records);
        if (!(await handleUntilDone(clock, batches, this.options.handle, signal))) return;
        for (const { topic, lastOffset } of batches) from[topic] = lastOffset + 1;
      } catch (error) {
        if (error instanceof PositionLost) positions = null;
        await pause.wait(signal);
      }
    }
  }

  private async askResume(number: number): Promise<Positions> {
    const of = async (topic: SensorTopic): Promise<number> => {
      const { startOffset, endOffset } = (await this.call(() => this.server.describe(topic)))[number]!;
      return this.options.resumeAt(topic, number, { startOffset, endOffset, firstOffsetAfter: async () => endOffset });
    };
    return { ENTRY: await of('ENTRY'), OK: await of('OK') };
  }

  private toBatches(partition: number, from: Readonly<Positions>, fetched: readonly FetchedRecord[]): LogBatch[] {
    const batches: (LogBatch & { records: LogRecord[]; skipped: number[]; discarded: number; lastOffset: number; lastAppendedAtMs: number })[] = [];
    const next: Positions = { ...from };
    for (const { topic, order: _order, ...record } of fetched) {
      let batch = batches.at(-1);
      if (batch?.topic !== topic) {
        const isOutOfOrder = !this.server.isKeyed;
        batch = { topic, partition, firstOffset: next[topic], lastOffset: 0, lastAppendedAtMs: 0, discarded: 0, skipped: [], records: [], isOutOfOrder };
        batches.push(batch);
      }
      for (let offset = next[topic]; offset < record.offset; offset += 1) batch.skipped.push(offset);
      const discard = topic === 'ENTRY' ? this.options.discard : undefined;
      discard?.beginBatch?.(partition, record.appendedAtMs);
      if (record.value !== null && discard?.one(record.value, 0, record.value.length)) batch.discarded += 1;
      else {
        batch.records.push(record);
        discard?.given?.(record);
      }
      batch.lastOffset = record.offset;
      batch.lastAppendedAtMs = record.appendedAtMs;
      next[topic] = record.offset + 1;
    }
    return batches;
  }

  private async nextAppended(seen: number, signal: AbortSignal): Promise<void> {
    const { process, server } = this;
    await new Promise<void>((resolve) => {
      void server.appended.after(seen, signal).then(() => process.scheduler.after(1, () => process.deliver(resolve)));
    });
  }

  private call<T>(work: () => T): Promise<T> {
    return this.network.call(this.process, { refused: () => new LogUnavailable('refused'), unknown: () => new LogUnavailable('no answer') }, work);
  }
}
