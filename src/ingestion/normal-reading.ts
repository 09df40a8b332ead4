import { MAX_MESSAGE_ID_LENGTH, MAX_SENSOR_ID } from './reading-format.js';
import { pastUsualValues, usualId } from './usual-reading.js';

/**
 * Recognises plain normal readings in bytes: no string, no object and no JSON.parse, because nearly all
 * readings are normal (R1) and must cost next to nothing.
 *
 * Each step takes the index where something should begin and gives the index behind it, or `NOT_SURE`;
 * indices may run past the record's end into the next one's bytes, so it is checked at last, once, that the closing and white space end there.
 */
const NOT_SURE = -1;

const TAB = 0x09;
const NEW_LINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const SMALL_I = 0x69;
const SMALL_M = 0x6d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LAST_PRINTABLE = 0x7e;
/** From `[` to `]` and from `{` to `}`. */
const CLOSE_AFTER_OPEN = 2;

const KEYS = ['id', 'movement', 'smoke', 'temperature', 'maxTemperature'].map((name) => Buffer.from(`"${name}"`)) as [Buffer, Buffer, Buffer, Buffer, Buffer];
const MESSAGE_ID_KEY = Buffer.from('"messageId"');
const AT_KEY = Buffer.from('"at"');

/** `d` is a digit; `Z` or a fraction follows. */
const TIME_PATTERN = Buffer.from('dddd-dd-ddTdd:dd:dd');
const ANY_DIGIT = 0x64;
const SMALL_Z = 0x5a;

/**
 * So many digits make an integer below 2^53, and powers of ten up to this are exact too: their quotient is
 * then the double nearest to the decimal, the same that the full parser gets.
 */
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

const MAX_ID_DIGITS = 10;

/** Where a step leaves the number it has read; an array keeps a double out of the heap. */
const number = new Float64Array(1);

/**
 * Whether the bytes from `start` to `end` (exclusive) are for certain a normal reading, in any of the three
 * forms. False says nothing: it may still be one, in unusual writing. Never true where `parseReading` fails
 * or finds something abnormal.
 */
export function isNormalReading(bytes: Buffer, start: number, end: number): boolean {
  return normalReadingId(bytes, start, end) >= 0;
}

/** The sensor id of a reading for which `isNormalReading` holds, else -1. */
export function normalReadingId(bytes: Buffer, start: number, end: number): number {
  const usual = pastUsualValues(bytes, start);
  if (usual === NOT_SURE) return unusualReadingId(bytes, start, end);
  const id = usualId[0] as number;
  if (usual + 1 === end && bytes[usual] === (bytes[start] as number) + CLOSE_AFTER_OPEN) return id;
  const isObject = bytes[start + 2] === SMALL_I;
  const at = isObject ? optionalFields(bytes, usual) : closing(bytes, usual, (bytes[start] as number) + CLOSE_AFTER_OPEN);
  return at !== NOT_SURE && skipSpaceTo(bytes, at, end) === end ? id : NOT_SURE;
}

/** The same token by token. */
function unusualReadingId(bytes: Buffer, start: number, end: number): number {
  let at = skipSpace(bytes, start);
  const opening = bytes[at];
  if (opening !== OPEN_BRACE && opening !== OPEN_BRACKET) return NOT_SURE;
  at = skipSpace(bytes, at + 1);
  const isObject = opening === OPEN_BRACE && bytes[at] === QUOTE && bytes[at + 1] === SMALL_I;
  at = isObject ? fiveFields(bytes, at) : fiveValues(bytes, at, opening + CLOSE_AFTER_OPEN);
  return at !== NOT_SURE && skipSpaceTo(bytes, at, end) === end ? sensorId : NOT_SURE;
}

/** The id of the reading at hand; an int32, so that it stays out of the heap as well. */
let sensorId = NOT_SURE;

// ---- forms --------------------------------------------------------------------------------------

/** Literal and array form, behind the opening. */
function fiveValues(bytes: Buffer, first: number, close: number): number {
  let at = comma(bytes, id(bytes, first));
  at = comma(bytes, falseWord(bytes, at));
  at = comma(bytes, falseWord(bytes, at));
  at = comma(bytes, decimal(bytes, at));
  const temperature = number[0] as number;
  at = decimal(bytes, at);
  if (at === NOT_SURE || temperature > (number[0] as number)) return NOT_SURE;
  return closing(bytes, at, close);
}

/** Object form with its fields in the documented order, behind the opening. */
function fiveFields(bytes: Buffer, first: number): number {
  let at = comma(bytes, id(bytes, key(bytes, first, KEYS[0])));
  at = comma(bytes, falseWord(bytes, key(bytes, at, KEYS[1])));
  at = comma(bytes, falseWord(bytes, key(bytes, at, KEYS[2])));
  at = comma(bytes, decimal(bytes, key(bytes, at, KEYS[3])));
  const temperature = number[0] as number;
  at = decimal(bytes, key(bytes, at, KEYS[4]));
  if (at === NOT_SURE || temperature > (number[0] as number)) return NOT_SURE;
  return optionalFields(bytes, at);
}

/** What may stand behind the five fields of an object, to its closing. */
function optionalFields(bytes: Buffer, from: number): number {
  let at = from;
  let end = closing(bytes, at, CLOSE_BRACE);
  if (end !== NOT_SURE) return end;
  let next = comma(bytes, at);
  if (bytes[next + 1] === SMALL_M) {
    at = plainString(bytes, key(bytes, next, MESSAGE_ID_KEY));
    end = closing(bytes, at, CLOSE_BRACE);
    if (end !== NOT_SURE) return end;
    next = comma(bytes, at);
  }
  return closing(bytes, utcTime(bytes, key(bytes, next, AT_KEY)), CLOSE_BRACE);
}

// ---- tokens: each takes and gives NOT_SURE too, so that they chain ------------------------------

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === NEW_LINE || byte === RETURN || byte === TAB;
}

/** The value of a digit; of any other byte, and of none, a number above 9. */
function digitValue(byte: number | undefined): number {
  return (byte as number) ^ ZERO;
}

function isDigit(byte: number | undefined): boolean {
  return digitValue(byte) <= 9;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

function skipSpaceTo(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(bytes[at])) at += 1;
  return at;
}

/** A comma with the white space around it. */
function comma(bytes: Buffer, from: number): number {
  if (from === NOT_SURE) return NOT_SURE;
  const at = bytes[from] === COMMA ? from : skipSpace(bytes, from);
  return bytes[at] === COMMA ? skipSpace(bytes, at + 1) : NOT_SURE;
}

function closing(bytes: Buffer, from: number, byte: number): number {
  if (from === NOT_SURE) return NOT_SURE;
  const at = skipSpace(bytes, from);
  return bytes[at] === byte ? at + 1 : NOT_SURE;
}

/** A field's name and its colon. */
function key(bytes: Buffer, from: number, name: Uint8Array): number {
  if (from === NOT_SURE) return NOT_SURE;
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[from + index] !== name[index]) return NOT_SURE;
  }
  const at = skipSpace(bytes, from + name.length);
  return bytes[at] === COLON ? skipSpace(bytes, at + 1) : NOT_SURE;
}

/** `false` or `"false"`. */
function falseWord(bytes: Buffer, from: number): number {
  if (from === NOT_SURE) return NOT_SURE;
  const isQuoted = bytes[from] === QUOTE;
  const at = isQuoted ? from + 1 : from;
  const isFalse = bytes[at] === 0x66 && bytes[at + 1] === 0x61 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x73 && bytes[at + 4] === 0x65;
  if (!isFalse) return NOT_SURE;
  if (!isQuoted) return at + 5;
  return bytes[at + 5] === QUOTE ? at + 6 : NOT_SURE;
}

/** A sensor id, left in `sensorId`; leading zeros only in a string. */
function id(bytes: Buffer, from: number): number {
  if (from === NOT_SURE) return NOT_SURE;
  const isQuoted = bytes[from] === QUOTE;
  const first = isQuoted ? from + 1 : from;
  let at = first;
  let value = 0;
  for (let digit = digitValue(bytes[at]); digit <= 9 && at - first < MAX_ID_DIGITS; digit = digitValue(bytes[at])) {
    value = value * 10 + digit;
    at += 1;
  }
  if (at === first || value > MAX_SENSOR_ID) return NOT_SURE;
  sensorId = value;
  // A further digit fails as what it is not: a quote, or the comma that the caller wants.
  if (isQuoted) return bytes[at] === QUOTE ? at + 1 : NOT_SURE;
  return bytes[first] === ZERO && at > first + 1 ? NOT_SURE : at;
}

/** A decimal without exponent, in quotes or not, left in `number`. */
function decimal(bytes: Buffer, from: number): number {
  if (from === NOT_SURE) return NOT_SURE;
  const isQuoted = bytes[from] === QUOTE;
  let at = isQuoted ? from + 1 : from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at += 1;
  const first = at;
  let mantissa = 0;
  for (let digit = digitValue(bytes[at]); digit <= 9 && at - first < MAX_DIGITS; digit = digitValue(bytes[at])) {
    mantissa = mantissa * 10 + digit;
    at += 1;
  }
  const wholeDigits = at - first;
  if (wholeDigits === 0 || (bytes[first] === ZERO && wholeDigits > 1)) return NOT_SURE;
  let value = mantissa;
  if (bytes[at] === DOT) {
    at += 1;
    const fraction = at;
    const limit = fraction + MAX_DIGITS - wholeDigits;
    for (let digit = digitValue(bytes[at]); digit <= 9 && at < limit; digit = digitValue(bytes[at])) {
      mantissa = mantissa * 10 + digit;
      at += 1;
    }
    if (at === fraction) return NOT_SURE;
    value = mantissa / (POWERS_OF_TEN[at - fraction] as number);
  }
  if (isQuoted) {
    if (bytes[at] !== QUOTE) return NOT_SURE;
    at += 1;
  }
  number[0] = isNegative ? -value : value;
  return at;
}

/** A string of printable ASCII without escapes that can be a messageId. */
function plainString(bytes: Buffer, from: number): number {
  if (from === NOT_SURE || bytes[from] !== QUOTE) return NOT_SURE;
  const first = from + 1;
  let at = first;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) break;
    if (byte === undefined || byte < SPACE || byte > LAST_PRINTABLE || byte === BACKSLASH) return NOT_SURE;
    at += 1;
  }
  const length = at - first;
  return length >= 1 && length <= MAX_MESSAGE_ID_LENGTH ? at + 1 : NOT_SURE;
}

/** `"2026-03-01T12:00:00Z"`, with a fraction or without; days that not every month has are left to the parser. */
function utcTime(bytes: Buffer, from: number): number {
  if (from === NOT_SURE || bytes[from] !== QUOTE) return NOT_SURE;
  const first = from + 1;
  for (let index = 0; index < TIME_PATTERN.length; index += 1) {
    const byte = bytes[first + index];
    const isGood = TIME_PATTERN[index] === ANY_DIGIT ? isDigit(byte) : byte === TIME_PATTERN[index];
    if (!isGood) return NOT_SURE;
  }
  const month = twoDigits(bytes, first + 5);
  const day = twoDigits(bytes, first + 8);
  const isOnCalendar = month >= 1 && month <= 12 && day >= 1 && (day <= 28 || (day <= 30 && month !== 2));
  if (!isOnCalendar || twoDigits(bytes, first + 11) > 23 || twoDigits(bytes, first + 14) > 59 || twoDigits(bytes, first + 17) > 59) return NOT_SURE;
  let at = first + TIME_PATTERN.length;
  if (bytes[at] === DOT) {
    const fraction = at + 1;
    at = fraction;
    while (isDigit(bytes[at])) at += 1;
    if (at === fraction) return NOT_SURE;
  }
  return bytes[at] === SMALL_Z && bytes[at + 1] === QUOTE ? at + 2 : NOT_SURE;
}

function twoDigits(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) - ZERO) * 10 + (bytes[at + 1] as number) - ZERO;
}
