import { Buffer } from 'node:buffer'; // Jest's global one is slow to reach
import fc from 'fast-check';
import { abnormalTypes } from '../alarm-domain/reading.js';
import { normalReadingId } from './normal-reading.js';
import { parseReading } from './reading-format.js';

/** 5,000 records with 100 mutations each: half a million, in some seconds. */
const RECORDS = 5_000;
const MUTATIONS_EACH = 100;

/** Bytes that mean something in a reading, so that mutants are often still readings, or nearly. */
const TELLING = Buffer.from('0123456789012345678901234567890123456789..--"",:{}[]eE+tfn \t\n\r\\/');

const space = fc.constantFrom('', '', '', ' ', '\n', '\t ', '\r\n');
const id = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 100_000 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('0', '007', '2147483647', '2147483648', '-1', '1.0') },
);
const temperature = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -400, max: 300 }).map((tenths) => (tenths / 10).toFixed(1)) },
  { weight: 2, arbitrary: fc.constantFrom('30', '30.0', '30.00000000000001', '29.99999999999999', '30.000000000000001', '-0', '0.1', '0.30000000000000004', '9007199254740993', '1e2', '123456789012345') },
  { weight: 1, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }).map(String) },
);
const maxTemperature = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('30', '30.0', '29.9', '30.00000000000001') }, { weight: 1, arbitrary: temperature });
const flag = fc.oneof({ weight: 20, arbitrary: fc.constant('false') }, { weight: 1, arbitrary: fc.constant('true') });
const optional = fc.constantFrom('', '', '"messageId":"m-1"', '"at":"2026-03-01T12:00:00Z"', '"at":"2026-01-31T12:00:00.5Z"', '"messageId":"m","at":"2024-02-29T12:00:00Z"');

/** A record in one of the forms, mostly a normal reading. */
const record = fc
  .record({ id, movement: flag, smoke: flag, temperature, maxTemperature, isQuoted: fc.boolean(), form: fc.constantFrom('literal', 'array', 'object'), optional, space })
  .map((given) => {
    const written = [given.id, given.movement, given.smoke, given.temperature, given.maxTemperature].map((value) => (given.isQuoted ? `"${value}"` : value));
    const names = ['id', 'movement', 'smoke', 'temperature', 'maxTemperature'];
    const values = given.form === 'object' ? written.map((value, index) => `"${names[index]}"${given.space}:${given.space}${value}`) : written;
    if (given.form === 'object' && given.optional !== '') values.push(given.optional);
    const [open, close] = given.form === 'array' ? '[]' : '{}';
    return Buffer.from(`${given.space}${open}${given.space}${values.join(`${given.space},${given.space}`)}${given.space}${close}${given.space}`);
  });

/** A generator of numbers below `bound` that a seed determines (mulberry32). */
function numbersFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** The record with one change: a digit, a byte, white space inserted, a byte left out or doubled, cut off. */
function mutate(bytes: Buffer, next: (bound: number) => number): Buffer {
  const at = next(bytes.length);
  const telling = TELLING[next(TELLING.length)] as number;
  switch (next(11)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4: {
      const changed = Buffer.from(bytes);
      for (let index = at; index < changed.length; index += 1) {
        if (!isDigit(changed[index])) continue;
        changed[index] = 0x30 + next(10);
        break;
      }
      return changed;
    }
    case 5: {
      const changed = Buffer.from(bytes);
      changed[at] = telling;
      return changed;
    }
    case 6: {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << next(8));
      return changed;
    }
    case 7:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(' \t\n\r'.charAt(next(4))), bytes.subarray(at)]);
    case 8:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([telling]), bytes.subarray(at)]);
    case 9:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    default:
      return bytes.subarray(0, at);
  }
}

/** Holds the recogniser against the parser; true when it was sure. */
function check(bytes: Buffer, around: Buffer): boolean {
  // Within other records' bytes, as in the log's batches.
  const within = Buffer.concat([around, bytes, around]);
  const recognised = normalReadingId(within, around.length, around.length + bytes.length);
  if (recognised === -1) return false;
  const parsed = parseReading(bytes);
  if (!parsed.ok) throw new Error(`recognised ${JSON.stringify(bytes.toString('latin1'))}, which the parser refuses: ${parsed.problem.detail}`);
  if (abnormalTypes(parsed.reading).length > 0) throw new Error(`recognised ${bytes.toString('latin1')}, which is abnormal`);
  if (parsed.reading.sensorId !== recognised) throw new Error(`sensor id of ${bytes.toString('latin1')}: ${recognised}`);
  return true;
}

describe('normalReadingId against parseReading', () => {
  it('R1: is never sure of a record that the parser refuses or finds abnormal', () => {
    let sure = 0;
    let checked = 0;
    fc.assert(
      fc.property(record, fc.integer(), fc.constantFrom('', '}', '"}', ']', '5', ' ', '{"1","false","false","1","2"}'), (bytes, seed, around) => {
        const next = numbersFrom(seed);
        const outside = Buffer.from(around);
        if (check(bytes, outside)) sure += 1;
        for (let index = 0; index < MUTATIONS_EACH; index += 1) {
          const once = mutate(bytes, next);
          const mutant = once.length > 0 && next(3) === 0 ? mutate(once, next) : once;
          if (check(mutant, outside)) sure += 1;
          else if (index % 10 === 0) parseReading(mutant); // must not throw
        }
        checked += 1 + MUTATIONS_EACH;
      }),
      { numRuns: RECORDS },
    );
    // Else the test would say nothing: many mutants must still be recognised.
    expect(checked).toBe(RECORDS * (1 + MUTATIONS_EACH));
    expect(sure).toBeGreaterThan(checked / 10);
  });
});
