import net, { type Socket } from 'node:net';
import { Gate, GroupBench, Load, readingOf, testClient, withAdmin, type GroupOptions, type Member } from '../../../test/support/kafka-group.js';
import { silentLog } from '../../../test/support/kafka-support.js';
import { KafkaCluster } from '../../../test/servers/kafka.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { ALL_TOPICS, type SensorTopic } from '../message-log.js';
import { CONSUMER_GROUP } from './kafka-consumer.js';

/** The consumer when brokers hang, die and come back. */

const OPTIONS: GroupOptions = { replicationFactor: 2, sessionTimeoutMs: 6_000 };

/** The keys of sensors of partition 0 and of partition 1. */
const KEYS = ['2', '1'] as const;

/** At 50 kB each more than is fetched ahead of one partition: three responses of 4 MiB. */
const LARGE = 400;

/** From a fault to the first record of each partition that was appended after it. */
const GOES_ON_WITHIN_MS = 15_000;

let kafka: KafkaCluster;

beforeAll(async () => {
  kafka = await KafkaCluster.start({ brokers: 2 });
}, 120_000);
afterAll(() => kafka.stop());

/** Those that kafkajs has made. */
const sockets = new Set<Socket>();
const { connect } = net;
net.connect = (...args: unknown[]) => {
  const socket = Reflect.apply(connect, net, args) as Socket;
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  return socket;
};

const opened: { close(): Promise<void> }[] = [];
const gates: Gate[] = [];
afterEach(async () => {
  for (const gate of gates.splice(0)) gate.release();
  for (const broker of [1, 2]) kafka.resume(broker);
  for (const each of opened.splice(0).reverse()) await each.close();
});

describe('With ENTRY-0 on a broker of its own (P7)', () => {
  it('OK-0 waits for that broker’s accepted readings while it hangs, ENTRY-1 and OK-1 go on, and the order is right after it', async () => {
    // The group's coordinator must not hang with it: then no OK would be handled anyway.
    const healthy = await coordinator();
    const hung = healthy === 1 ? 2 : 1;
    await createTopics({ ENTRY: [hung, healthy], OK: [healthy, healthy] });
    const bench = await openBench({ ...OPTIONS, replicationFactor: 1 });
    const gate = new Gate();
    gates.push(gate);
    gate.close();
    const texts: string[] = [];
    await bench.join('only', async (batches) => {
      if (batches[0]!.partition === 0) await gate.pass();
      texts.push(...batches.flatMap(({ records }) => records.map(({ headers }) => headers['message-id'] ?? '')));
    });
    // More than is fetched ahead, so that the broker holds accepted readings that have not been fetched.
    for (let turn = 0; turn < LARGE / 10; turn += 1) await bench.append('ENTRY', Array.from({ length: 10 }, (_, index) => large(`reading ${turn * 10 + index}`)));
    await waitFor('the handler of ENTRY-0', () => gate.waiting === 1, 30_000);
    const { endOffset } = (await bench.log.describe('ENTRY'))[0]!;
    await bench.append('OK', [readingOf('OK', Number(KEYS[0]), 'recovery', false)]);
    const producer = testClient(kafka).producer({ allowAutoTopicCreation: false });
    opened.push({ close: () => producer.disconnect() });
    const appendTo1 = async (topic: SensorTopic, messageId: string): Promise<void> => {
      const { value } = readingOf(topic, Number(KEYS[1]), messageId, true);
      await producer.send({ topic, messages: [{ partition: 1, key: KEYS[1], value, headers: { 'message-id': messageId } }] });
    };
    await producer.connect();
    await appendTo1('ENTRY', 'reading before'); // so that it has the connections and leaders that it needs
    await appendTo1('OK', 'recovery before');
    kafka.pause(hung);
    gate.release();

    const pausedAt = Date.now();
    await appendTo1('ENTRY', 'reading meanwhile');
    await appendTo1('OK', 'recovery meanwhile');
    await waitFor('ENTRY-1 and OK-1', () => texts.includes('reading meanwhile') && texts.includes('recovery meanwhile'), GOES_ON_WITHIN_MS);
    // The hung broker is fenced meanwhile, and its partition has no leader.
    await waitFor('eight seconds of it', () => Date.now() - pausedAt > 8_000);
    expect(bench.handledThrough('ENTRY', 0)).toBeLessThan(endOffset);
    expect(texts).not.toContain('recovery');
    kafka.resume(hung);
    await waitFor('the recovery', () => texts.includes('recovery'), 40_000);
    expect(texts.indexOf('recovery')).toBeGreaterThan(texts.lastIndexOf(`reading ${LARGE - 1}`));
    await bench.untilAllHandled();
    expect(await bench.reconcile()).toMatchObject({ unaccounted: 0, doubled: 0, records: LARGE + 5 });
  });
});

describe('Under load', () => {
  let bench: GroupBench;
  let load: Load;
  let member: Member;

  beforeEach(async () => {
    await makeSensorTopicsReplicated();
    bench = await openBench(OPTIONS);
    member = await bench.join('only');
    load = new Load(bench);
    opened.push({ close: async () => void (await load.stop()) });
    await goesOn(bench, Date.now());
  });

  async function endsWell(): Promise<void> {
    const acknowledged = await load.stop();
    await bench.untilAllHandled(60_000);
    const result = await bench.reconcile();
    expect(result).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
    expect(result.records).toBeGreaterThanOrEqual(acknowledged);
  }

  it('connections that never answer are given up and made anew', async () => {
    silenceAllConnections();
    await goesOn(bench, Date.now(), 25_000);
    await endsWell();
  });

  async function goesOnWithout(killed: number): Promise<void> {
    await kafka.kill(killed);
    await goesOn(bench, Date.now());
    await kafka.restart(killed);
    await goesOnInSync();
  }

  async function goesOnInSync(): Promise<void> {
    await kafka.waitUntilInSync(['ENTRY', 'OK']);
    await goesOn(bench, Date.now());
    await endsWell();
  }

  it('the broker of the group’s coordinator is killed: the group moves, consumption goes on, also after its return', async () => {
    await goesOnWithout(await coordinator());
  });

  it('a leader that is not the coordinator is killed: consumption goes on, also after its return', async () => {
    await goesOnWithout((await coordinator()) === 1 ? 2 : 1);
    expect(member.rebalances).toBe(1);
  });

  it.each(['the coordinator', 'the other one'])('a broker hangs for 20 s, %s: consumption goes on meanwhile and after it', async (which) => {
    const coordinating = await coordinator();
    const hung = (which === 'the coordinator') === (coordinating === 1) ? 1 : 2;
    kafka.pause(hung);
    const pausedAt = Date.now();
    await goesOn(bench, pausedAt);
    await waitFor('20 s', () => Date.now() - pausedAt > 20_000, 25_000);
    await goesOn(bench, Date.now());
    kafka.resume(hung);
    await goesOnInSync();
  });
});

/** Waits for a run of each partition of ENTRY with a record that was appended after a moment. */
async function goesOn(bench: GroupBench, sinceMs: number, limitMs = GOES_ON_WITHIN_MS): Promise<void> {
  for (const partition of [0, 1]) {
    const has = (): boolean => bench.runs.some((run) => run.topic === 'ENTRY' && run.partition === partition && run.lastAppendedAtMs > sinceMs);
    await waitFor(`ENTRY-${partition} after the fault`, has, limitMs);
  }
  silentLog.debug({ afterMs: Date.now() - sinceMs }, 'consumption went on');
}

/** The broker at which the group's members report. */
async function coordinator(): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    // Creates the topic of the groups, and fails until that is there.
    await waitFor('the groups’ topic', () => admin.fetchOffsets({ groupId: CONSUMER_GROUP }).then(() => true, () => false), 30_000);
    const { topics } = await admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] });
    const { partitions } = topics[0]!;
    const number = Math.abs([...CONSUMER_GROUP].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 0)) % partitions.length;
    return partitions.find(({ partitionId }) => partitionId === number)!.leader;
  });
}

/** Those of the first test have no replicas. */
async function makeSensorTopicsReplicated(): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    if (!(await admin.listTopics()).includes('ENTRY')) return;
    const { topics } = await admin.fetchTopicMetadata({ topics: ['ENTRY', 'OK'] });
    if (topics.every(({ partitions }) => partitions.every(({ replicas }) => replicas.length === 2))) return;
    await admin.deleteTopics({ topics: [...ALL_TOPICS] });
    await waitFor('the end of the topics', async () => !(await admin.listTopics()).includes('ENTRY'));
  });
}

/** All connections that there are stay open, and no byte comes from them any more; new ones are sound. */
function silenceAllConnections(): void {
  for (const socket of sockets) {
    socket.pause();
    opened.unshift({ close: async () => void socket.destroy(new Error('cut')) });
  }
  sockets.clear();
}

/** ENTRY and OK without replicas, each partition on the broker that is named for it. */
async function createTopics(brokers: Readonly<Record<string, readonly number[]>>): Promise<void> {
  await withAdmin(kafka, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: Object.entries(brokers).map(([topic, nodes]) => ({
        topic,
        replicaAssignment: nodes.map((node, partition) => ({ partition, replicas: [node] })),
        configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
      })),
    }),
  );
}

async function openBench(options: GroupOptions): Promise<GroupBench> {
  const bench = await GroupBench.open(kafka, options);
  opened.push(bench);
  return bench;
}

function large(messageId: string) {
  const value = Buffer.from(`{"id":${KEYS[0]},"movement":true,"smoke":false,"temperature":20,"maxTemperature":30,"comment":"${'x'.repeat(50_000)}"}`);
  return { key: KEYS[0], value, headers: { 'message-id': messageId } };
}
