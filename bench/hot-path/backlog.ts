import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/clock.js';
import { KafkaMessageLog } from '../../src/message-log/kafka/kafka-message-log.js';
import type { AppendedRecord, OutgoingRecord } from '../../src/message-log/message-log.js';
import { Truth, type Type } from './truth.js';

const SENSORS = 50_000;
/** Sensors by turns; a prime, so that neighbours in the log are not neighbours in number. */
const STRIDE = 7_919;
const APPEND = 10_000;
/** The OKs of so many readings follow them, and what comes next follows the OKs. */
const ROUND = 5 * APPEND;
/** One OK message for so many abnormal readings, for the sensor of one of them. */
export const ABNORMAL_PER_OK = 20;
/** Abnormal readings of each sensor that has any: enough for strikes to become alarms whatever the share. */
const ABNORMAL_PER_SENSOR = 40;
/** So that there are some in both partitions. */
const LEAST_TROUBLED = 20;
const TYPES: readonly Type[] = ['motion', 'smoke', 'temperature'];
/** So that append times, in milliseconds, say the order. */
const APART_MS = 2;

/** What the backlog holds, and what must come of it. */
export interface Backlog {
  readonly readings: number;
  readonly oks: number;
  readonly abnormal: number;
  readonly alarms: ReadonlySet<string>;
}

/** The message log on the brokers of a benchmark. */
export function openBenchLog(brokers: string, replicationFactor = 1): Promise<KafkaMessageLog> {
  const log = { warn: (details: object, message: string) => console.error(message, details), debug: () => undefined };
  return KafkaMessageLog.open({ brokers: brokers.split(','), tls: false, sasl: null, clock: systemClock, log, replicationFactor });
}

interface Abnormal {
  readonly place: number;
  readonly sensorId: number;
  readonly type: Type;
}

/**
 * Readings of the source's literal form, keyed by sensor, of which a share is abnormal, at even distances; a third of
 * each type. The same arguments give the same messages. The order of readings and OKs is certain by their append times.
 */
export async function fillBacklog(brokers: string, readings: number, share: number): Promise<Backlog> {
  const log = await openBenchLog(brokers);
  const random = seeded(7);
  const every = Math.round(1 / share);
  const troubled = Math.min(SENSORS, Math.max(LEAST_TROUBLED, Math.round(readings / every / ABNORMAL_PER_SENSOR)));
  const truth = new Truth();
  let abnormal = 0;
  let oks = 0;
  for (let from = 0; from < readings; from += ROUND) {
    const to = Math.min(from + ROUND, readings);
    const found: Abnormal[] = [];
    const entry: OutgoingRecord[] = [];
    for (let i = from; i < to; i += 1) {
      const isAbnormal = i % every === 0;
      const sensorId = ((isAbnormal ? Math.floor(random() * troubled) : i) * STRIDE) % SENSORS;
      const type = isAbnormal ? TYPES[Math.floor(random() * TYPES.length)] : undefined;
      if (type) found.push({ place: i - from, sensorId, type });
      entry.push(readingOf(sensorId, type, i));
    }
    const places = await appendAll(log, entry);
    for (const { place, sensorId, type } of found) truth.reading(sensorId, type, `${places[place]!.partition}-${places[place]!.offset}`);
    const recovered = found.filter((_, index) => (abnormal + index) % ABNORMAL_PER_OK === 0).map(({ sensorId }) => sensorId);
    abnormal += found.length;
    oks += recovered.length;
    if (recovered.length === 0) continue;
    await sleep(APART_MS);
    await log.append('OK', recovered.map((sensorId) => readingOf(sensorId, undefined, from)));
    recovered.forEach((sensorId) => truth.ok(sensorId));
    await sleep(APART_MS);
  }
  await log.close();
  return { readings, oks, abnormal, alarms: truth.alarms };
}

async function appendAll(log: KafkaMessageLog, records: readonly OutgoingRecord[]): Promise<AppendedRecord[]> {
  const parts: Promise<readonly AppendedRecord[]>[] = [];
  for (let from = 0; from < records.length; from += APPEND) parts.push(log.append('ENTRY', records.slice(from, from + APPEND)));
  return (await Promise.all(parts)).flat();
}

/** 20.0 to 27.9 degrees, or 45.5. */
function readingOf(sensorId: number, type: Type | undefined, turn: number): OutgoingRecord {
  const temperature = type === 'temperature' ? '45.5' : `2${Math.floor(turn / 10) % 8}.${turn % 10}`;
  return { key: String(sensorId), value: Buffer.from(`{"${sensorId}", "${type === 'motion'}", "${type === 'smoke'}", "${temperature}", "30.0"}`) };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
