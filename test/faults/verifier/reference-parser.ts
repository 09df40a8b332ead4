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
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** Null when the record can't be read. `value`: base64. */
export function parseRecord(value: string | null, headers: Readonly<Record<string, string>>): ParsedRecord | null {
  if (value === null) return null;
  const fields = fieldsOf(Buffer.from(value, 'base64').toString('utf8').trim());
  if (fields === null) return null;
  const [id, movement, smoke, temperature, maxTemperature] = [wholeNumber(fields['id']), truth(fields['movement']), truth(fields['smoke']), decimal(fields['temperature']), decimal(fields['maxTemperature'])];
  if (id === null || movement === null || smoke === null || temperature === null || maxTemperature === null) return null;
  const given = fields['messageId'] ?? null;
  if (given !== null && (typeof given !== 'string' || given.length === 0 || given.length > 200)) return null;
  const at = fields['at'] ?? null;
  if (at !== null && (typeof at !== 'string' || !TIME.test(at) || Number.isNaN(Date.parse(at)))) return null;
  const isAbnormal: Record<AlarmType, boolean> = { motion: movement, smoke, temperature: temperature > maxTemperature };
  return {
    sensorId: id,
    abnormal: ALARM_TYPES.filter((type) => isAbnormal[type]),
    messageId: given ?? headers['message-id'] ?? null,
    atMs: at === null ? null : Date.parse(at),
  };
}

function fieldsOf(text: string): Record<string, unknown> | null {
  const parsed = json(text) ?? (text.startsWith('{') && text.endsWith('}') ? json(`[${text.slice(1, -1)}]`) : undefined);
  if (Array.isArray(parsed)) {
    const [id, movement, smoke, temperature, maxTemperature] = parsed as unknown[];
    return parsed.length === 5 ? { id, movement, smoke, temperature, maxTemperature } : null;
  }
  return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wholeNumber(value: unknown): number | null {
  const isDigits = typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && /^\d+$/.test(value);
  const number = Number(value);
  return isDigits && number >= 0 && number <= 2_147_483_647 ? number : null;
}

function truth(value: unknown): boolean | null {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : null;
}

function decimal(value: unknown): number | null {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value));
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : null;
}
