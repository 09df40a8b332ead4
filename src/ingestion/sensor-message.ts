import { readingTime } from '../alarm-domain/reading-time.js';
import type { SensorMessage } from '../alarm-domain/sensor-message.js';
import type { SourcePosition } from '../alarm-domain/source-position.js';
import { isoTime } from '../clock.js';
import type { LogRecord } from '../message-log/message-log.js';
import { parsedRecord } from './parsed-record.js';
import { MAX_MESSAGE_ID_LENGTH } from './reading-format.js';

/** Record header that holds the messageId of a reading whose body has none. */
export const MESSAGE_ID_HEADER = 'message-id';

/** Above what the endpoint writes, an Idempotency-Key and the number of a record; other producers could write any. */
const MAX_HEADER_ID_LENGTH = 2 * MAX_MESSAGE_ID_LENGTH;

/** A record that can't be read, and why. */
export interface Unreadable {
  readonly type: 'unreadable';
  readonly reason: string;
}

/** What a record of ENTRY or OK says; both hold readings in the same forms. */
export function toSensorMessage(record: LogRecord, source: SourcePosition): SensorMessage | Unreadable {
  const parsed = parsedRecord(record);
  if (!parsed.ok) {
    const { field, detail } = parsed.problem;
    return { type: 'unreadable', reason: field === null ? detail : `${field}: ${detail}` };
  }
  const { reading, sensorAtMs } = parsed;
  const messageId = parsed.messageId ?? record.headers[MESSAGE_ID_HEADER] ?? null;
  if (messageId !== null && messageId.length > MAX_HEADER_ID_LENGTH) {
    return { type: 'unreadable', reason: `header ${MESSAGE_ID_HEADER}: expected at most ${MAX_HEADER_ID_LENGTH} characters, got ${messageId.length}` };
  }
  const facts = {
    source,
    messageId,
    sensorAt: sensorAtMs === null ? null : isoTime(sensorAtMs),
    receivedAt: isoTime(record.appendedAtMs),
    readAt: isoTime(readingTime(sensorAtMs, record.appendedAtMs)),
  };
  return source.topic === 'OK' ? { type: 'ok', ...facts, sensorId: reading.sensorId } : { type: 'reading', ...facts, reading };
}
