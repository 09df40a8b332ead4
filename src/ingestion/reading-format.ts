import { isUtf8 } from 'node:buffer';
import type { Reading } from '../alarm-domain/reading.js';
import { isJsonNumber, JsonScanner, MalformedText, type ScannedValue } from './json-scanner.js';
import { parseSensorTime } from './sensor-time.js';

/** The five values of a reading, in the order of the literal and the array form, by their names in the object form. */
const VALUE_FIELDS = ['id', 'movement', 'smoke', 'temperature', 'maxTemperature'] as const;
type ValueField = (typeof VALUE_FIELDS)[number];

const OBJECT_FIELDS: ReadonlySet<string> = new Set([...VALUE_FIELDS, 'messageId', 'at']);

export const MAX_SENSOR_ID = 2_147_483_647;
export const MAX_MESSAGE_ID_LENGTH = 200;

/** What is wrong with a reading. `status`: 400 when it is of none of the forms, 422 when a value is bad; `field` is the object form's name. */
export interface ReadingProblem {
  readonly status: 400 | 422;
  readonly field: string | null;
  readonly detail: string;
}

/** `sensorAtMs`: the sensor's own time, milliseconds since 1970 UTC. */
export type ParsedReading =
  | { readonly ok: true; readonly reading: Reading; readonly messageId: string | null; readonly sensorAtMs: number | null }
  | { readonly ok: false; readonly problem: ReadingProblem };

/**
 * Reads a message in any of its three forms; values are strings or native, white space is free:
 * `{"42959", "true", "false", "25.5", "30.0"}`, an array of the five, or
 * `{"id":42959,"movement":true,"smoke":false,"temperature":25.5,"maxTemperature":30,"messageId":"m-1","at":"2026-03-01T12:00:00Z"}`
 * with the last two optional and further fields passed over.
 *
 * It never throws: records of the log are read by it too. Source: mission, "The message".
 */
export function parseReading(bytes: Buffer | string): ParsedReading {
  try {
    const values = scanReading(decode(bytes));
    const reading: Reading = {
      sensorId: sensorIdOf(values.get('id')),
      movement: booleanOf('movement', values.get('movement')),
      smoke: booleanOf('smoke', values.get('smoke')),
      temperatureCelsius: temperatureOf('temperature', values.get('temperature')),
      maxTemperatureCelsius: temperatureOf('maxTemperature', values.get('maxTemperature')),
    };
    return { ok: true, reading, messageId: messageIdOf(values.get('messageId')), sensorAtMs: sensorTimeOf(values.get('at')) };
  } catch (error) {
    if (error instanceof BadValue) return { ok: false, problem: { status: 422, field: error.field, detail: error.message } };
    if (error instanceof MalformedText) return { ok: false, problem: { status: 400, field: null, detail: error.message } };
    throw error;
  }
}

/** `temperature: expected …`, for people. */
export function describeProblem({ field, detail }: ReadingProblem): string {
  return field === null ? detail : `${field}: ${detail}`;
}

/** Never replaces a byte silently: what is not text is malformed. */
function decode(bytes: Buffer | string): string {
  if (typeof bytes === 'string') {
    if (/\p{Surrogate}/u.test(bytes)) throw new MalformedText('the text has half of a surrogate pair');
    return bytes;
  }
  if (!isUtf8(bytes)) throw new MalformedText('the bytes are not UTF-8');
  return bytes.toString('utf8');
}

// ---- forms --------------------------------------------------------------------------------------

type Values = ReadonlyMap<string, ScannedValue>;

function scanReading(text: string): Values {
  const scanner = new JsonScanner(text);
  let values: Values;
  if (scanner.take('[')) values = scanFive(scanner, ']', scanner.peek() === ']' ? [] : [scanner.value()]);
  else if (scanner.take('{')) values = scanBraces(scanner);
  else throw scanner.unexpected('a reading, which begins with "{" or "[",');
  if (scanner.peek() === '{' || scanner.peek() === '[') {
    throw new MalformedText('more than one reading; send several as application/x-ndjson, one a line');
  }
  scanner.expectEnd();
  return values;
}

/** What begins with a brace is an object if a colon follows its first string, else the literal form. */
function scanBraces(scanner: JsonScanner): Values {
  const values = new Map<string, ScannedValue>();
  if (scanner.take('}')) return values;
  const first = scanner.value();
  if (scanner.peek() !== ':') return scanFive(scanner, '}', [first]);
  if (first.kind !== 'string') throw scanner.unexpected('"," or "}"');
  let name = first.text;
  for (;;) {
    scanner.expect(':');
    if (!OBJECT_FIELDS.has(name)) {
      scanner.skip();
    } else {
      // Readers differ in which of two values they take, so neither is trusted.
      if (values.has(name)) throw new BadValue(name, 'is given twice');
      values.set(name, scanner.value());
    }
    if (!scanner.take(',')) break;
    name = scanner.string();
  }
  scanner.expect('}');
  return values;
}

/** The rest of the literal or the array form. */
function scanFive(scanner: JsonScanner, close: '}' | ']', given: ScannedValue[]): Values {
  if (given.length > 0) while (scanner.take(',')) given.push(scanner.value());
  scanner.expect(close);
  if (given.length > VALUE_FIELDS.length) throw new BadValue(null, `expected ${VALUE_FIELDS.length} values (${VALUE_FIELDS.join(', ')}), got ${given.length}`);
  return new Map(given.map((value, index) => [VALUE_FIELDS[index] as ValueField, value]));
}

// ---- values -------------------------------------------------------------------------------------

/** A value of a well-formed reading can't be taken; the message does not repeat the field. */
class BadValue extends Error {
  constructor(
    readonly field: string | null,
    what: string,
  ) {
    super(what);
    this.name = 'BadValue';
  }
}

function expected(field: string, what: string, got: ScannedValue): BadValue {
  if (got.text === null) return new BadValue(field, `expected ${what}, got an ${got.kind}`);
  const shown = got.text.length > 40 ? `${got.text.slice(0, 40)}…` : got.text;
  return new BadValue(field, `expected ${what}, got ${got.kind === 'string' ? JSON.stringify(shown) : shown}`);
}

function present(field: ValueField, value: ScannedValue | undefined): ScannedValue {
  if (value === undefined) throw new BadValue(field, 'is missing');
  return value;
}

/** In digits only: of `1e3` and `7.0` it can't be told that a sensor's id was meant. Leading zeros are for strings. */
function sensorIdOf(given: ScannedValue | undefined): number {
  const value = present('id', given);
  const isInDigits = value.text !== null && /^\d+$/.test(value.text);
  const isNative = value.kind === 'word';
  const id = Number(value.text);
  if (!isInDigits || id > MAX_SENSOR_ID || (isNative && !isJsonNumber(value.text))) {
    throw expected('id', `a whole number from 0 to ${MAX_SENSOR_ID}`, value);
  }
  return id;
}

function booleanOf(field: ValueField, given: ScannedValue | undefined): boolean {
  const value = present(field, given);
  if (value.text !== 'true' && value.text !== 'false') throw expected(field, 'true or false', value);
  return value.text === 'true';
}

function temperatureOf(field: ValueField, given: ScannedValue | undefined): number {
  const value = present(field, given);
  const celsius = value.text !== null && isJsonNumber(value.text) ? Number(value.text) : NaN;
  if (!Number.isFinite(celsius)) throw expected(field, 'a finite number in degrees Celsius', value);
  return celsius;
}

/** Some serialisers write an absent field as null. */
function isAbsent(value: ScannedValue | undefined): value is undefined {
  return value === undefined || (value.kind === 'word' && value.text === 'null');
}

function messageIdOf(value: ScannedValue | undefined): string | null {
  if (isAbsent(value)) return null;
  const isGood = value.kind === 'string' && value.text.length > 0 && value.text.length <= MAX_MESSAGE_ID_LENGTH;
  // Half of a surrogate pair (by an escape) would become another character wherever it is stored.
  if (!isGood || /\p{Surrogate}/u.test(value.text)) throw expected('messageId', `a string of 1 to ${MAX_MESSAGE_ID_LENGTH} characters`, value);
  return value.text;
}

function sensorTimeOf(value: ScannedValue | undefined): number | null {
  if (isAbsent(value)) return null;
  const ms = value.kind === 'string' ? parseSensorTime(value.text) : null;
  if (ms === null) throw expected('at', 'a time in ISO 8601 with its zone, such as "2026-03-01T12:00:00Z"', value);
  return ms;
}
