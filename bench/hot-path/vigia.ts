import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOURCE_STRIKE_POLICY } from '../../src/alarm-domain/strike-policy.js';
import { systemClock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { BatchHandler } from '../../src/ingestion/batch-handler.js';
import { DeadLetters } from '../../src/ingestion/dead-letters.js';
import { normalReadings } from '../../src/ingestion/normal-readings.js';
import { ReceiptBook } from '../../src/ingestion/receipt-book.js';
import { SensorStates } from '../../src/ingestion/sensor-states.js';
import { PARTITIONS, SENSOR_TOPICS } from '../../src/message-log/message-log.js';
import { openBenchLog } from './backlog.js';
import { Measurement, type ContenderResult } from './contender.js';

/** `vigia.ts BROKERS`: drains ENTRY and OK with the real rules, real appends and receipts into a new embedded event store. */
const log = await openBenchLog(process.argv[2] as string);
const dir = mkdtempSync(join(tmpdir(), 'vigia-hot-path-'));
const store = await LibsqlEventStore.open(dir, { clock: systemClock });
const receipts = new ReceiptBook(store, log.identity, systemClock);
const sensors = new SensorStates(store);
let alarms = 0;
const observer = {
  processed() {},
  stored: (events: readonly { readonly type: string }[]) => void (alarms += events.filter(({ type }) => type === 'AlarmTriggered').length),
  conflict() {},
  failed: (error: unknown) => console.error(error),
};
const handler = new BatchHandler(log.identity, store, sensors, receipts, new DeadLetters(log, store, systemClock), SOURCE_STRIKE_POLICY, systemClock, observer);
const ends = new Map<string, number>();
let records = 0;
for (const topic of SENSOR_TOPICS) {
  for (const { partition, startOffset, endOffset } of await log.describe(topic)) {
    ends.set(`${topic}/${partition}`, endOffset);
    records += endOffset - startOffset;
  }
}
const isDone = (): boolean =>
  SENSOR_TOPICS.every((topic) => Array.from({ length: PARTITIONS }, (_, partition) => receipts.isOpen(topic, partition) && receipts.next(topic, partition) === ends.get(`${topic}/${partition}`)).every(Boolean));
const measurement = new Measurement();
let result: ContenderResult | null = null;
const stop = new AbortController();
await log.consume({
  resumeAt: async (topic, partition, range) => {
    measurement.begin();
    return (await receipts.open(topic, partition, range)).next;
  },
  discard: normalReadings,
  handle: async (batches) => {
    await handler.handle(batches);
    if (!isDone() || result !== null) return;
    await receipts.flush(true);
    result = measurement.end(records, alarms);
    stop.abort();
  },
  signal: stop.signal,
});
await log.close();
await store.close();
rmSync(dir, { recursive: true });
console.log(JSON.stringify(result));
