import type { Discard } from '../message-log/message-log.js';
import { RecordScan } from '../message-log/record-scan.js';
import { LastSeen, type LastSeenExports } from './last-seen.js';
import { normalReadingId } from './normal-reading.js';
import { parseReading } from './reading-format.js';
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
  const hear = (bytes: Buffer, start: number, end: number): boolean => {
    const normalId = normalReadingId(bytes, start, end);
    if (normalId >= 0) lastSeen.see(normalId);
    else {
      const parsed = parseReading(bytes.subarray(start, end));
      if (parsed.ok) lastSeen.see(parsed.reading.sensorId);
    }
    return normalId >= 0;
  };
  const hearOnly = (...reading: Parameters<typeof hear>): boolean => {
    hear(...reading);
    return false;
  };
  return { lastSeen, normalReadings: { one: hear, scan, beginBatch }, noReadings: { one: hearOnly, beginBatch } };
}

/** This process's own. */
export const ownHearing = newHearing();
export const { lastSeen, normalReadings } = ownHearing;
