import { isUtf8 } from 'node:buffer';

/** What a record says, by the mission's three forms; a second reading of them, independent of the product's. */
export interface ParsedRecord {
  readonly sensorId: number;
  /** The alarm types for which it is abnormal, in their order. */
  readonly abnormal: readonly AlarmType[];
  readonly messageId: string | null;
  readonly atMs: number | null;
}

export const ALARM_TYPES = ['motion', 'smoke', 'temperature'] as const;
export type AlarmType = (typeof ALARM_TYPES)[number];

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const TIME = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** Further fields of an object may nest so deep. */
const MAX_DEPTH = 32;

/** An id that a header gives, which any producer may write. */
const MAX_HEADER_ID = 400;

/** A number that was not written as a string, as it was written. */
interface Native {
  readonly native: string;
}

/** Null when the record can't be read. `value`: base64. */
export function parseRecord(value: string | null, headers: Readonly<Record<string, string>>): ParsedRecord | null {
  if (value === null || !isUtf8(Buffer.from(value, 'base64'))) return null;
  const fields = fieldsOf(Buffer.from(value, 'base64').toString('utf8').replace(/^\ufeff/, ''));
  if (fields === null) return null;
  const [id, movement, smoke, temperature, maxTemperature] = [wholeNumber(fields['id']), truth(fields['movement']), truth(fields['smoke']), decimal(fields['temperature']), decimal(fields['maxTemperature'])];
  if (id === null || movement === null || smoke === null || temperature === null || maxTemperature === null) return null;
  const given = fields['messageId'] ?? null;
  if (given !== null && (typeof given !== 'string' || given.length === 0 || given.length > 200 || /\p{Surrogate}/u.test(given))) return null;
  const at = fields['at'] ?? null;
  if (at !== null && (typeof at !== 'string' || !TIME.test(at) || !isDay(at.slice(0, 10)) || Number.isNaN(Date.parse(at)))) return null;
  const messageId = given ?? headers['message-id'] ?? null;
  if (messageId !== null && messageId.length > MAX_HEADER_ID) return null;
  const isAbnormal: Record<AlarmType, boolean> = { motion: movement, smoke, temperature: temperature > maxTemperature };
  return {
    sensorId: id,
    abnormal: ALARM_TYPES.filter((type) => isAbnormal[type]),
    messageId,
    atMs: at === null ? null : Date.parse(at),
  };
}

function fieldsOf(text: string): Record<string, unknown> | null {
  const five = /^[ \t\r\n]*\{([^]*)\}[ \t\r\n]*$/.exec(text)?.[1];
  const parsed = json(text) ?? (five === undefined ? undefined : json(`[${five}]`));
  if (Array.isArray(parsed)) {
    const [id, movement, smoke, temperature, maxTemperature] = parsed as unknown[];
    return parsed.length === 5 ? { id, movement, smoke, temperature, maxTemperature } : null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  return Object.values(parsed).some((value) => isDeeper(value, MAX_DEPTH)) ? null : (parsed as Record<string, unknown>);
}

/** JSON with its numbers as they were written, since `7.0` is no sensor's id. */
function json(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\w.+-]*/g, (token) => (NUMBER.test(token) ? JSON.stringify({ native: token } satisfies Native) : token)));
  } catch {
    return undefined;
  }
}

/** The calendar has it: not `2026-02-30`. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day.slice(8));
}

function isNative(value: unknown): value is Native {
  return typeof value === 'object' && value !== null && 'native' in value;
}

function isDeeper(value: unknown, than: number): boolean {
  if (typeof value !== 'object' || value === null || isNative(value)) return false;
  return than === 0 || Object.values(value).some((each) => isDeeper(each, than - 1));
}

function wholeNumber(value: unknown): number | null {
  const text = isNative(value) ? value.native : value;
  const number = Number(text);
  return typeof text === 'string' && /^\d+$/.test(text) && number <= 2_147_483_647 ? number : null;
}

function truth(value: unknown): boolean | null {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : null;
}

function decimal(value: unknown): number | null {
  const text = isNative(value) ? value.native : value;
  return typeof text === 'string' && NUMBER.test(text) && Number.isFinite(Number(text)) ? Number(text) : null;
}
