import type { Discard } from '../message-log/message-log.js';
import { RecordScan } from '../message-log/record-scan.js';
import { LastSeen, type LastSeenExports } from './last-seen.js';
import { normalReadingId } from './normal-reading.js';
import { USUAL_RECORDS_WASM } from './usual-records.wasm.js';

/** The scan, and what it notes. */
export interface Hearing {
  /** When each sensor was heard of last: the scan notes it of the readings that it passes over. */
  readonly lastSeen: LastSeen;
  /** Takes normal readings (R1) out of the log, and notes that their sensors were heard of. */
  readonly normalReadings: Discard;
}

/** Takes some 10 MB, whatever sensors there are. */
export function newHearing(): Hearing {
  const scan = new RecordScan(Buffer.from(USUAL_RECORDS_WASM, 'base64'));
  const lastSeen = new LastSeen(scan.exports as LastSeenExports);
  const one = (bytes: Buffer, start: number, end: number): boolean => {
    const sensorId = normalReadingId(bytes, start, end);
    if (sensorId >= 0) lastSeen.see(sensorId);
    return sensorId >= 0;
  };
  return { lastSeen, normalReadings: { one, scan, beginBatch: (partition, appendedAtMs) => lastSeen.beginBatch(partition, appendedAtMs) } };
}

/** This process's own. */
export const { lastSeen, normalReadings } = newHearing();
