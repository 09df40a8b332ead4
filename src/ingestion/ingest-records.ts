import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppendedRecord, OutgoingRecord } from '../message-log/message-log.js';
import { batchItems, MAX_BATCH_BYTES, requireReadingSize, type BodyKind } from './ingest-body.js';
import { IngestRefusal } from './ingest-refusal.js';
import { normalReadingId } from './normal-reading.js';
import { describeProblem, parseReading } from './reading-format.js';
import type { GivenHeaders } from './record-headers.js';
import { MESSAGE_ID_HEADER } from './sensor-message.js';

export const MAX_BATCH_RECORDS = 10_000;

/** So many readings take some 2 ms at most in usual sizes; others have their turn then. */
const RECORDS_A_TURN = 500;

/**
 * The record for a reading, its bytes as they were sent, keyed by the sensor id in canonical decimal.
 * `messageId` (from an Idempotency-Key) becomes a header when the reading has none of its own.
 * Thrown: `IngestRefusal` naming the field that is bad.
 */
export function toRecord(value: Buffer, headers: Readonly<Record<string, string>>, messageId: string | null): OutgoingRecord {
  if (messageId === null) {
    const id = normalReadingId(value, 0, value.length);
    if (id >= 0) return { key: String(id), value, headers };
  }
  const parsed = parseReading(value);
  if (!parsed.ok) throw new IngestRefusal(parsed.problem.status, describeProblem(parsed.problem), parsed.problem.field);
  const hasOwnId = messageId === null || parsed.messageId !== null;
  return { key: String(parsed.reading.sensorId), value, headers: hasOwnId ? headers : { ...headers, [MESSAGE_ID_HEADER]: messageId } };
}

/** The records of a batch that can be taken, and for each record of the batch its place among them or why it has none. */
export interface Batch {
  readonly records: readonly OutgoingRecord[];
  readonly outcomes: readonly (number | IngestRefusal)[];
}

/**
 * Reads a batch; record number n gets `<Idempotency-Key>/<n>`, counted from 0 with those that are refused.
 * Thrown: `IngestRefusal` or `MalformedText` when the batch as a whole can't be taken.
 */
export async function toBatch(kind: BodyKind, body: Buffer, given: GivenHeaders): Promise<Batch> {
  const records: OutgoingRecord[] = [];
  const outcomes: (number | IngestRefusal)[] = [];
  for (const item of batchItems(kind, body)) {
    if (outcomes.length === MAX_BATCH_RECORDS) throw new IngestRefusal(413, `a batch may have at most ${MAX_BATCH_RECORDS} records`);
    const messageId = given.idempotencyKey === null ? null : `${given.idempotencyKey}/${outcomes.length}`;
    try {
      if (item instanceof IngestRefusal) throw item;
      requireReadingSize(item);
      records.push(toRecord(item, given.headers, messageId));
      outcomes.push(records.length - 1);
    } catch (error) {
      if (!(error instanceof IngestRefusal)) throw error;
      outcomes.push(error);
    }
    if (outcomes.length % RECORDS_A_TURN === 0) await nextTurn();
  }
  if (outcomes.length === 0) throw new IngestRefusal(400, 'the batch is empty');
  // Each record of the log has the headers of its own.
  if (records.length * given.bytes > MAX_BATCH_BYTES) {
    throw new IngestRefusal(413, `X-Kafka headers of ${given.bytes} bytes for ${records.length} records are more than ${MAX_BATCH_BYTES} bytes`);
  }
  return { records, outcomes };
}

/** The answer's entry for one record of a batch, as Kafka's REST proxy has it. */
export type BatchOffset =
  | { readonly partition: number; readonly offset: number; readonly error_code: null; readonly error: null }
  | { readonly partition: null; readonly offset: null; readonly error_code: number; readonly error: string; readonly field?: string };

export function batchOffsets(batch: Batch, appended: readonly AppendedRecord[]): BatchOffset[] {
  return batch.outcomes.map((outcome) => {
    if (outcome instanceof IngestRefusal) {
      const { status, message, field } = outcome;
      return { partition: null, offset: null, error_code: status, error: message, ...(field === null ? {} : { field }) };
    }
    const { partition, offset } = appended[outcome] as AppendedRecord;
    return { partition, offset, error_code: null, error: null };
  });
}
