import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SensorEvent } from '../../src/alarm-domain/alarm-events.js';
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
import { INCOMPLETE_GROUP, Measurement } from './contender.js';

/**
 * `vigia.ts BROKERS ALARMS_FILE PROCESSES`: drains ENTRY and OK with the real rules, real appends and receipts into a
 * new embedded event store; beside another process it has its share of the partitions, and a store of its own. It says
 * `ready`, and joins the group when it gets a line, so that all are in it when the partitions are given out. It ends when
 * its standard input does: a member that left the group would hand its partitions to the others.
 */
const [alarmsFile, processes] = [process.argv[3] as string, Number(process.argv[4])];
const log = await openBenchLog(process.argv[2] as string);
const dir = mkdtempSync(join(tmpdir(), 'vigia-hot-path-'));
const store = await LibsqlEventStore.open(dir, { clock: systemClock });
const receipts = new ReceiptBook(store, log.identity, systemClock);
const sensors = new SensorStates(store);
const alarms: string[] = [];
const observer = {
  processed() {},
  stored: (events: readonly SensorEvent[]) => {
    for (const event of events) {
      if (event.type === 'AlarmTriggered') alarms.push(`${event.metadata.source.partition}-${event.metadata.source.offset}-${event.data.alarmType}`);
    }
  },
  conflict() {},
  failed: (error: unknown) => console.error(error),
};
const handler = new BatchHandler(log.identity, store, sensors, receipts, new DeadLetters(log, store, systemClock), SOURCE_STRIKE_POLICY, systemClock, observer);
const ends = new Map<string, number>();
for (const topic of SENSOR_TOPICS) for (const { partition, endOffset } of await log.describe(topic)) ends.set(`${topic}/${partition}`, endOffset);
let mine: readonly number[] = [];
const isDone = (): boolean => SENSOR_TOPICS.every((topic) => mine.every((partition) => receipts.isOpen(topic, partition) && receipts.next(topic, partition) === ends.get(`${topic}/${partition}`)));
const measurement = new Measurement();
let isMeasured = false;
const stop = new AbortController();
const go = once(process.stdin, 'data');
console.log('ready');
await go;
const wentAt = performance.now();
void once(process.stdin.resume(), 'end').then(() => stop.abort());
await log.consume({
  onAssignment: (numbers) => {
    if (numbers === null || isMeasured) return; // the others may leave before it does
    mine = numbers;
    if (mine.length === PARTITIONS / processes) return;
    console.error(`${mine.length} partitions for one of ${processes} processes, ${Math.round(performance.now() - wentAt)} ms after its start: ${INCOMPLETE_GROUP}`);
    process.exit(1);
  },
  resumeAt: async (topic, partition, range) => {
    measurement.begin();
    return (await receipts.open(topic, partition, range)).next;
  },
  discard: normalReadings,
  handle: async (batches) => {
    await handler.handle(batches);
    if (isMeasured || !isDone()) return;
    isMeasured = true;
    await receipts.flush(true);
    const result = measurement.end();
    writeFileSync(alarmsFile, alarms.join('\n'));
    console.log(JSON.stringify(result));
  },
  signal: stop.signal,
});
await log.close();
await store.close();
rmSync(dir, { recursive: true });
