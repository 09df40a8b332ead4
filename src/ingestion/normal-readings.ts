import type { Discard } from '../message-log/message-log.js';
import { RecordScan } from '../message-log/record-scan.js';
import { isNormalReading } from './normal-reading.js';
import { USUAL_RECORDS_WASM } from './usual-records.wasm.js';

/** Takes normal readings (R1) out of the log. */
export const normalReadings: Discard = { one: isNormalReading, scan: new RecordScan(Buffer.from(USUAL_RECORDS_WASM, 'base64')) };
