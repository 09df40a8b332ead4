const TIME_WITH_ZONE = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:Z|([+-])(\d{2})(?::?(\d{2}))?)$/;

/** The years that ISO 8601 writes with four digits. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Milliseconds since 1970 UTC of a time with its zone, `2026-03-01T12:00:00.5+01:00`; null when it is not
 * one, or not on the calendar. Digits beyond the millisecond are cut off.
 */
export function parseSensorTime(text: string): number | null {
  const parts = TIME_WITH_ZONE.exec(text);
  if (!parts) return null;
  const [, minute, second = '00', fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = parts;
  const local = `${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const localMs = Date.parse(local);
  // Date.parse takes February 30th for March 2nd.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) return null;
  const hours = Number(offsetHours);
  const minutes = Number(offsetMinutes);
  if (hours > 23 || minutes > 59) return null;
  const ms = localMs - (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return ms >= FIRST_MS && ms <= LAST_MS ? ms : null;
}
