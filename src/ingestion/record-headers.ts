import { isUtf8 } from 'node:buffer';
import { IngestRefusal } from './ingest-refusal.js';
import { MAX_MESSAGE_ID_LENGTH } from './reading-format.js';

const RECORD_HEADER_PREFIX = 'x-kafka-';
const IDEMPOTENCY_KEY = 'idempotency-key';

/** What the request's headers say about its records. */
export interface GivenHeaders {
  /** For each record: `X-Kafka-Site-Name: TWFkcmlk` becomes `Site-Name: Madrid`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The size of all of them together. */
  readonly bytes: number;
  readonly idempotencyKey: string | null;
}

const NONE: GivenHeaders = { headers: {}, bytes: 0, idempotencyKey: null };

/**
 * Reads `X-Kafka-<Name>` and `Idempotency-Key` from a request's raw headers (name, value, name, …).
 *
 * Record headers are named as kafka-pixy names them, with a capital after each hyphen, whatever the client
 * wrote. Thrown: `IngestRefusal` 400 naming the header that can't be taken.
 */
export function readGivenHeaders(rawHeaders: readonly string[]): GivenHeaders {
  const headers = new Map<string, string>();
  let bytes = 0;
  let idempotencyKey: string | null = null;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const value = rawHeaders[index + 1] as string;
    if (name === IDEMPOTENCY_KEY) {
      if (idempotencyKey !== null) throw bad('Idempotency-Key', 'is given twice');
      idempotencyKey = requireKey(value);
    } else if (name.startsWith(RECORD_HEADER_PREFIX)) {
      const recordName = capitalised(name.slice(RECORD_HEADER_PREFIX.length));
      const field = `X-Kafka-${recordName}`;
      if (recordName === '') throw bad('X-Kafka-', 'lacks a name after the prefix');
      if (headers.has(recordName)) throw bad(field, 'is given twice');
      const decoded = decodeBase64(value);
      if (decoded === null) throw bad(field, 'expected base64 with its padding');
      if (!isUtf8(decoded)) throw bad(field, 'expected base64 of UTF-8 text');
      headers.set(recordName, decoded.toString('utf8'));
      bytes += recordName.length + decoded.length;
    }
  }
  if (headers.size === 0) return idempotencyKey === null ? NONE : { ...NONE, idempotencyKey };
  return { headers: Object.fromEntries(headers), bytes, idempotencyKey };
}

/** The bytes of a standard base64 text with padding; null when it is not one. */
export function decodeBase64(text: string): Buffer | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Buffer.from(text, 'base64');
}

function requireKey(value: string): string {
  const isGood = value.length >= 1 && value.length <= MAX_MESSAGE_ID_LENGTH && /^[\x20-\x7e]*$/.test(value);
  if (!isGood) throw bad('Idempotency-Key', `expected 1 to ${MAX_MESSAGE_ID_LENGTH} printable ASCII characters`);
  return value;
}

function capitalised(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}

function bad(header: string, what: string): IngestRefusal {
  return new IngestRefusal(400, `${header}: ${what}`, header);
}
