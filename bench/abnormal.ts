import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaCluster } from '../test/servers/kafka.js';
import { metricOf } from '../test/support/metrics.js';
import { systemClock } from '../src/clock.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { EventStoreDbEventStore } from '../src/event-store/eventstoredb-event-store.js';
import { LibsqlEventStore } from '../src/event-store/libsql-event-store.js';
import { normalReadings } from '../src/ingestion/normal-readings.js';
import { LibsqlMessageLog } from '../src/message-log/libsql-message-log.js';
import { perSecond, spread, type BenchCase } from './bench-case.js';
import { drain } from './drain.js';
import { startEventStoreDb } from './eventstoredb-process.js';
import { RunningProduct } from './product.js';
import { startSmtp } from './smtp-sink.js';

/** Readings a sensor: the third strike is an alarm. */
const ROUNDS = 3;
const READINGS_A_POST = 500;
const POSTS_AT_A_TIME = 8;
const POLL_MS = 250;
const LIMIT_MS = 300_000;

interface Measured {
  readonly readings: number;
  readonly events: number;
  readonly storedSeconds: number;
  /** Null where no e-mails are sent. */
  readonly mails: { readonly count: number; readonly seconds: number } | null;
}

type Run = (sensors: number) => Promise<Measured>;

const EMBEDDED = (dir: string): Promise<EventStore> => LibsqlEventStore.open(dir, { clock: systemClock });

const RUNS: Readonly<Record<string, Run>> = {
  'a backlog into the embedded store': (sensors) => drainBacklog(sensors, EMBEDDED),
  'the same, one append at a time': (sensors) => drainBacklog(sensors, async (dir) => oneAtATime(await EMBEDDED(dir))),
  'a backlog into EventStoreDB': async (sensors) => {
    const double = await startEventStoreDb();
    try {
      return await drainBacklog(sensors, () => EventStoreDbEventStore.open(double.url, { clock: systemClock }));
    } finally {
      await double.stop();
    }
  },
  'the whole product, embedded': (sensors) => wholeProduct(sensors, {}),
  'the whole product on Kafka and EventStoreDB': async (sensors) => {
    const [kafka, double] = [await KafkaCluster.start({ brokers: 2, heapMb: 384 }), await startEventStoreDb()];
    try {
      return await wholeProduct(sensors, { KAFKA_BROKERS: kafka.bootstrapServers, EVENTSTORE_URL: double.url });
    } finally {
      await kafka.stop();
      await double.stop();
    }
  },
};

/** Every reading abnormal: strikes and alarms through the rules, the event store and the e-mails. */
export const abnormal: BenchCase = async ({ isQuick, progress }) => {
  const sensors = isQuick ? 1500 : 5000;
  const runs = isQuick ? 1 : 3;
  const measured = new Map<string, Measured[]>();
  for (let run = 0; run < runs; run += 1) {
    for (const [name, measure] of Object.entries(RUNS)) {
      const one = await measure(sensors);
      measured.set(name, [...(measured.get(name) ?? []), one]);
      progress(`run ${run + 1} of ${runs}, ${name}: ${perSecond(one.readings / one.storedSeconds)}`);
    }
  }
  return {
    title: 'Every reading abnormal: strikes and alarms',
    about: [
      `${(sensors * ROUNDS).toLocaleString('en-US')} readings of ${sensors.toLocaleString('en-US')} sensors, smoke or heat: two strikes and then a strike with its alarm each, none discarded, every one stored before its receipt.`,
      'A backlog lies in the embedded log and is drained by the rules in this process; up to 512 appends wait together, and the embedded store makes one commit of them.',
      'The whole product takes them by HTTP (500 a post, 8 posts at a time) on the same two cores as the load, and sends the e-mail of each alarm to an SMTP server; on two Kafka brokers with replication 2, where named.',
      'Stored: from the first record or post to the last receipt. E-mails: alarms per second from the first post to the last e-mail. EventStoreDB is the double of the tests, which holds its log in memory: **no server was measured**.',
    ].join('\n'),
    columns: ['path', 'readings/s stored', 'events/s stored', 'e-mails/s'],
    rows: [...measured].map(([name, all]) => [
      name,
      spread(all.map(({ readings, storedSeconds }) => readings / storedSeconds)),
      spread(all.map(({ events, storedSeconds }) => events / storedSeconds)),
      all[0]?.mails ? spread(all.map(({ mails }) => (mails ? mails.count / mails.seconds : NaN))) : '–',
    ]),
  };
};

/** The readings of all sensors once, then again, each in the source's literal form. */
function* readingsOf(sensors: number): Generator<{ readonly key: string; readonly text: string }> {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let sensor = 0; sensor < sensors; sensor += 1) {
      const isSmoke = sensor % 2 === 0;
      yield { key: String(sensor), text: `{"${sensor}", "false", "${isSmoke}", "${isSmoke ? '21.5' : '45.5'}", "30.0"}` };
    }
  }
}

async function drainBacklog(sensors: number, openStore: (dir: string) => Promise<EventStore>): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  try {
    const log = await LibsqlMessageLog.open(dir, { clock: systemClock });
    for (const page of pagesOf(readingsOf(sensors), 5000)) await log.append('ENTRY', page.map(({ key, text }) => ({ key, value: Buffer.from(text) })));
    await log.close();
    const { seconds, events } = await drain(dir, { discard: normalReadings, openStore });
    return { readings: sensors * ROUNDS, events, storedSeconds: seconds, mails: null };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function wholeProduct(sensors: number, settings: Readonly<Record<string, string>>): Promise<Measured> {
  const mailed = new Set<string>();
  const smtp = await startSmtp((alarmId) => mailed.add(alarmId));
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const product = await RunningProduct.start(dir, sensors, { ...settings, SMTP_URL: smtp.url });
  try {
    const startMs = performance.now();
    const readings = sensors * ROUNDS;
    const posts = pagesOf(readingsOf(sensors), READINGS_A_POST);
    const posting = Promise.all(Array.from({ length: POSTS_AT_A_TIME }, () => postAll(product.ingestPort, posts)));
    const stored = until(async () => ((await metricOf(product.consoleUrl, 'vigia_records_processed_total', { topic: 'ENTRY' })) ?? 0) >= readings).then(secondsSince(startMs));
    const sent = until(async () => mailed.size >= sensors).then(secondsSince(startMs));
    const [, storedSeconds, mailSeconds] = await Promise.all([posting, stored, sent]);
    const events = (await metricOf(product.consoleUrl, 'vigia_sensor_events_stored_total')) ?? NaN;
    return { readings, events, storedSeconds, mails: { count: sensors, seconds: mailSeconds } };
  } finally {
    await product.stop();
    await smtp.stop();
    rmSync(dir, { recursive: true });
  }
}

/** Several take their posts from the same source. */
async function postAll(port: number, posts: Generator<readonly { readonly text: string }[]>): Promise<void> {
  for (let next = posts.next(); !next.done; next = posts.next()) {
    const body = next.value.map(({ text }) => text).join('\n');
    const answer = await fetch(`http://127.0.0.1:${port}/topics/ENTRY/messages`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body });
    if (!answer.ok) throw new Error(`a post was answered ${answer.status}`);
    await answer.text();
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > limitMs) throw new Error(`not all was processed within ${LIMIT_MS / 1000} s`);
    await systemClock.sleep(POLL_MS);
  }
}

function secondsSince(startMs: number): () => number {
  return () => (performance.now() - startMs) / 1000;
}

function* pagesOf<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let page: T[] = [];
  for (const item of items) {
    page.push(item);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The store without what it gains by appends that wait together. */
function oneAtATime(store: EventStore): EventStore {
  let last: Promise<unknown> = Promise.resolve();
  return {
    append: (...args) => {
      const made = last.then(() => store.append(...args));
      last = made.catch(() => undefined);
      return made;
    },
    readStream: (...args) => store.readStream(...args),
    readAll: (...args) => store.readAll(...args),
    subscribe: (...args) => store.subscribe(...args),
    setStreamMetadata: (...args) => store.setStreamMetadata(...args),
    deleteStream: (...args) => store.deleteStream(...args),
    headPosition: () => store.headPosition(),
    close: () => store.close(),
  };
}
