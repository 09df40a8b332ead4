import type { Discard } from '../message-log/message-log.js';
import { RecordScan } from '../message-log/record-scan.js';
import { LastSeen, type LastSeenExports } from './last-seen.js';
import { normalReadingId } from './normal-reading.js';
import { USUAL_RECORDS_WASM } from './usual-records.wasm.js';

const scan = new RecordScan(Buffer.from(USUAL_RECORDS_WASM, 'base64'));

/** When this process has heard of each sensor last: the scan notes it of the readings that it passes over. */
export const lastSeen = new LastSeen(scan.exports as LastSeenExports);

/** Takes normal readings (R1) out of the log, and notes that their sensors were heard of. */
export const normalReadings: Discard = {
  one: (bytes, start, end) => {
    const sensorId = normalReadingId(bytes, start, end);
    if (sensorId >= 0) lastSeen.see(sensorId);
    return sensorId >= 0;
  },
  scan,
  beginBatch: (partition, appendedAtMs) => lastSeen.beginBatch(partition, appendedAtMs),
};
