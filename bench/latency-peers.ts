import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMessageLog } from '../src/message-log/kafka/kafka-message-log.js';
import { KafkaCluster } from '../test/servers/kafka.js';
import { spread, type BenchCase } from './bench-case.js';
import { openBenchLog } from './hot-path/backlog.js';
import { followAlarms } from './peers/alarm-topic.js';
import { javaPeers } from './peers/java-peers.js';
import { startJava, startVigia, type LivePeer } from './peers/live-peer.js';
import { quantile } from './quantile.js';

const SENSORS = 50_000;
const TICK_MS = 10;
/** Whatever the rate, each of another sensor. */
const ALARMS_PER_SECOND = 14;
const RATES = [1_400, 14_000, 100_000] as const;
const ALARM_LIMIT_SECONDS = 30;
const MOST_WARM_UPS = 6;
/** Kafka Streams commits so often by default when it is to be exactly once. */
const STREAMS_COMMIT_MS = 100;
const CHECKPOINT_MS = 1_000;

/** From a reading in ENTRY to its alarm on a topic: Vigía, Flink and Kafka Streams one after another. */
export const latencyPeers: BenchCase = async ({ isQuick, progress }) => {
  const [seconds, warmUpSeconds, runs] = isQuick ? [3, 5, 1] : [10, 30, 3];
  const commandOf = javaPeers();
  const peers: Record<string, (brokers: string) => Promise<LivePeer>> = {
    // First, as it takes the topic from its beginning.
    Vigía: (brokers) => startVigia(brokers, SENSORS),
    'Flink, at least once': (brokers) => startJava(commandOf, brokers, 'flink', 'at-least-once', CHECKPOINT_MS),
    'Flink, exactly once': (brokers) => startJava(commandOf, brokers, 'flink', 'exactly-once', CHECKPOINT_MS),
    'Kafka Streams, at_least_once': (brokers) => startJava(commandOf, brokers, 'kafka-streams', 'at_least_once', STREAMS_COMMIT_MS),
    'Kafka Streams, exactly_once_v2': (brokers) => startJava(commandOf, brokers, 'kafka-streams', 'exactly_once_v2', STREAMS_COMMIT_MS),
  };
  const rows: string[][] = [];
  for (const rate of isQuick ? RATES.slice(0, 1) : RATES) {
    const kafka = await KafkaCluster.start({ brokers: 2, heapMb: 512 });
    try {
      const log = await openBenchLog(kafka.bootstrapServers, 2);
      let firstSensor = 0;
      for (const [name, start] of Object.entries(peers)) {
        const peer = await start(kafka.bootstrapServers);
        const latencies = new Map<number, number>();
        const following = await followAlarms(kafka.bootstrapServers, peer.alarmTopic, (sensorId, latencyMs) => void latencies.set(sensorId, latencyMs));
        const sendFor = async (lasting: number, hasAlarm: (sensorId: number) => boolean): Promise<readonly number[]> => {
          const sensors = await send(log, { rate, seconds: lasting, firstSensor }, hasAlarm);
          firstSensor += sensors.length;
          return sensors;
        };
        // A peer takes what comes after its start, and that may be long in coming.
        for (let turn = 0; turn < MOST_WARM_UPS && latencies.size === 0; turn += 1) await sendFor(warmUpSeconds, () => true);
        const samples: number[][] = [];
        while (samples.length < runs) {
          const sensors = await sendFor(seconds, (id) => latencies.has(id));
          samples.push(sensors.map((id) => latencies.get(id) ?? NaN).sort((a, b) => a - b));
        }
        await following.stop();
        await peer.stop();
        const missing = samples.flat().filter(Number.isNaN).length;
        if (missing > 0) throw new Error(`${name} at ${rate}/s: ${missing} alarms did not come`);
        const row = [0.5, 0.99, 1].map((q) => spread(samples.map((sample) => quantile(sample, q))));
        rows.push([`${rate.toLocaleString('en-US')}/s`, name, ...row]);
        progress(rows.at(-1)!.join(', '));
      }
      await log.close();
    } finally {
      await kafka.stop();
    }
  }
  return {
    title: 'Latency beside the peers: reading in ENTRY → alarm on its topic',
    about: [
      `From the brokers' append of a reading to a consumer's receipt of its alarm (read_committed), in milliseconds. Two Kafka brokers with replication 2, load, contender and consumer on this machine's cores; ${ALARMS_PER_SECOND} alarms a second, no OKs; ${warmUpSeconds} s of the same load first, then ${runs} runs of ${seconds} s.`,
      `Vigía is the whole product: its alarm is stored and its e-mail goes out beside it; the topic is COUNT. Flink and Kafka Streams as in “Hot path”, but tuned for latency: no linger, buffers sent after 1 ms, watermarks each 5 ms; checkpoints each ${CHECKPOINT_MS / 1000} s, commits each ${STREAMS_COMMIT_MS} ms, which is how long an alarm that is sent exactly once may have to wait.`,
    ].join('\n'),
    columns: ['load', 'contender', 'p50', 'p99', 'max'],
    rows,
  };
};

interface Load {
  /** Readings a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Each abnormal reading is of the next sensor, from this one on. */
  readonly firstSensor: number;
}

/**
 * Appends at an even rate; the sensors of the abnormal readings. Until their alarms have come, but for 30 s at most,
 * normal readings go on: a watermark stands still without them.
 */
async function send(log: KafkaMessageLog, { rate, seconds, firstSensor }: Load, hasAlarm: (sensorId: number) => boolean): Promise<number[]> {
  const every = Math.floor(rate / ALARMS_PER_SECOND);
  const sensors: number[] = [];
  const inWork = new Set<Promise<unknown>>();
  const start = performance.now();
  const secondsGone = (): number => (performance.now() - start) / 1000;
  const isOver = (): boolean => secondsGone() > seconds && (sensors.every(hasAlarm) || secondsGone() > seconds + ALARM_LIMIT_SECONDS);
  for (let sent = 0; !isOver(); await sleep(TICK_MS)) {
    const due = Math.floor(secondsGone() * rate);
    const records: { key: string; value: Buffer }[] = [];
    for (; sent < due; sent += 1) {
      const isAbnormal = sent < rate * seconds && sent % every === every - 1;
      const id = isAbnormal ? (firstSensor + sensors.length) % SENSORS : (sent * 7919) % SENSORS;
      if (isAbnormal) sensors.push(id);
      records.push({ key: String(id), value: Buffer.from(`{"${id}", "${isAbnormal}", "false", "21.5", "30.0"}`) });
    }
    const appended = log.append('ENTRY', records);
    inWork.add(appended);
    void appended.finally(() => inWork.delete(appended)).catch(() => undefined);
  }
  await Promise.all(inWork);
  return sensors;
}
