import type { LogRecord } from '../message-log/message-log.js';
import { parseReading, type ParsedReading } from './reading-format.js';

const noReading = (detail: string): ParsedReading => ({ ok: false, problem: { status: 400, field: null, detail } });

/** What a record's value says; parsed once, for the hearing as the log reads it and for the rules when it is handled. */
export function parsedRecord(record: LogRecord): ParsedReading {
  if (record.unreadableBatch !== undefined) return noReading(record.unreadableBatch);
  if (record.value === null) return noReading('tombstone: the record has no value');
  return (record.parsed ??= parseReading(record.value)) as ParsedReading;
}
