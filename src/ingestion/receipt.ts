import type { IgnoreReason } from '../alarm-domain/sensor.js';
import type { EventToAppend } from '../event-store/event-store.js';
import type { SensorTopic } from '../message-log/message-log.js';
import { idOf } from './deterministic-id.js';

/**
 * What became of every offset from `first` to `last` of a partition, stored before the log's position is
 * committed (P2): normal ones are counted, all others are named.
 *
 * Shape: `{"log":"5bd1…","topic":"ENTRY","partition":0,"epoch":0,"first":100,"last":4099,"normal":3996,
 * "lastAppendedAtMs":1763956434120,"events":[210,377],"ignored":{"alarm-open":[380]},"deadLettered":[512],
 * "skipped":[],"remembered":[[42959,"msg-17"]]}`. `remembered` are the messageIds of records that were ignored, which
 * no event remembers, of very many the newest; `events` names records that yielded events, also in an earlier delivery.
 */
export interface Receipt {
  readonly log: string;
  readonly topic: SensorTopic;
  readonly partition: number;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  /** The log's append time of record `last`: what was appended later is not covered, whatever its offset. */
  readonly lastAppendedAtMs: number;
  readonly normal: number;
  readonly events: readonly number[];
  readonly ignored: Readonly<Partial<Record<IgnoreReason, readonly number[]>>>;
  readonly deadLettered: readonly number[];
  readonly skipped: readonly number[];
  readonly remembered: readonly (readonly [sensorId: number, messageId: string])[];
}

export const RECEIPT_STREAM_PREFIX = 'receipts-';
export const RECEIPT_EVENT_TYPE = 'ReceiptRecorded';

/** `receipts-<log identity>-ENTRY-0`: a stream of its own per partition of a log. */
export function receiptStream(log: string, topic: SensorTopic, partition: number): string {
  return `${RECEIPT_STREAM_PREFIX}${log}-${topic}-${partition}`;
}

/** With up to 10,000 named offsets of 11 bytes, a receipt stays below the largest event. */
const MOST_REMEMBERED_BYTES = 512 * 1024;

export function receiptEvent(receipt: Receipt, recordedAt: string): EventToAppend {
  const { log, topic, partition, epoch, first, last } = receipt;
  return {
    id: idOf(`receipt|${log}/${topic}/${partition}/${epoch}/${first}-${last}`),
    type: RECEIPT_EVENT_TYPE,
    data: { ...receipt, remembered: newest(receipt.remembered) },
    metadata: { schemaVersion: 1, recordedAt },
  };
}

/** The last of a list that fit into the bound. */
function newest(remembered: Receipt['remembered']): Receipt['remembered'] {
  let bytes = 0;
  const last = remembered.findLastIndex((pair) => (bytes += Buffer.byteLength(JSON.stringify(pair)) + 1) > MOST_REMEMBERED_BYTES);
  return last < 0 ? remembered : remembered.slice(last + 1);
}

/** How many offsets a receipt names. */
export function namedOffsets(receipt: Receipt): number {
  const ignored = Object.values(receipt.ignored).reduce((sum, offsets) => sum + offsets.length, 0);
  return receipt.events.length + ignored + receipt.deadLettered.length + receipt.skipped.length;
}

/** One receipt for two that follow each other without a gap. */
export function joinReceipts(earlier: Receipt, later: Receipt): Receipt {
  const ignored: Partial<Record<IgnoreReason, readonly number[]>> = { ...earlier.ignored };
  for (const [reason, offsets] of Object.entries(later.ignored) as [IgnoreReason, readonly number[]][]) {
    ignored[reason] = [...(ignored[reason] ?? []), ...offsets];
  }
  return {
    ...earlier,
    last: later.last,
    lastAppendedAtMs: later.lastAppendedAtMs,
    normal: earlier.normal + later.normal,
    events: [...earlier.events, ...later.events],
    ignored,
    deadLettered: [...earlier.deadLettered, ...later.deadLettered],
    skipped: [...earlier.skipped, ...later.skipped],
    remembered: [...earlier.remembered, ...later.remembered],
  };
}
