import { Buffer } from 'node:buffer'; // Jest's global one is slow to reach
import fc from 'fast-check';
import { normalValues, optionalFields, pick, randomFrom, writeReading, type Random } from '../../test/support/random-readings.js';
import { abnormalTypes } from '../alarm-domain/reading.js';
import { normalReadingId } from './normal-reading.js';
import { parseReading } from './reading-format.js';

/** 2.1 million records in some 15 s; `READINGS=100000000` for a long run. */
const READINGS = Number(process.env['READINGS'] ?? 2_100_000);
const TIME_LIMIT_MS = 24 * 3_600_000;
const PER_SEED = 2_100;
const MUTANTS_EACH = 20;

// ---- readings that are odd ----------------------------------------------------------------------

const ODD_IDS = ['0', '007', '-0', '2147483647', '2147483648', '4294967295', '4294967303', '9999999999', '10000000000', '-1', '1.0', '1e3', '', 'null', 'NaN', '٧', '1_000', '0x10', '18446744073709551616'];
const ODD_NUMBERS = [
  '-0', '0', '-0.0', '0.1', '0.30000000000000004', '30.00000000000001', '29.99999999999999', '30.000000000000001', '30.0000000000000000000001', '123456789012345', '1234567890123456',
  '9007199254740993', '9007199254740992.5', '1e2', '1E-2', '1e400', '-1e400', '1e-400', 'NaN', 'Infinity', '-Infinity', '00', '01', '-01', '.5', '5.', '+5', '--5', '1.2.3', '', '-', '0x1f', '"', 'null', 'true', '99999999999999999999999999999999999999', '2.5e1', '25,5',
];
const ODD_FLAGS = ['true', 'true', 'False', 'FALSE', 'fals', 'falsee', 'null', '0', '', 'f\\u0061lse', 'false '];
const ODD_FIELDS = [
  '"id":7', '"movement":true', '"smoke":"true"', '"temperature":99', '"maxTemperature":-40', '"i\\u0064":7', '"mov\\u0065ment":true', '"messageId":""', '"messageId":"\\n"', '"messageId":"é"', '"messageId":"\\ud800"', '"messageId":null', '"messageId":5',
  `"messageId":"${'x'.repeat(200)}"`, `"messageId":"${'x'.repeat(201)}"`, '"messageId":"a\tb"', '"messageId":"m","messageId":"m"', '"at":"2026-02-29T12:00:00Z"', '"at":"2024-02-29T12:00:00Z"', '"at":"2026-04-31T12:00:00Z"', '"at":"2026-13-01T12:00:00Z"', '"at":"2026-00-10T12:00:00Z"',
  '"at":"2026-03-01T24:00:00Z"', '"at":"2026-03-01T12:60:00Z"', '"at":"2026-03-01T12:00:60Z"', '"at":"2026-03-01T12:00:00"', '"at":"2026-03-01T12:00:00+01:00"', '"at":"2026-03-01T12:00:00.Z"', '"at":"0000-01-01T00:00:00Z"', '"at":"9999-12-30T23:59:59Z"', '"at":1', '"at":null', '"battery":3', '"x":[{}]', '"__proto__":{"movement":true}',
];

function oddValues(random: Random): string[] {
  const values = normalValues(random);
  for (let changes = 1 + random(2); changes > 0; changes -= 1) {
    const at = random(5);
    values[at] = pick(random, at === 0 ? ODD_IDS : at < 3 ? ODD_FLAGS : ODD_NUMBERS);
  }
  return values;
}

function oddReading(random: Random): string {
  const optional = random(2) === 0 ? [pick(random, ODD_FIELDS), ...(random(3) === 0 ? [pick(random, ODD_FIELDS)] : [])] : [];
  const text = writeReading(random, random(3) === 0 ? normalValues(random) : oddValues(random), optional);
  return random(30) === 0 ? `\uFEFF${text}` : text;
}

// ---- mutants ------------------------------------------------------------------------------------

/** Bytes that mean something in a reading, so that mutants are often still readings, or nearly. */
const TELLING = Buffer.from('0123456789012345678901234567890123456789..--"",:{}[]eE+tfnu \t\n\r\v\f\0\\/\u00a0\ufeff');
/** Not UTF-8, or not as it may be written: an overlong brace, quote and zero, half of a pair, a lone continuation. */
const SEQUENCES = [[0xc1, 0xbb], [0xc0, 0xa2], [0xe0, 0x80, 0xb0], [0xed, 0xa0, 0x80], [0x80], [0xff], [0xc2, 0xa0], [0xef, 0xbb, 0xbf], [0xe2, 0x80, 0xa8], [0x5c, 0x75, 0x30, 0x30, 0x33, 0x30], [0x65, 0x34, 0x30, 0x30], [0x20], [0x0a]].map((bytes) => Buffer.from(bytes));

const scratch = Buffer.alloc(4_096);

/** Makes a mutant of the first `length` bytes of the scratch buffer behind `start`, and gives its length. */
function mutate(start: number, length: number, random: Random): number {
  const at = start + random(length + 1);
  const end = start + length;
  switch (random(9)) {
    case 0:
    case 1:
    case 2:
      for (let index = at; index < end; index += 1) {
        if (scratch[index]! < 0x30 || scratch[index]! > 0x39) continue;
        scratch[index] = 0x30 + random(10);
        break;
      }
      return length;
    case 3:
      if (at < end) scratch[at] = TELLING[random(TELLING.length)]!;
      return length;
    case 4:
      if (at < end) scratch[at]! ^= 1 << random(8);
      return length;
    case 5: {
      const inserted = pick(random, SEQUENCES);
      scratch.copyWithin(at + inserted.length, at, end);
      inserted.copy(scratch, at);
      return length + inserted.length;
    }
    case 6: {
      const count = Math.min(1 + random(random(4) === 0 ? 20 : 1), end - at);
      scratch.copyWithin(at, at + count, end);
      return length - count;
    }
    case 7: {
      // A part of it again, anywhere: doubled digits, values, fields.
      const from = start + random(length);
      const count = Math.min(1 + random(24), end - from);
      const copy = Buffer.from(scratch.subarray(from, from + count));
      scratch.copyWithin(at + count, at, end);
      copy.copy(scratch, at);
      return length + count;
    }
    default:
      return at - start;
  }
}

// ---- the comparison -----------------------------------------------------------------------------

/** What stands before and behind a record in the log's batches: nothing of it may count. */
const AROUND = ['', '}', '"}', ']', '5', ' ', '0', '.5', '{"1","false","false","1","2"}'].map((text) => Buffer.from(text));

/** Holds the recogniser against the parser; true when it was sure. */
function isSure(start: number, length: number, around: Buffer): boolean {
  around.copy(scratch, start + length);
  const recognised = normalReadingId(scratch, start, start + length);
  if (recognised === -1) return false;
  const bytes = Buffer.from(scratch.subarray(start, start + length));
  const shown = (): string => `${JSON.stringify(bytes.toString('latin1'))} (${bytes.toString('hex')})`;
  const parsed = parseReading(bytes);
  if (!parsed.ok) throw new Error(`recognised ${shown()}, which the parser refuses: ${parsed.problem.detail}`);
  if (abnormalTypes(parsed.reading).length > 0) throw new Error(`recognised ${shown()}, which is abnormal`);
  if (parsed.reading.sensorId !== recognised) throw new Error(`sensor id of ${shown()}: ${recognised}`);
  return true;
}

describe('normalReadingId against parseReading', () => {
  it('R1: is never sure of a record that the parser refuses or finds abnormal, and sure of every plain normal one', () => {
    let sure = 0;
    let checked = 0;
    const seeds = Math.ceil(READINGS / PER_SEED);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed);
        for (let left = PER_SEED / (MUTANTS_EACH + 1); left > 0; left -= 1) {
          const isPlain = random(4) > 0;
          const bytes = Buffer.from(isPlain ? writeReading(random, normalValues(random), optionalFields(random)) : oddReading(random));
          const around = pick(random, AROUND);
          const start = around.copy(scratch);
          bytes.copy(scratch, start);
          const isRecognised = isSure(start, bytes.length, around);
          if (isPlain && !isRecognised) throw new Error(`not sure of ${JSON.stringify(bytes.toString())}`);
          if (isRecognised) sure += 1;
          for (let mutant = 0; mutant < MUTANTS_EACH; mutant += 1) {
            bytes.copy(scratch, start);
            let length = bytes.length;
            for (let changes = 1 + (random(3) === 0 ? 1 + random(3) : 0); changes > 0 && length > 0; changes -= 1) length = mutate(start, length, random);
            if (isSure(start, length, around)) sure += 1;
            else if (mutant === 0) parseReading(Buffer.from(scratch.subarray(start, start + length))); // must not throw
          }
          checked += MUTANTS_EACH + 1;
        }
      }),
      { numRuns: seeds },
    );
    expect(checked).toBe(seeds * PER_SEED);
    // Else the test would say nothing: many mutants must still be recognised.
    expect(sure).toBeGreaterThan(checked / 10);
  }, TIME_LIMIT_MS);
});
