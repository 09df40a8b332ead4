import type { Random } from '../../../src/cli/simulator/random.js';
import { parseRecord } from '../verifier/reference-parser.js';
import { drawHostile, NASTY_TEXTS } from './draw-hostile.js';

/** A record as a producer of others may put it onto ENTRY or OK. */
export interface HostileRecord {
  readonly topic: 'ENTRY' | 'OK';
  /** That of the sensor that it names, so that all of one sensor's are in one partition; of what can't be read anything. */
  readonly key: string | null;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Below what a broker takes, by default 1 MiB with all that belongs to a record. */
const HUGE_BYTES = 900_000;

/** As many as a receipt can't name the ids of. */
const BURST_RECORDS = 600;

/** The longest id in a header, of characters that are six bytes each as JSON. */
const LONGEST_ID = 400;

/** Abnormal readings of one sensor, to be sent as one batch: all with a key that is another's, and the longest ids. */
export function hostileBurst(sensorId: number): HostileRecord[] {
  const value = Buffer.from(JSON.stringify({ id: sensorId, movement: true, smoke: true, temperature: 31, maxTemperature: 30 }));
  return Array.from({ length: BURST_RECORDS }, (_, index) => ({ topic: 'ENTRY', key: '__proto__', value, headers: { 'message-id': String(index).padStart(LONGEST_ID, '\u0001') } }));
}

/** One of the first `sensors` ones from `firstSensor` on is meant. The same for the same seed. */
export function drawHostileRecord(random: Random, firstSensor: number, sensors: number): HostileRecord {
  const topic = random.fraction() < 0.2 ? 'OK' : 'ENTRY';
  const sensorId = firstSensor + random.integer(0, sensors - 1);
  const nasty = NASTY_TEXTS[random.integer(0, NASTY_TEXTS.length - 1)] as string;
  const kind = random.fraction();
  const value = kind < 0.02 ? null : kind < 0.025 ? Buffer.alloc(HUGE_BYTES, nasty || '[') : drawHostile(random, topic, sensorId);
  const given: Record<string, string> = random.fraction() < 0.3 ? Object.fromEntries([[random.fraction() < 0.5 ? 'message-id' : nasty, nasty], ['__proto__', 'x']]) : {};
  const text = value?.toString('base64') ?? null;
  const withoutHeaders = parseRecord(text, {});
  // Whether the id of a normal reading is looked at depends on how the reading is written.
  const headers = withoutHeaders?.abnormal.length === 0 ? {} : given;
  const key = withoutHeaders ? String(withoutHeaders.sensorId) : random.fraction() < 0.5 ? nasty : null;
  return { topic, key, value, headers };
}
