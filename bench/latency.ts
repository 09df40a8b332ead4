import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaCluster } from '../test/servers/kafka.js';
import type { BenchCase } from './bench-case.js';
import { DiskWitness, type Witnessed } from './disk-witness.js';
import { RunningProduct } from './product.js';
import { quantile } from './quantile.js';
import { startSmtp } from './smtp-sink.js';

const SENSORS = 50_000;
const TICK_MS = 10;

/** About 14 alarms a second at any rate, each of another sensor. */
const CASES = [
  { name: '1,400/s, single posts', rate: 1_400, abnormalEvery: 100, perPost: 1 },
  { name: '14,000/s, NDJSON posts of 140', rate: 14_000, abnormalEvery: 1_000, perPost: 140 },
  { name: '100,000/s, NDJSON posts of 1,000', rate: 100_000, abnormalEvery: 7_143, perPost: 1_000 },
] as const;

interface Sample {
  readonly toMailMs: readonly number[];
  readonly storedMs: readonly [p50: number, p99: number];
  /** What the machine did in the same seconds. */
  readonly machine: Witnessed;
}

/** Reading accepted → alarm stored → e-mail accepted, on two real brokers. */
export const latency: BenchCase = async ({ isQuick, progress }) => {
  const seconds = isQuick ? 5 : 20;
  const warmUpSeconds = isQuick ? 5 : 120;
  const runs = isQuick ? 1 : 4;
  const rows: string[][] = [];
  for (const each of CASES) {
    const samples = await measure(each, { seconds, warmUpSeconds, runs, progress });
    rows.push(...samples.map((sample, index) => rowOf(`${each.name}, run ${index + 1}`, [sample])), rowOf(`**${each.name}, all runs**`, samples));
  }
  return {
    title: 'Latency on Kafka: reading accepted → alarm stored → e-mail accepted',
    about: [
      `Vigía in one process on two Kafka brokers (replication 2), the embedded event store, 50,000 customers, an SMTP server in a process of its own; all of it on this machine's cores. ${warmUpSeconds} s of the same load first, until the brokers' compilers are at rest; then ${runs} runs of ${seconds} s.`,
      'Stored: from the log\'s append of the reading to the durable append of its alarm, by the product\'s own histogram (interpolated within its buckets; over all runs the worst).',
      'E-mail: from the HTTP answer for the reading to the SMTP server\'s acceptance of its mail. An e-mail waits for two commits one after the other, the alarm\'s and its own claim\'s. Milliseconds.',
      'Machine: what a process beside it saw in the same seconds that does nothing but write 4 KiB with fsync, 20 times a second, and the share of the cores\' time that the host gave to others. Where the disk alone stands still for longer than a goal, no commit keeps it.',
    ].join('\n'),
    columns: ['load', 'alarms', 'stored p50', 'stored p99', 'e-mail p50', 'e-mail p99', 'e-mail max', 'fsync p50', 'fsync p99', 'fsync max', 'stolen'],
    rows,
  };
};

function rowOf(name: string, samples: readonly Sample[]): string[] {
  const mails = samples.flatMap(({ toMailMs }) => toMailMs).sort((a, b) => a - b);
  const syncs = samples.flatMap(({ machine }) => machine.syncMs).sort((a, b) => a - b);
  const worst = (index: 0 | 1): string => Math.max(...samples.map(({ storedMs }) => storedMs[index])).toFixed(0);
  const stolen = samples.reduce((sum, { machine }) => sum + machine.stolen, 0) / samples.length;
  return [
    name,
    String(mails.length),
    worst(0),
    worst(1),
    ...[0.5, 0.99, 1].map((q) => quantile(mails, q).toFixed(0)),
    ...[0.5, 0.99, 1].map((q) => quantile(syncs, q).toFixed(1)),
    `${(stolen * 100).toFixed(0)} %`,
  ];
}

interface Plan {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly runs: number;
  readonly progress: (line: string) => void;
}

async function measure({ name, rate, abnormalEvery, perPost }: (typeof CASES)[number], { seconds, warmUpSeconds, runs, progress }: Plan): Promise<Sample[]> {
  const mailedAt = new Map<string, number>();
  const smtp = await startSmtp((alarmId, atMs) => mailedAt.set(alarmId, atMs));
  const kafka = await KafkaCluster.start({ brokers: 2, heapMb: 384 });
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const witness = DiskWitness.start(join(dir, 'witness'));
  const product = await RunningProduct.start(dir, SENSORS, { KAFKA_BROKERS: kafka.bootstrapServers, SMTP_URL: smtp.url });
  let alarms = 0;
  const load = async (lasting: number): Promise<ReadonlyMap<string, number>> => {
    const answeredAt = await send(product.ingestPort, { rate, seconds: lasting, abnormalEvery, perPost, firstSensor: alarms });
    alarms += answeredAt.size;
    const deadline = performance.now() + 30_000;
    while (mailedAt.size < alarms) {
      if (performance.now() > deadline) throw new Error(`${alarms} alarms, but ${mailedAt.size} mails came`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return answeredAt;
  };
  const storedBuckets = async (): Promise<readonly Bucket[]> => bucketsOf(await (await fetch(`${product.consoleUrl}/metrics`)).text());
  try {
    progress(`${name}: warming up`);
    await load(warmUpSeconds);
    const samples: Sample[] = [];
    while (samples.length < runs) {
      const before = await storedBuckets();
      witness.take();
      const answeredAt = await load(seconds);
      const machine = witness.take();
      const stored = (await storedBuckets()).map(({ le, count }, index) => ({ le, count: count - before[index]!.count }));
      const alarmOf = await alarmsBySensor(product.consoleUrl);
      const toMailMs = [...answeredAt].map(([sensorId, at]) => Math.max(0, (mailedAt.get(alarmOf.get(sensorId) ?? '') ?? NaN) - at));
      samples.push({ toMailMs, storedMs: [histogramQuantile(stored, 0.5) * 1000, histogramQuantile(stored, 0.99) * 1000], machine });
      progress(`${name}: run ${samples.length} of ${runs}, ${toMailMs.length} alarms, e-mail p99 ${quantile([...toMailMs].sort((a, b) => a - b), 0.99).toFixed(0)} ms, the disk's fsync ${quantile([...machine.syncMs].sort((a, b) => a - b), 0.99).toFixed(0)} ms`);
    }
    return samples;
  } finally {
    await product.stop();
    await kafka.stop();
    await smtp.stop();
    await witness.stop();
    rmSync(dir, { recursive: true });
  }
}

interface Load {
  /** Readings a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly abnormalEvery: number;
  /** Readings in a post at most; what a tick owes is sent in as many posts as that takes. */
  readonly perPost: number;
  /** Each abnormal reading is of the next sensor, from this one on. */
  readonly firstSensor: number;
}

/** Sends at an even rate; when each abnormal reading was answered, by sensor. */
async function send(port: number, { rate, seconds, abnormalEvery, perPost, firstSensor }: Load): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const answeredAt = new Map<string, number>();
  const failures: unknown[] = [];
  const inWork = new Set<Promise<void>>();
  const post = (readings: readonly string[], abnormal: readonly string[]): void => {
    const done = postReadings(port, agent, readings, perPost > 1)
      .then(() => abnormal.forEach((id) => answeredAt.set(id, performance.now())))
      .catch((error: unknown) => void failures.push(error))
      .finally(() => inWork.delete(done));
    inWork.add(done);
  };
  const start = performance.now();
  let sent = 0;
  while (sent < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - start) / 1000) * rate));
    let readings: string[] = [];
    let abnormal: string[] = [];
    while (sent < due) {
      const isAbnormal = sent % abnormalEvery === abnormalEvery - 1;
      const id = String(isAbnormal ? (firstSensor + Math.floor(sent / abnormalEvery)) % SENSORS : (sent * 7919) % SENSORS);
      readings.push(`{"${id}", "${isAbnormal}", "false", "21.5", "30.0"}`);
      if (isAbnormal) abnormal.push(id);
      sent += 1;
      if (readings.length < perPost && sent < due) continue;
      post(readings, abnormal);
      [readings, abnormal] = [[], []];
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(inWork);
  agent.destroy();
  if (failures.length > 0) throw new Error(`${failures.length} posts failed, the first with ${String(failures[0])}`);
  return answeredAt;
}

function postReadings(port: number, agent: Agent, readings: readonly string[], isBatched: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': isBatched ? 'application/x-ndjson' : 'text/plain' };
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/topics/ENTRY/messages', agent, headers }, (answer) => {
      answer.resume().on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`answered ${answer.statusCode}`))));
    });
    sent.on('error', reject);
    sent.end(readings.join('\n'));
  });
}

/** The alarm's id of each sensor, from the API. */
async function alarmsBySensor(consoleUrl: string): Promise<Map<string, string>> {
  const alarms = new Map<string, string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = (await (await fetch(`${consoleUrl}/api/alarms?limit=500${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)).json()) as {
      items: { alarmId: string; sensorId: string }[];
      next: string | null;
    };
    for (const { alarmId, sensorId } of page.items) alarms.set(sensorId, alarmId);
    cursor = page.next;
  }
  return alarms;
}

/** How many were at most so many seconds. */
interface Bucket {
  readonly le: number;
  readonly count: number;
}

/** Of `vigia_reading_to_event_seconds`. */
function bucketsOf(metrics: string): readonly Bucket[] {
  return [...metrics.matchAll(/^vigia_reading_to_event_seconds_bucket\{le="([^"]+)"[^}]*\} (\d+)/gm)].map(([, le, count]) => ({ le: Number(le === '+Inf' ? Infinity : le), count: Number(count) }));
}

/** Even within a bucket, as Prometheus does. */
function histogramQuantile(buckets: readonly Bucket[], q: number): number {
  const wanted = (buckets.at(-1)?.count ?? 0) * q;
  let before = { le: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.count >= wanted) return bucket.le === Infinity ? before.le : before.le + ((bucket.le - before.le) * (wanted - before.count)) / Math.max(1, bucket.count - before.count);
    before = bucket;
  }
  return NaN;
}
