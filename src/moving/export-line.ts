import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { RecordedEvent } from '../event-store/event-store.js';
import type { Origin } from '../event-store/store-identity.js';

/**
 * The lines of an export, one JSON object each, with a checksum over all of the line that stands before it:
 *
 *     {"vigia":"events","version":1,"storeId":"8e5d…","origins":[],"crc32":"5f0c9a1e"}
 *     {"number":1,"position":"0000000000000007","stream":"sensor-7","revision":0,"id":"618f…","type":"AlarmTriggered","data":{…},"metadata":{…},"crc32":"…"}
 *     {"end":true,"events":1,"crc32":"…"}
 *
 * The names never change. `position` is that of the store which the event came from; it is where a later
 * export goes on, and means nothing elsewhere.
 */
export type ExportLine =
  | { readonly type: 'header'; readonly storeId: string; readonly origins: readonly Origin[] }
  | { readonly type: 'event'; readonly number: number; readonly event: RecordedEvent }
  | { readonly type: 'end'; readonly events: number };

/** A line that is no line of an export, or not as it was written. */
export class BadLine extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'BadLine';
  }
}

const VERSION = 1;

const object = z.custom<object>((value) => typeof value === 'object' && value !== null);
const count = z.int().min(0);
const header = z.strictObject({ vigia: z.literal('events'), version: z.literal(VERSION), storeId: z.string().min(1), origins: z.array(z.strictObject({ storeId: z.string().min(1), through: z.string().nullable() })) });
const event = z.strictObject({
  number: count, position: z.string(), stream: z.string(), revision: count, id: z.string(), type: z.string(), data: object, metadata: object,
});
const end = z.strictObject({ end: z.literal(true), events: count });

/** `…,"crc32":"5f0c9a1e"}` */
const CHECKSUM = /,"crc32":"([0-9a-f]{8})"\}$/;
const CHECKSUM_LENGTH = ',"crc32":"00000000"}'.length;

/** The line with its line feed. */
export function encodeLine(line: ExportLine): string {
  const text = JSON.stringify(toJson(line)).slice(0, -1);
  return `${text},"crc32":"${checksumOf(text)}"}\n`;
}

/** The line without its line feed. Thrown: `BadLine`. */
export function decodeLine(text: string): ExportLine {
  const given = CHECKSUM.exec(text.slice(-CHECKSUM_LENGTH))?.[1];
  if (given === undefined) throw new BadLine('does not end as a line of an export does; it was cut, or is of something else');
  const content = text.slice(0, -CHECKSUM_LENGTH);
  const found = checksumOf(content);
  if (found !== given) throw new BadLine(`is corrupt: its checksum is ${found}, it was written with ${given}`);
  return fromJson(toObject(`${content}}`));
}

function toObject(text: string): object {
  try {
    return object.parse(JSON.parse(text));
  } catch {
    throw new BadLine('is no JSON object');
  }
}

function toJson(line: ExportLine): object {
  switch (line.type) {
    case 'header':
      return { vigia: 'events', version: VERSION, storeId: line.storeId, origins: line.origins };
    case 'event': {
      const { position, stream, revision, id, type, data, metadata } = line.event;
      return { number: line.number, position, stream, revision: Number(revision), id, type, data, metadata };
    }
    case 'end':
      return { end: true, events: line.events };
  }
}

function fromJson(value: object): ExportLine {
  if ('number' in value) {
    const { number, revision, ...rest } = parse(event, value);
    return { type: 'event', number, event: { ...rest, revision: BigInt(revision) } };
  }
  if ('end' in value) return { type: 'end', events: parse(end, value).events };
  const { storeId, origins } = parse(header, value);
  return { type: 'header', storeId, origins };
}

function parse<T>(schema: z.ZodType<T>, value: object): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadLine(`is of no kind that version ${VERSION} of the format has: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
