import { setImmediate as nextTurn } from 'node:timers/promises';
import { DoublingPause, type Clock } from '../clock.js';
import type { BatchRow, BatchTable } from './batch-table.js';
import { handleUntilDone } from './handle-until-done.js';
import { SENSOR_TOPICS, type ConsumeOptions, type Discard, type LogBatch, type LogRecord, type SensorTopic } from './message-log.js';
import { CorruptRecordBatch, verifyRecordBatch } from './record-batch.js';
import { RecordCursor } from './record-cursor.js';
import type { Wakeup } from './wakeup.js';

/** Records of one run: what a handler decides and appends at a time. */
const MAX_RUN_RECORDS = 5_000;

/** Pauses before it is asked again where to go on. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

type SensorRow = BatchRow & { readonly topic: SensorTopic };

/** Where each topic of one partition number is to be continued. */
type Resume = Readonly<Record<SensorTopic, number>>;

export interface ConsumerSource {
  readonly table: BatchTable;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
}

/**
 * Gives ENTRY and OK of one partition number to the handler in the order of their commits (P7), until
 * `signal` is aborted; see `MessageLog.consume`. Thrown: `CorruptRecordBatch`, after all that stands before
 * it was handled; `RangeError` for a resume offset beyond the end.
 */
export async function consumePartition(source: ConsumerSource, partition: number, options: ConsumeOptions, signal: AbortSignal): Promise<void> {
  const { table, wakeup } = source;
  const resume = await askResumeUntilTold(source, partition, options, signal);
  if (resume === null) return;
  let cursor = startId(table, partition, resume);
  while (!signal.aborted) {
    const seen = wakeup.count;
    const rows = table.sensorRowsAfter(cursor, partition);
    if (rows.length === 0) {
      await wakeup.after(seen, signal);
      continue;
    }
    const { batches, corrupt } = toBatches(rows, resume, options.discard);
    if (batches.length > 0) await handleUntilDone(source.clock, batches, options.handle, signal);
    if (corrupt) throw corrupt;
    cursor = rows.at(-1)!.id;
    // A handler that never waits must not keep everything else from running.
    await nextTurn();
  }
}

/** Null when `signal` was aborted before there was an answer: who answers may have to ask a store that is away. */
async function askResumeUntilTold({ table, clock }: ConsumerSource, partition: number, options: ConsumeOptions, signal: AbortSignal): Promise<Resume | null> {
  const pause = new DoublingPause(clock, FIRST_PAUSE_MS, LAST_PAUSE_MS);
  while (!signal.aborted) {
    try {
      return await askResume(table, partition, options);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      await pause.wait(signal);
    }
  }
  return null;
}

async function askResume(table: BatchTable, partition: number, { resumeAt }: ConsumeOptions): Promise<Resume> {
  const of = async (topic: SensorTopic): Promise<number> => {
    const endOffset = table.partitions(topic)[partition]!.nextOffset;
    const offset = await resumeAt(topic, partition, {
      startOffset: table.firstOffset(topic, partition) ?? endOffset,
      endOffset,
      timeline: table.timeline(topic, partition),
      firstOffsetAfter: (appendedAtMs) => Promise.resolve(table.firstOffsetAfter(topic, partition, appendedAtMs) ?? endOffset),
    });
    const { nextOffset } = table.partitions(topic)[partition]!;
    if (!(offset >= 0 && offset <= nextOffset)) {
      throw new RangeError(`resume offset ${offset} of ${topic}-${partition}, expected 0 to ${nextOffset}: these are not the data it belongs to`);
    }
    return offset;
  };
  return { ENTRY: await of('ENTRY'), OK: await of('OK') };
}

/** The id after which to begin. The newest one is asked first: what is committed meanwhile lies after it. */
function startId(table: BatchTable, partition: number, resume: Resume): number {
  let start = table.newestId();
  for (const topic of SENSOR_TOPICS) {
    const id = table.idAt(topic, partition, resume[topic]);
    if (id !== null) start = Math.min(start, id - 1);
  }
  return start;
}

/** The rows as runs, and what is wrong with the first row that is not sound, at which the runs end. */
function toBatches(rows: readonly SensorRow[], resume: Resume, discard: Discard | undefined): { batches: LogBatch[]; corrupt: CorruptRecordBatch | null } {
  const runs: OpenRun[] = [];
  for (const row of rows) {
    const offset = resume[row.topic];
    if (row.lastOffset < offset) continue;
    try {
      addRow(runs, row, Math.max(row.baseOffset, offset), row.topic === 'ENTRY' ? discard : undefined);
    } catch (error) {
      if (!(error instanceof CorruptRecordBatch)) throw error;
      return { batches: runs, corrupt: atPlace(row, error) };
    }
  }
  return { batches: runs, corrupt: null };
}

/** A run that still grows. */
interface OpenRun extends LogBatch {
  lastOffset: number;
  lastAppendedAtMs: number;
  discarded: number;
  readonly records: LogRecord[];
}

function addRow(runs: OpenRun[], row: SensorRow, fromOffset: number, discard: Discard | undefined): void {
  const cursor = openRow(row);
  discard?.beginBatch?.(row.partition, cursor.lastAppendedAtMs);
  const last = runs.at(-1);
  let run = last && last.topic === row.topic && last.lastOffset + 1 === fromOffset ? last : null;
  for (;;) {
    if (discard?.scan && run && cursor.offset >= fromOffset - 1) {
      const passed = cursor.pass(discard.scan);
      if (passed > 0) {
        run.discarded += passed;
        run.lastOffset = cursor.offset;
        run.lastAppendedAtMs = cursor.appendedAtMs;
      }
    }
    if (!cursor.next()) return;
    if (cursor.offset < fromOffset) continue;
    if (run === null || run.records.length >= MAX_RUN_RECORDS) {
      run = {
        topic: row.topic, partition: row.partition, firstOffset: cursor.offset, lastOffset: cursor.offset,
        lastAppendedAtMs: cursor.appendedAtMs, discarded: 0, skipped: [], records: [],
      };
      runs.push(run);
    }
    run.lastOffset = cursor.offset;
    run.lastAppendedAtMs = cursor.appendedAtMs;
    if (discard && cursor.valueStart >= 0 && discard.one(row.bytes, cursor.valueStart, cursor.valueEnd)) run.discarded += 1;
    else {
      const record = cursor.record();
      run.records.push(record);
      discard?.given?.(record);
    }
  }
}

/** A cursor over a stored row, after all of it was found to be what the row's columns say. */
export function openRow(row: BatchRow): RecordCursor {
  const header = verifyRecordBatch(row.bytes);
  const { baseOffset, lastOffset, recordCount } = header;
  if (baseOffset !== row.baseOffset || lastOffset !== row.lastOffset || recordCount !== lastOffset - baseOffset + 1) {
    throw new CorruptRecordBatch(`it holds ${recordCount} records, offsets ${baseOffset} to ${lastOffset}`);
  }
  return new RecordCursor(row.bytes, header);
}

/** The error with the place in the log. */
export function atPlace(row: BatchRow, error: CorruptRecordBatch): CorruptRecordBatch {
  return new CorruptRecordBatch(`${row.topic}-${row.partition}, offsets ${row.baseOffset} to ${row.lastOffset}: ${error.message}`, { cause: error });
}
