import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { LogRecord } from '../../src/message-log/message-log.js';

const FOLDER = new URL('../fixtures/kafka-records/', import.meta.url);

/** A record as the fixtures' JSON files have it; how values are written is in the README beside them. */
export interface ExpectedRecord {
  readonly offset: number;
  readonly timeMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ExpectedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly isControl: boolean;
  readonly records: readonly ExpectedRecord[];
}

/** Names of the `.bin` files that begin so, without that ending. */
export function fixtureNames(beginning: string): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.startsWith(beginning) && file.endsWith('.bin'))
    .map((file) => file.slice(0, -'.bin'.length))
    .sort();
}

export function fixtureBytes(name: string): Buffer {
  return readFileSync(new URL(`${name}.bin`, FOLDER));
}

/** What is expected of a fixture: its name without the codec, which comes last, names the file. */
export function fixtureContent(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name.slice(0, name.lastIndexOf('.'))}.json`, FOLDER), 'utf8'));
}

/** The record in the form of the JSON files. */
export function describeRecord(record: LogRecord): Required<ExpectedRecord> {
  return {
    offset: record.offset,
    timeMs: record.appendedAtMs,
    key: describePart(record.key),
    value: describePart(record.value),
    headers: record.headers,
  };
}

function describePart(part: Buffer | null): string | null {
  if (part === null) return null;
  if (part.length > 1000) return `sha256:${createHash('sha256').update(part).digest('hex')}`;
  return part.some((byte) => byte < 32) ? `hex:${part.toString('hex')}` : part.toString('utf8');
}
