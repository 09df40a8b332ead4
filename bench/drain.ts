import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOURCE_STRIKE_POLICY } from '../src/alarm-domain/strike-policy.js';
import { systemClock } from '../src/clock.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { BatchHandler } from '../src/ingestion/batch-handler.js';
import { DeadLetters } from '../src/ingestion/dead-letters.js';
import { ReceiptBook } from '../src/ingestion/receipt-book.js';
import { SensorStates } from '../src/ingestion/sensor-states.js';
import { LibsqlMessageLog } from '../src/message-log/libsql-message-log.js';
import { PARTITIONS, SENSOR_TOPICS, type Discard } from '../src/message-log/message-log.js';

export interface Drained {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly events: number;
}

export interface DrainOptions {
  /** Without it every record becomes an object and is parsed. */
  readonly discard?: Discard;
  /** A new event store; it may keep its data in this folder. */
  readonly openStore: (dir: string) => Promise<EventStore>;
}

/** From the first record to the stored receipt of the last one, into a new event store. */
export async function drain(dir: string, { discard, openStore }: DrainOptions): Promise<Drained> {
  const storeDir = mkdtempSync(join(tmpdir(), 'vigia-bench-store-'));
  const log = await LibsqlMessageLog.open(dir, { clock: systemClock });
  const store = await openStore(storeDir);
  let events = 0;
  const observer = { processed() {}, stored: (stored: readonly unknown[]) => void (events += stored.length), conflict() {}, failed: (error: unknown) => console.error(error) };
  const receipts = new ReceiptBook(store, log.identity, systemClock);
  const handler = new BatchHandler(log.identity, store, new SensorStates(store), receipts, new DeadLetters(log, store, systemClock), SOURCE_STRIKE_POLICY, systemClock, observer);
  const ends = new Map<string, number>();
  for (const topic of SENSOR_TOPICS) for (const { partition, endOffset } of await log.describe(topic)) ends.set(`${topic}/${partition}`, endOffset);
  const stop = new AbortController();
  const isDone = (): boolean =>
    SENSOR_TOPICS.every((topic) => Array.from({ length: PARTITIONS }, (_, partition) => receipts.isOpen(topic, partition) && receipts.next(topic, partition) === ends.get(`${topic}/${partition}`)).every(Boolean));
  const cpu = process.cpuUsage();
  const start = performance.now();
  await log.consume({
    resumeAt: async (topic, partition, range) => (await receipts.open(topic, partition, range)).next,
    ...(discard ? { discard } : {}),
    handle: async (batches) => {
      await handler.handle(batches);
      if (isDone()) stop.abort();
    },
    signal: stop.signal,
  });
  await receipts.flush(true);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await log.close();
  await store.close();
  rmSync(storeDir, { recursive: true });
  if (events === 0) throw new Error('the backlog yielded no events');
  return { seconds, cpuSeconds: (user + system) / 1e6, events };
}
