import { Buffer } from 'node:buffer'; // Jest's global one is slow to reach
import fc from 'fast-check';
import { normalValues, optionalFields, randomFrom, writeReading, type Random } from '../../test/support/random-readings.js';
import { encodeRecordBatch, readBatchHeader, type BatchHeader, type RecordToEncode } from '../message-log/record-batch.js';
import { RecordCursor } from '../message-log/record-cursor.js';
import { RecordScan } from '../message-log/record-scan.js';
import { isNormalReading } from './normal-reading.js';
import { USUAL_RECORDS_WASM } from './usual-records.wasm.js';

/** Half a million mutated records in some 15 s; `RECORDS=100000000` for a long run. */
const RECORDS = Number(process.env['RECORDS'] ?? 500_000);
const TIME_LIMIT_MS = 24 * 3_600_000;
const PER_BATCH = 40;
const MUTANTS_EACH = 25;

/** Parts so small that records are cut, one that holds several, and the module's own. */
const SCANS = [60, 100, 1_000, undefined].map((bytes) => new RecordScan(Buffer.from(USUAL_RECORDS_WASM, 'base64'), bytes));

/** What a walk comes upon: the offset of each record that is not discarded, and how it ends. */
interface Walked {
  readonly left: string[];
  discarded: number;
  passed: number;
  end: string;
}

function walk(bytes: Buffer, header: BatchHeader, scan: RecordScan | null): Walked {
  const walked: Walked = { left: [], discarded: 0, passed: 0, end: '' };
  try {
    const cursor = new RecordCursor(bytes, header);
    for (;;) {
      const passed = scan === null ? 0 : cursor.pass(scan);
      if (passed > 0) {
        // It stands at the last of them, and reads as if it had gone there step by step.
        if (!isNormalReading(bytes, cursor.valueStart, cursor.valueEnd)) throw new Error(`passed over ${bytes.toString('latin1', cursor.valueStart, cursor.valueEnd)}`);
        walked.passed += passed;
        walked.discarded += passed;
      }
      if (!cursor.next()) break;
      if (cursor.valueStart >= 0 && isNormalReading(bytes, cursor.valueStart, cursor.valueEnd)) walked.discarded += 1;
      else walked.left.push(`${cursor.offset} at ${cursor.appendedAtMs}: ${cursor.keyStart} to ${cursor.keyEnd}, ${cursor.valueStart} to ${cursor.valueEnd}`);
    }
  } catch (error) {
    walked.end = (error as Error).message;
  }
  return walked;
}

function randomBatch(random: Random): Buffer {
  const records: RecordToEncode[] = Array.from({ length: 1 + random(PER_BATCH) }, () => ({
    key: random(5) === 0 ? null : 'k'.repeat(random(random(10) === 0 ? 200 : 8)),
    value: random(20) === 0 ? null : Buffer.from(random(random(2) === 0 ? 4 : 400) === 0 ? '{"7","true","false","25.5","30"}' : writeReading(random, normalValues(random), optionalFields(random))),
    ...(random(8) === 0 ? { headers: { messageId: 'm'.repeat(random(20)) } } : {}),
  }));
  return encodeRecordBatch(records, random(3) === 0 ? 4_294_967_290 : random(1_000), 1_700_000_000_000, random(2) === 0 ? null : { producerId: 1n, epoch: 0, sequence: 0 });
}

describe('the scan of usual records', () => {
  it('R1: a walk with it comes upon the same records, and the same corrupt ones, as one without', () => {
    let records = 0;
    let passed = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed);
        const original = randomBatch(random);
        for (let mutant = 0; mutant < MUTANTS_EACH; mutant += 1) {
          const bytes = Buffer.from(original);
          const header = readBatchHeader(bytes);
          const { recordsStart, end } = header;
          for (let changes = mutant === 0 ? 0 : 1 + random(4); changes > 0; changes -= 1) {
            const at = recordsStart + random(end - recordsStart);
            bytes[at] = random(2) === 0 ? random(256) : bytes[at]! ^ (1 << random(8));
          }
          // The batch may say too little or too much of itself, too.
          const told = {
            ...header,
            recordCount: header.recordCount + (random(10) === 0 ? random(3) - 1 : 0),
            lastOffset: header.lastOffset + (random(10) === 0 ? random(5) - 2 : 0),
            end: end - (random(10) === 0 ? random(Math.min(end - recordsStart, 80)) : 0),
          };
          const expected = walk(bytes, told, null);
          for (const scan of SCANS) {
            const found = walk(bytes, told, scan);
            if (scan === SCANS.at(-1)) passed += found.passed;
            expect({ ...found, passed: 0 }).toEqual({ ...expected, passed: 0 });
          }
          records += expected.left.length + expected.discarded;
        }
      }),
      { numRuns: Math.ceil(RECORDS / (MUTANTS_EACH * PER_BATCH * 0.4)) },
    );
    // Else the test would say nothing: the scan must pass over many of them.
    expect(records).toBeGreaterThan(RECORDS / 4);
    expect(passed).toBeGreaterThan(records / 8);
  }, TIME_LIMIT_MS);
});
