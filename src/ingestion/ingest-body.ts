import { isUtf8 } from 'node:buffer';
import { IngestRefusal } from './ingest-refusal.js';
import { JsonScanner, MalformedText } from './json-scanner.js';
import { decodeBase64 } from './record-headers.js';
import type { BodyLimit } from './request-bodies.js';

/** A reading has some 50 to 300 bytes; fields of a sensor's own may come to it. */
export const MAX_READING_BYTES = 64 * 1024;
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** Percent-encoding makes three bytes of one; some room for the name. */
const MAX_FORM_BYTES = 3 * MAX_READING_BYTES + 1024;

/** How a body holds its reading or readings. */
export type BodyKind = 'reading' | 'reading-or-records' | 'form' | 'lines' | 'records' | 'base64-records';

const KINDS: ReadonlyMap<string, BodyKind> = new Map([
  ['', 'reading'],
  ['text/plain', 'reading'],
  ['application/json', 'reading-or-records'],
  ['application/x-www-form-urlencoded', 'form'],
  ['application/x-ndjson', 'lines'],
  ['application/ndjson', 'lines'],
  ['application/jsonl', 'lines'],
  ['application/x-jsonlines', 'lines'],
  ['application/vnd.kafka.json.v2+json', 'records'],
  ['application/vnd.kafka.binary.v2+json', 'base64-records'],
]);

export const ACCEPTED_TYPES =
  'text/plain, application/json, application/*+json, application/x-www-form-urlencoded, application/x-ndjson, application/vnd.kafka.json.v2+json or application/vnd.kafka.binary.v2+json';

/** By the `Content-Type` header; without one it is text. Thrown: `IngestRefusal` 415. */
export function bodyKind(contentType: string | undefined): BodyKind {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const kind = KINDS.get(type);
  if (kind) return kind;
  // Kafka's REST proxy has more formats (Avro, Protobuf, …), which are no JSON for us.
  if (/^application\/[^/]+\+json$/.test(type) && !type.startsWith('application/vnd.kafka.')) return 'reading-or-records';
  throw new IngestRefusal(415, `content type ${JSON.stringify(type)} is not taken; expected ${ACCEPTED_TYPES}`, 'Content-Type');
}

const LIMITS: Readonly<Record<BodyKind, BodyLimit>> = {
  reading: fixedLimit(MAX_READING_BYTES),
  'reading-or-records': {
    firstBytes: MAX_READING_BYTES,
    maxBytes: (head) => (isBatch('reading-or-records', head) ? MAX_BATCH_BYTES : MAX_READING_BYTES),
    mostBytes: MAX_BATCH_BYTES,
  },
  form: fixedLimit(MAX_FORM_BYTES),
  lines: fixedLimit(MAX_BATCH_BYTES),
  records: fixedLimit(MAX_BATCH_BYTES),
  'base64-records': fixedLimit(MAX_BATCH_BYTES),
};

export function bodyLimit(kind: BodyKind): BodyLimit {
  return LIMITS[kind];
}

function fixedLimit(bytes: number): BodyLimit {
  return { firstBytes: bytes, maxBytes: () => bytes, mostBytes: bytes };
}

/** Whether a body, or its beginning, is a batch. Plain JSON is one when its first field is `records`. */
export function isBatch(kind: BodyKind, head: Buffer): boolean {
  if (kind !== 'reading-or-records') return kind === 'lines' || kind === 'records' || kind === 'base64-records';
  return /^(?:\xEF\xBB\xBF)?\s*\{\s*"records"\s*:/.test(head.toString('latin1', 0, 1024));
}

/** The bytes of the one reading that a body holds, as they were sent. Thrown: `IngestRefusal`. */
export function singleReading(kind: BodyKind, body: Buffer): Buffer {
  const value = kind === 'form' ? formMessage(body) : body;
  requireReadingSize(value);
  return value;
}

/** One record of a batch: the bytes of its reading, or why it has none. */
export type BatchItem = Buffer | IngestRefusal;

/**
 * The records of a batch one after the other. Thrown on the way: `IngestRefusal` or `MalformedText` when
 * the body as a whole is malformed.
 */
export function* batchItems(kind: BodyKind, body: Buffer): Generator<BatchItem> {
  if (kind === 'lines') yield* lines(body);
  else yield* records(body, kind === 'base64-records');
}

/** Thrown: `IngestRefusal` 413. */
export function requireReadingSize(value: Buffer): void {
  if (value.length > MAX_READING_BYTES) throw new IngestRefusal(413, `a reading may have at most ${MAX_READING_BYTES} bytes, got ${value.length}`);
}

// ---- one reading a line -------------------------------------------------------------------------

const NEW_LINE = 0x0a;
const RETURN = 0x0d;

/** Blank lines are passed over. */
function* lines(body: Buffer): Generator<Buffer> {
  let from = 0;
  while (from < body.length) {
    const newLine = body.indexOf(NEW_LINE, from);
    const next = newLine === -1 ? body.length : newLine;
    const to = next > from && body[next - 1] === RETURN ? next - 1 : next;
    if (!isBlank(body, from, to)) yield body.subarray(from, to);
    from = next + 1;
  }
}

function isBlank(body: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = body[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== RETURN) return false;
  }
  return true;
}

// ---- Kafka REST proxy, version 2 ----------------------------------------------------------------

/** `{"records":[{"key":"42959","value":{"id":42959,…}}]}`; keys, partitions and further fields are passed over. */
function* records(body: Buffer, isBase64: boolean): Generator<BatchItem> {
  if (!isUtf8(body)) throw new MalformedText('the body is not UTF-8');
  const scanner = new JsonScanner(body.toString('utf8'));
  let isFound = false;
  scanner.expect('{');
  if (!scanner.take('}')) {
    do {
      const name = scanner.string();
      scanner.expect(':');
      if (name !== 'records') {
        scanner.skip();
        continue;
      }
      if (isFound) throw new IngestRefusal(400, 'records: is given twice', 'records');
      isFound = true;
      yield* recordList(scanner, isBase64);
    } while (scanner.take(','));
    scanner.expect('}');
  }
  scanner.expectEnd();
  if (!isFound) throw new IngestRefusal(400, 'records: is missing; expected {"records":[{"value":…}]}', 'records');
}

function* recordList(scanner: JsonScanner, isBase64: boolean): Generator<BatchItem> {
  scanner.expect('[');
  if (scanner.take(']')) return;
  do {
    const value = recordValue(scanner);
    yield value instanceof IngestRefusal ? value : isBase64 ? fromBase64(value) : fromJson(value);
  } while (scanner.take(','));
  scanner.expect(']');
}

/** A record's value: a string's content, or the text of another value as it was sent. */
interface RecordValue {
  readonly isString: boolean;
  readonly text: string;
}

function recordValue(scanner: JsonScanner): RecordValue | IngestRefusal {
  if (!scanner.take('{')) {
    scanner.skip(true);
    return new IngestRefusal(422, 'expected a record {"value":…}');
  }
  let value: RecordValue | null = null;
  let count = 0;
  if (!scanner.take('}')) {
    do {
      const name = scanner.string();
      scanner.expect(':');
      if (name !== 'value') {
        scanner.skip();
        continue;
      }
      const isString = scanner.peek() === '"';
      const from = scanner.at;
      // A value such as NaN spoils its own reading only; the reading's parser names it.
      if (!isString) scanner.skip(true);
      value = { isString, text: isString ? scanner.string() : scanner.text.slice(from, scanner.at) };
      count += 1;
    } while (scanner.take(','));
    scanner.expect('}');
  }
  if (value === null) return new IngestRefusal(422, 'value: is missing', 'value');
  return count === 1 ? value : new IngestRefusal(422, 'value: is given twice', 'value');
}

function fromJson({ text }: RecordValue): BatchItem {
  // Half of a surrogate pair has no bytes in UTF-8; another character would be stored.
  if (/\p{Surrogate}/u.test(text)) return new IngestRefusal(422, 'value: has half of a surrogate pair', 'value');
  return Buffer.from(text, 'utf8');
}

function fromBase64({ isString, text }: RecordValue): BatchItem {
  const bytes = isString ? decodeBase64(text) : null;
  return bytes ?? new IngestRefusal(422, 'value: expected a string of base64 with its padding', 'value');
}

// ---- form ---------------------------------------------------------------------------------------

const PERCENT = 0x25;

/** The content of `msg=…`. URLSearchParams would replace what is no UTF-8, so this decodes to bytes. */
function formMessage(body: Buffer): Buffer {
  const values = body
    .toString('latin1')
    .split('&')
    .map((pair) => /^([^=]*)=?(.*)$/s.exec(pair) as RegExpExecArray)
    .filter(([, name]) => percentDecoded(name as string).toString('latin1') === 'msg')
    .map(([, , value]) => percentDecoded(value as string));
  const [value] = values;
  if (value === undefined) throw new IngestRefusal(400, 'msg: is missing in the form', 'msg');
  if (values.length > 1) throw new IngestRefusal(400, 'msg: is given twice in the form; send several readings as application/x-ndjson', 'msg');
  return value;
}

function percentDecoded(text: string): Buffer {
  const encoded = Buffer.from(text.replaceAll('+', ' '), 'latin1');
  const decoded = Buffer.alloc(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at += 1) {
    let byte = encoded[at] as number;
    if (byte === PERCENT) {
      const digits = encoded.toString('latin1', at + 1, at + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new IngestRefusal(400, `bad escape ${JSON.stringify(`%${digits}`)} in the form`);
      byte = Number.parseInt(digits, 16);
      at += 2;
    }
    decoded[length] = byte;
    length += 1;
  }
  return decoded.subarray(0, length);
}
