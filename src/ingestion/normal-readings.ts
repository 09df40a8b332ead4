import type { Discard, LogRecord } from '../message-log/message-log.js';
import { RecordScan } from '../message-log/record-scan.js';
import { LastSeen, type LastSeenExports } from './last-seen.js';
import { normalReadingId } from './normal-reading.js';
import { parsedRecord } from './parsed-record.js';
import { USUAL_RECORDS_WASM } from './usual-records.wasm.js';

/**
 * What notes when each sensor was heard of last. It is told of every reading as the log reads it, at the time of its record: what reads ahead of
 * the handler, or waits for a store that is away, has been heard of.
 */
export interface Hearing {
  readonly lastSeen: LastSeen;
  /** Takes normal readings (R1) out of the log. */
  readonly normalReadings: Discard;
  /** Takes out none. */
  readonly noReadings: Discard;
}

/** Takes some 10 MB, whatever sensors there are. */
export function newHearing(): Hearing {
  const scan = new RecordScan(Buffer.from(USUAL_RECORDS_WASM, 'base64'));
  const lastSeen = new LastSeen(scan.exports as LastSeenExports);
  const beginBatch = (partition: number, appendedAtMs: number): void => lastSeen.beginBatch(partition, appendedAtMs);
  /** Whether it is for certain a normal reading. */
  const one = (bytes: Buffer, start: number, end: number): boolean => {
    const normalId = normalReadingId(bytes, start, end);
    if (normalId >= 0) lastSeen.see(normalId);
    return normalId >= 0;
  };
  const given = (record: LogRecord): void => {
    const parsed = parsedRecord(record);
    if (parsed.ok) lastSeen.see(parsed.reading.sensorId);
  };
  return { lastSeen, normalReadings: { one, scan, beginBatch, given }, noReadings: { one: () => false, beginBatch, given } };
}

/** This process's own. */
export const ownHearing = newHearing();
export const { lastSeen, normalReadings } = ownHearing;
