/**
 * The first look at a reading: most are written by the same few programs, so that all but their numbers is
 * known word for word. Phrases are compared sixteen bytes at a time.
 *
 * Bytes are looked at one after the other, so what is said of them holds as long as the place at which they end is not
 * beyond the reading's end. The longest reading that is known has less than 450 bytes: `LOOK_AHEAD` bytes
 * behind its beginning must be there, of any content.
 */
const NOT_SURE: usize = 0;

/** A phrase is at most this long. */
const PHRASE_BYTES: usize = 64;
/** How far behind the beginning of a reading is looked at most. */
export const LOOK_AHEAD: usize = 512;

const SPACE: u32 = 0x20;
const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const MINUS: u32 = 0x2d;
const DOT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const COLON: u32 = 0x3a;
const BIG_T: u32 = 0x54;
const BIG_Z: u32 = 0x5a;
const OPEN_BRACKET: u32 = 0x5b;
const BACKSLASH: u32 = 0x5c;
const OPEN_BRACE: u32 = 0x7b;
const CLOSE_BRACE: u32 = 0x7d;
const LAST_PRINTABLE: u32 = 0x7e;
/** From `[` to `]` and from `{` to `}`. */
const CLOSE_AFTER_OPEN: u32 = 2;
/** `"id":`, of which the first four bytes are a little-endian word. */
const ID_KEY: u32 = 0x22646922;
const ID_KEY_BYTES: usize = 5;

/** So many digits are below the largest sensor id, which has ten. */
const MAX_ID_DIGITS: usize = 9;
/** So many digits with three behind the point are an int32. */
const MAX_WHOLE_DIGITS: usize = 6;
const MAX_FRACTION_DIGITS: usize = 3;

/** What a fraction of a second has at most. */
const MAX_TIME_FRACTION_DIGITS: usize = 9;
const MAX_MESSAGE_ID_LENGTH: usize = 200;
/** More than two numbers of two digits can be. */
const NO_DIGITS: u32 = 1000;

const MOVEMENT_KEY_BYTES: usize = 10;

const PHRASES = 18;
/** Phrases by number, each in `PHRASE_BYTES`, the rest of them 0. */
const phrases = memory.data(PHRASES * 64, 16);
/** 0xff for each byte of a phrase. */
const masks = memory.data(PHRASES * 64, 16);
/** An int32 each. */
const lengths = memory.data(PHRASES * 4, 4);

/** From the id to the temperature, plus 2 for a space behind commas, 1 for quotes around `false`. */
const VALUES: usize = 0;
/** The same with keys, plus 4 for a space behind commas, 2 for one behind colons, 1 for quotes around `false`. */
const FIELDS: usize = 4;
/** From the temperature to its maximum, plus 2 for a space behind commas, 1 for one behind colons. */
const MAXIMUM_KEY: usize = 12;
/** With their colons. */
const MESSAGE_ID_KEY: usize = 16;
const AT_KEY: usize = 17;

/** Puts a text behind what there is of a phrase. */
function add(phrase: usize, text: string): void {
  let length = load<i32>(lengths + 4 * phrase);
  for (let index = 0; index < text.length; index += 1) {
    store<u8>(phrases + PHRASE_BYTES * phrase + length, <u8>text.charCodeAt(index));
    store<u8>(masks + PHRASE_BYTES * phrase + length, 0xff);
    length += 1;
  }
  store<i32>(lengths + 4 * phrase, length);
}

for (let space: usize = 0; space < 2; space += 1) {
  const comma = space ? ', ' : ',';
  for (let quotes: usize = 0; quotes < 2; quotes += 1) {
    const word = quotes ? '"false"' : 'false';
    for (let flag = 0; flag < 2; flag += 1) {
      add(VALUES + 2 * space + quotes, comma);
      add(VALUES + 2 * space + quotes, word);
    }
    add(VALUES + 2 * space + quotes, comma);
    for (let apart: usize = 0; apart < 2; apart += 1) {
      const colon = apart ? ': ' : ':';
      const fields = FIELDS + 4 * space + 2 * apart + quotes;
      for (let flag = 0; flag < 2; flag += 1) {
        add(fields, comma);
        add(fields, flag ? '"smoke"' : '"movement"');
        add(fields, colon);
        add(fields, word);
      }
      add(fields, comma);
      add(fields, '"temperature"');
      add(fields, colon);
    }
  }
  for (let apart: usize = 0; apart < 2; apart += 1) {
    const key = MAXIMUM_KEY + 2 * space + apart;
    add(key, comma);
    add(key, '"maxTemperature"');
    add(key, apart ? ': ' : ':');
  }
}

add(MESSAGE_ID_KEY, '"messageId":');
add(AT_KEY, '"at":');

/** The place behind the phrase of a number, if it stands at `at`. */
@inline
function pastPhrase(at: usize, number: usize): usize {
  const length = <usize>load<i32>(lengths + number * 4);
  for (let index: usize = 0; index < length; index += 16) {
    const place = number * PHRASE_BYTES + index;
    const differing = v128.xor(v128.load(at + index), v128.load(phrases + place));
    if (v128.any_true(v128.and(differing, v128.load(masks + place)))) return NOT_SURE;
  }
  return at + length;
}

/** The value of the digit at a place; of any other byte a number above 9. */
@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) ^ ZERO;
}

/**
 * A decimal without exponent, in quotes or not: the place behind it in the upper half, thousandths in the lower; 0 when
 * that is not sure. A number that goes on fails by what must follow it.
 */
@inline
function decimalAt(from: usize): u64 {
  let at = from;
  const isQuoted = load<u8>(at) == QUOTE;
  if (isQuoted) at += 1;
  const isNegative = load<u8>(at) == MINUS;
  if (isNegative) at += 1;
  let first = at;
  let thousandths: i32 = 0;
  for (let digit = digitAt(at); digit <= 9 && at - first < MAX_WHOLE_DIGITS; digit = digitAt(at)) {
    thousandths = thousandths * 10 + digit;
    at += 1;
  }
  if (at == first || (at - first > 1 && load<u8>(first) == ZERO)) return 0;
  let scale = 1000;
  if (load<u8>(at) == DOT) {
    at += 1;
    first = at;
    for (let digit = digitAt(at); digit <= 9 && at - first < MAX_FRACTION_DIGITS; digit = digitAt(at)) {
      thousandths = thousandths * 10 + digit;
      at += 1;
    }
    const digits = at - first;
    if (digits == 0) return 0;
    scale = digits == 1 ? 100 : digits == 2 ? 10 : 1;
  }
  thousandths *= scale;
  if (isQuoted) {
    if (load<u8>(at) != QUOTE) return 0;
    at += 1;
  }
  return (<u64>at << 32) | <u32>(isNegative ? -thousandths : thousandths);
}

/** The sensor of the last reading whose id was read; of one that `pastUsualReading` has passed over, its own. */
export let usualId: u32 = 0;

/** Which of the phrases the last readings had. */
let valuesFormat: usize = 0;
let fieldsFormat: usize = 0;

/** Sees in which writing it goes on behind the id. */
function pastOtherValues(at: usize): usize {
  const space: usize = load<u8>(at + 1) == SPACE ? 1 : 0;
  const quotes: usize = load<u8>(at + 1 + space) == QUOTE ? 1 : 0;
  valuesFormat = 2 * space + quotes;
  return pastPhrase(at, VALUES + valuesFormat);
}

function pastOtherFields(at: usize): usize {
  const space: usize = load<u8>(at + 1) == SPACE ? 1 : 0;
  const colonAt = at + 1 + space + MOVEMENT_KEY_BYTES;
  const apart: usize = load<u8>(colonAt + 1) == SPACE ? 1 : 0;
  const quotes: usize = load<u8>(colonAt + 1 + apart) == QUOTE ? 1 : 0;
  fieldsFormat = 4 * space + 2 * apart + quotes;
  return pastPhrase(at, FIELDS + fieldsFormat);
}

/** The place behind an object that goes on with `messageId`, `at` or both. */
function pastOptionalFields(from: usize): usize {
  let at = pastField(from, MESSAGE_ID_KEY);
  at = at == NOT_SURE ? from : pastPlainString(at);
  if (at == NOT_SURE) return NOT_SURE;
  if (load<u8>(at) == COMMA) at = pastUtcTime(pastField(at, AT_KEY));
  return at != NOT_SURE && load<u8>(at) == CLOSE_BRACE ? at + 1 : NOT_SURE;
}

/** The place behind a field's name and its colon, which may have a space before and behind it. */
function pastField(from: usize, name: usize): usize {
  if (load<u8>(from) != COMMA) return NOT_SURE;
  let at = from + 1;
  if (load<u8>(at) == SPACE) at += 1;
  at = pastPhrase(at, name);
  if (at == NOT_SURE) return NOT_SURE;
  return load<u8>(at) == SPACE ? at + 1 : at;
}

/** The place behind a string of printable ASCII without escapes that can be a messageId. */
function pastPlainString(from: usize): usize {
  if (load<u8>(from) != QUOTE) return NOT_SURE;
  let at = from + 1;
  for (; load<u8>(at) != QUOTE; at += 1) {
    const byte = <u32>load<u8>(at);
    if (byte < SPACE || byte > LAST_PRINTABLE || byte == BACKSLASH || at - from > MAX_MESSAGE_ID_LENGTH) return NOT_SURE;
  }
  return at - from > 1 ? at + 1 : NOT_SURE;
}

/** The place behind `"2026-03-01T12:00:00Z"`, with a fraction or without; days that not every month has are left to the parser. */
function pastUtcTime(from: usize): usize {
  if (from == NOT_SURE || load<u8>(from) != QUOTE) return NOT_SURE;
  const first = from + 1;
  const year = twoDigits(first) + twoDigits(first + 2);
  const month = twoDigits(first + 5);
  const day = twoDigits(first + 8);
  const isOnCalendar = year < NO_DIGITS && month >= 1 && month <= 12 && day >= 1 && (day <= 28 || (day <= 30 && month != 2));
  if (!isOnCalendar || load<u8>(first + 4) != MINUS || load<u8>(first + 7) != MINUS || load<u8>(first + 10) != BIG_T) return NOT_SURE;
  if (twoDigits(first + 11) > 23 || load<u8>(first + 13) != COLON || twoDigits(first + 14) > 59 || load<u8>(first + 16) != COLON || twoDigits(first + 17) > 59) return NOT_SURE;
  let at = first + 19;
  if (load<u8>(at) == DOT) {
    const fraction = at + 1;
    at = fraction;
    while (digitAt(at) <= 9 && at - fraction < MAX_TIME_FRACTION_DIGITS) at += 1;
    if (at == fraction) return NOT_SURE;
  }
  return load<u8>(at) == BIG_Z && load<u8>(at + 1) == QUOTE ? at + 2 : NOT_SURE;
}

/** At least `NO_DIGITS` when there are not two. */
@inline
function twoDigits(at: usize): u32 {
  const tens = digitAt(at);
  const ones = digitAt(at + 1);
  return tens > 9 || ones > 9 ? NO_DIGITS : 10 * tens + ones;
}

/** The place behind a reading in any of the three forms that is nothing abnormal; 0 when that is not sure. */
@inline
export function pastUsualReading(start: usize): usize {
  const opening = <u32>load<u8>(start);
  const isObject = load<u32>(start + 1) == ID_KEY;
  let at = start + 1;
  if (isObject) {
    if (opening != OPEN_BRACE || load<u8>(at + ID_KEY_BYTES - 1) != COLON) return NOT_SURE;
    at += ID_KEY_BYTES;
    if (load<u8>(at) == SPACE) at += 1;
  } else if (opening != OPEN_BRACE && opening != OPEN_BRACKET) return NOT_SURE;

  // The id; leading zeros only in a string.
  const isIdQuoted = load<u8>(at) == QUOTE;
  if (isIdQuoted) at += 1;
  const first = at;
  let id: u32 = 0;
  for (let digit = digitAt(at); digit <= 9 && at - first < MAX_ID_DIGITS; digit = digitAt(at)) {
    id = id * 10 + digit;
    at += 1;
  }
  if (at == first) return NOT_SURE;
  usualId = id;
  if (isIdQuoted) {
    if (load<u8>(at) != QUOTE) return NOT_SURE;
    at += 1;
  } else if (load<u8>(first) == ZERO && at - first > 1) return NOT_SURE;

  // Movement and smoke, first as in the reading before.
  const afterId = at;
  at = isObject ? pastPhrase(afterId, FIELDS + fieldsFormat) : pastPhrase(afterId, VALUES + valuesFormat);
  if (at == NOT_SURE) {
    at = isObject ? pastOtherFields(afterId) : pastOtherValues(afterId);
    if (at == NOT_SURE) return NOT_SURE;
  }

  const temperature = decimalAt(at);
  if (temperature == 0) return NOT_SURE;
  at = <usize>(temperature >> 32);
  if (isObject) {
    at = pastPhrase(at, MAXIMUM_KEY + (fieldsFormat >> 1));
    if (at == NOT_SURE) return NOT_SURE;
  } else {
    if (load<u8>(at) != COMMA) return NOT_SURE;
    at += 1;
    if (valuesFormat & 2) {
      if (load<u8>(at) != SPACE) return NOT_SURE;
      at += 1;
    }
  }
  const maximum = decimalAt(at);
  if (maximum == 0 || <i32>temperature > <i32>maximum) return NOT_SURE;
  at = <usize>(maximum >> 32);
  if (load<u8>(at) == opening + CLOSE_AFTER_OPEN) return at + 1;
  return isObject ? pastOptionalFields(at) : NOT_SURE;
}
