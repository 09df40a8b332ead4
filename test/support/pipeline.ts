import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { SensorEvent } from '../../src/alarm-domain/alarm-events.js';
import { sensorStream } from '../../src/alarm-domain/sensor.js';
import { SOURCE_STRIKE_POLICY, type StrikePolicy } from '../../src/alarm-domain/strike-policy.js';
import { ApplicationProgress } from '../../src/application-progress.js';
import { systemClock, type Clock } from '../../src/clock.js';
import { consumption } from '../../src/consumption.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { decodeSensorEvent } from '../../src/event-store/sensor-stream.js';
import { BatchHandler, type ProcessingObserver } from '../../src/ingestion/batch-handler.js';
import { DeadLetters } from '../../src/ingestion/dead-letters.js';
import { ReceiptBook } from '../../src/ingestion/receipt-book.js';
import { receiptStream, type Receipt } from '../../src/ingestion/receipt.js';
import { reconcile } from '../../src/ingestion/reconcile.js';
import { SensorStates } from '../../src/ingestion/sensor-states.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { SENSOR_TOPICS, type SensorTopic } from '../../src/message-log/message-log.js';

const SILENT: ProcessingObserver = { processed() {}, stored() {}, conflict() {}, failed() {} };

/** The real log, event store and batch handler on one folder; a new instance on the same folder is a restart. */
export class Pipeline {
  readonly deadLetters: DeadLetters;
  readonly observer = { ...SILENT };

  private constructor(
    readonly dir: string,
    readonly log: LibsqlMessageLog,
    readonly realStore: LibsqlEventStore,
    private readonly store: EventStore,
    private readonly policy: StrikePolicy,
  ) {
    this.deadLetters = new DeadLetters(log, store, systemClock);
  }

  /** `disturb` may put faults between the handler and the store; `logClock` makes the append times. */
  static async open(options: { dir?: string; policy?: Partial<StrikePolicy>; disturb?: (store: EventStore) => EventStore; logClock?: Clock } = {}): Promise<Pipeline> {
    const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'vigia-pipeline-'));
    const log = await LibsqlMessageLog.open(dir, { clock: options.logClock ?? systemClock });
    const realStore = await LibsqlEventStore.open(dir, { clock: systemClock });
    const store = options.disturb?.(realStore) ?? realStore;
    return new Pipeline(dir, log, realStore, store, { ...SOURCE_STRIKE_POLICY, ...options.policy });
  }

  async send(topic: SensorTopic, ...bodies: (string | { body: string | null; key?: string; messageId?: string })[]): Promise<void> {
    for (const item of bodies) {
      const { body, key = '7', messageId } = typeof item === 'string' ? { body: item } : item;
      const value = body === null ? null : Buffer.from(body);
      await this.log.append(topic, [{ key, value: value as Buffer, ...(messageId ? { headers: { 'message-id': messageId } } : {}) }]);
    }
  }

  /** Handles what is in the log, stores all receipts, and stops; `failures` counts the batches that were given again. */
  async drain(timeoutMs = 10_000): Promise<{ failures: unknown[] }> {
    const failures: unknown[] = [];
    const observer = { ...this.observer, failed: (error: unknown) => void failures.push(error) };
    const sensors = new SensorStates(this.store);
    const receipts = new ReceiptBook(this.store, this.log.identity, systemClock);
    const handler = new BatchHandler(this.log.identity, this.store, sensors, receipts, this.deadLetters, this.policy, systemClock, observer);
    const stop = new AbortController();
    const consuming = this.log.consume({
      ...consumption({ receipts, sensors, policy: this.policy, progress: new ApplicationProgress(), logger: pino({ level: 'silent' }) }),
      handle: (batches) => handler.handle(batches),
      signal: stop.signal,
    });
    const deadline = Date.now() + timeoutMs;
    const isBehind = async (): Promise<boolean> => {
      for (const topic of SENSOR_TOPICS) {
        for (const { partition, endOffset } of await this.log.describe(topic)) {
          try {
            if (receipts.next(topic, partition) < endOffset) return true;
          } catch {
            return true; // not opened yet
          }
        }
      }
      return false;
    };
    while (await isBehind()) {
      if (Date.now() > deadline) throw new Error(`not drained in ${timeoutMs} ms: ${String(failures.at(-1))}`);
      await systemClock.sleep(5);
    }
    while (!(await receipts.flush(true).then(() => true, (error: unknown) => void failures.push(error)))) {
      if (Date.now() > deadline) throw new Error(`receipts not stored in ${timeoutMs} ms: ${String(failures.at(-1))}`);
    }
    stop.abort();
    await consuming;
    return { failures };
  }

  async events(sensorId = 7): Promise<SensorEvent[]> {
    const events: SensorEvent[] = [];
    for await (const recorded of this.realStore.readStream(sensorStream(sensorId))) events.push(decodeSensorEvent(recorded));
    return events;
  }

  async receipts(topic: SensorTopic, partition: number): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    for await (const recorded of this.realStore.readStream(receiptStream(this.log.identity, topic, partition))) receipts.push(recorded.data as Receipt);
    return receipts;
  }

  reconcile() {
    return reconcile(this.log, this.realStore, this.deadLetters);
  }

  async close(): Promise<void> {
    await this.log.close();
    await this.realStore.close();
  }
}
