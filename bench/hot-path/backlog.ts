import { systemClock } from '../../src/clock.js';
import { KafkaMessageLog } from '../../src/message-log/kafka/kafka-message-log.js';

const SENSORS = 50_000;
const APPEND = 10_000;
/** One OK message for so many abnormal readings. */
const ABNORMAL_PER_OK = 20;

/** What the backlog holds, and what must come of it. */
export interface Backlog {
  readonly readings: number;
  readonly oks: number;
  readonly abnormal: number;
}

/** The message log on a broker of a benchmark, with one replica. */
export function openBenchLog(brokers: string): Promise<KafkaMessageLog> {
  const log = { warn: (details: object, message: string) => console.error(message, details), debug: () => undefined };
  return KafkaMessageLog.open({ brokers: brokers.split(','), tls: false, sasl: null, clock: systemClock, log, replicationFactor: 1 });
}

/** Readings of the source's literal form, keyed by sensor, a third of the abnormal ones of each type. */
export async function fillBacklog(brokers: string, readings: number, share: number): Promise<Backlog> {
  const log = await openBenchLog(brokers);
  const every = Math.round(1 / share);
  let abnormal = 0;
  let oks = 0;
  let waiting: Promise<unknown>[] = [];
  for (let from = 0; from < readings; from += APPEND) {
    const entry: { key: string; value: Buffer }[] = [];
    const ok: { key: string; value: Buffer }[] = [];
    for (let i = from; i < Math.min(from + APPEND, readings); i += 1) {
      const key = String((i * 7919) % SENSORS);
      const turn = i % every === 0 ? Math.floor(i / every) : -1;
      const [movement, smoke, heat] = [0, 1, 2].map((kind) => turn >= 0 && turn % 3 === kind);
      if (turn >= 0) abnormal += 1;
      entry.push({ key, value: Buffer.from(`{"${key}", "${movement}", "${smoke}", "${heat ? '45.5' : '21.5'}", "30.0"}`) });
      if (turn >= 0 && turn % ABNORMAL_PER_OK === 0) ok.push({ key, value: Buffer.from(`{"${key}", "false", "false", "21.5", "30.0"}`) });
    }
    oks += ok.length;
    waiting.push(log.append('ENTRY', entry), log.append('OK', ok));
    if (waiting.length >= 8) {
      await Promise.all(waiting);
      waiting = [];
    }
  }
  await Promise.all(waiting);
  await log.close();
  return { readings, oks, abnormal };
}
