import { isoTime } from '../clock.js';

/** A time in the form in which times are stored, so that they compare as text. Thrown: a RangeError naming the field. */
export function toIsoTime(field: string, time: string): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) throw new RangeError(`${field}: got ${JSON.stringify(time)}, expected an ISO 8601 time`);
  return isoTime(ms);
}
