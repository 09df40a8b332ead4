/**
 * The first look at a reading: most are written by the same few programs, so that all but their numbers is
 * known word for word. Phrases are compared four bytes at a time. All is in one function but the decimals: a
 * call for each token takes twice the time, one for each phrase a tenth more, and so do constants of another
 * file, which the compiler does not take for such.
 */
const NOT_SURE = -1;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const SMALL_D = 0x64;
const SMALL_I = 0x69;
const OPEN_BRACE = 0x7b;

/** So many digits fit into an int32, which stays out of the heap. */
const MAX_DIGITS = 9;
/** With so many behind the point two numbers of 9 digits can be brought to the same scale without a loss. */
const MAX_FRACTION = 3;
const SCALES = Float64Array.of(1, 10, 100, 1000);

/** Bytes that stand together, at least four. */
interface Phrase {
  /** Little-endian int32, four bytes after four; the last one ends where the phrase ends. */
  readonly words: Int32Array;
  readonly length: number;
}

function phrase(text: string): Phrase {
  const bytes = Buffer.from(text);
  const words = Int32Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) => bytes.readInt32LE(Math.min(4 * index, bytes.length - 4)));
  return { words, length: bytes.length };
}

const OPTIONAL_SPACE = ['', ' '];
const FALSE = ['false', '"false"'];
const MOVEMENT_KEY_BYTES = '"movement"'.length;

/** From the id to the temperature, by the space behind commas and the quotes around `false`. */
const VALUES = OPTIONAL_SPACE.flatMap((space) => FALSE.map((word) => phrase(`,${space}${word},${space}${word},${space}`)));
/** The same with keys, by the space behind commas, that behind colons, and the quotes. */
const FIELDS = OPTIONAL_SPACE.flatMap((space) =>
  OPTIONAL_SPACE.flatMap((apart) => FALSE.map((word) => phrase(`,${space}"movement":${apart}${word},${space}"smoke":${apart}${word},${space}"temperature":${apart}`))),
);
/** From the temperature to its maximum, by the space behind commas and that behind colons. */
const MAXIMUM_KEY = OPTIONAL_SPACE.flatMap((space) => OPTIONAL_SPACE.map((apart) => phrase(`,${space}"maxTemperature":${apart}`)));

/** The buffer that was looked at last: all records of a batch are in one. */
let viewed: Buffer = Buffer.alloc(0);
let view = new DataView(viewed.buffer);

/** The sensor id of the reading for which `pastUsualValues` has found an end. */
export const usualId = new Int32Array(1);

/**
 * The index behind the fifth value of a reading, in any of the three forms, that is nothing abnormal; -1 when
 * that is not sure. What comes behind it, be it in the next record, has not been looked at.
 */
export function pastUsualValues(bytes: Buffer, start: number): number {
  const opening = bytes[start];
  const isObject = bytes[start + 2] === SMALL_I;
  let at = start + 1;
  if (isObject) {
    if (opening !== OPEN_BRACE || bytes[at] !== QUOTE || bytes[at + 2] !== SMALL_D || bytes[at + 3] !== QUOTE || bytes[at + 4] !== COLON) return NOT_SURE;
    at += bytes[at + 5] === SPACE ? 6 : 5;
  } else if (opening !== OPEN_BRACE && opening !== OPEN_BRACKET) return NOT_SURE;

  // The id; leading zeros only in a string.
  const isIdQuoted = bytes[at] === QUOTE;
  if (isIdQuoted) at += 1;
  let id = 0;
  const first = at;
  for (let digit = (bytes[at] as number) ^ ZERO; digit <= 9 && at - first < MAX_DIGITS; digit = (bytes[at] as number) ^ ZERO) {
    id = id * 10 + digit;
    at += 1;
  }
  if (at === first) return NOT_SURE;
  if (isIdQuoted) {
    if (bytes[at] !== QUOTE) return NOT_SURE;
    at += 1;
  } else if (bytes[first] === ZERO && at > first + 1) return NOT_SURE;

  // Movement and smoke.
  if (bytes !== viewed) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  const space = bytes[at + 1] === SPACE ? 1 : 0;
  let apart = 0;
  let wordAt = at + 1 + space;
  if (isObject) {
    wordAt += MOVEMENT_KEY_BYTES + 1;
    apart = bytes[wordAt] === SPACE ? 1 : 0;
    wordAt += apart;
  }
  const isWordQuoted = bytes[wordAt] === QUOTE ? 1 : 0;
  const between = isObject ? FIELDS[4 * space + 2 * apart + isWordQuoted]! : VALUES[2 * space + isWordQuoted]!;
  let { words } = between;
  let last = words.length - 1;
  if (at + between.length > bytes.length) return NOT_SURE;
  for (let index = 0; index < last; index += 1) if (view.getInt32(at + 4 * index, true) !== words[index]) return NOT_SURE;
  at += between.length;
  if (view.getInt32(at - 4, true) !== words[last]) return NOT_SURE;

  at = pastDecimal(bytes, at);
  if (at === NOT_SURE) return NOT_SURE;
  const temperature = decimal[0] as number;
  const temperatureFraction = decimal[1] as number;

  // What stands before the maximum.
  if (isObject) {
    const key = MAXIMUM_KEY[2 * space + apart]!;
    ({ words } = key);
    last = words.length - 1;
    if (at + key.length > bytes.length) return NOT_SURE;
    for (let index = 0; index < last; index += 1) if (view.getInt32(at + 4 * index, true) !== words[index]) return NOT_SURE;
    at += key.length;
    if (view.getInt32(at - 4, true) !== words[last]) return NOT_SURE;
  } else {
    if (bytes[at] !== COMMA) return NOT_SURE;
    at += 1 + space;
    if (space === 1 && bytes[at - 1] !== SPACE) return NOT_SURE;
  }

  at = pastDecimal(bytes, at);
  if (at === NOT_SURE || temperature * SCALES[decimal[1] as number]! > (decimal[0] as number) * SCALES[temperatureFraction]!) return NOT_SURE;
  usualId[0] = id;
  return at;
}

/** What `pastDecimal` has read: all digits as one number, and how many of them stand behind the point. */
const decimal = new Int32Array(2);

/** The index behind a decimal without exponent, in quotes or not; -1 when that is not sure. */
function pastDecimal(bytes: Buffer, from: number): number {
  let at = from;
  const isQuoted = bytes[at] === QUOTE;
  if (isQuoted) at += 1;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at += 1;
  let number = 0;
  let first = at;
  for (let digit = (bytes[at] as number) ^ ZERO; digit <= 9 && at - first < MAX_DIGITS - MAX_FRACTION; digit = (bytes[at] as number) ^ ZERO) {
    number = number * 10 + digit;
    at += 1;
  }
  if (at === first || (bytes[first] === ZERO && at > first + 1)) return NOT_SURE;
  let fraction = 0;
  if (bytes[at] === DOT) {
    at += 1;
    first = at;
    for (let digit = (bytes[at] as number) ^ ZERO; digit <= 9 && at - first < MAX_FRACTION; digit = (bytes[at] as number) ^ ZERO) {
      number = number * 10 + digit;
      at += 1;
    }
    fraction = at - first;
    if (fraction === 0) return NOT_SURE;
  }
  if (isQuoted) {
    if (bytes[at] !== QUOTE) return NOT_SURE;
    at += 1;
  } else if (((bytes[at] as number) ^ ZERO) <= 9) return NOT_SURE; // a number that goes on
  decimal[0] = isNegative ? -number : number;
  decimal[1] = fraction;
  return at;
}
