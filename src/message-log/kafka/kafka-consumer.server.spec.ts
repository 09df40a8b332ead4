import { createHook } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { assignments, deleteRecords, emptyTopics, Gate, GroupBench, openLog, readingOf, testClient, withAdmin, type GroupOptions } from '../../../test/support/kafka-group.js';
import { KafkaCluster } from '../../../test/servers/kafka.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { sensorStream } from '../../alarm-domain/sensor.js';
import { systemClock } from '../../clock.js';
import { PositionLost, type ConsumeOptions, type LogBatch, type LogRecord, type SensorTopic } from '../message-log.js';
import type { KafkaMessageLog } from './kafka-message-log.js';

const SESSION_MS = 3_000;
const OPTIONS: GroupOptions = { replicationFactor: 1, sessionTimeoutMs: SESSION_MS };

/** The keys of sensors of partition 0 and of partition 1. */
const KEYS = ['2', '1'] as const;

let kafka: KafkaCluster;

beforeAll(async () => {
  kafka = await KafkaCluster.start({ brokers: 1, properties: { 'group.min.session.timeout.ms': 1_000 } });
}, 120_000);
afterAll(() => kafka.stop());

/** What a test has opened and must not leave behind, however it ends. */
const opened: { close(): Promise<void> }[] = [];
const gates: Gate[] = [];
afterEach(async () => {
  for (const gate of gates.splice(0)) gate.release();
  for (const each of opened.splice(0).reverse()) await each.close();
});

describe('A handler', () => {
  it('that throws TypeErrors and SyntaxErrors for longer than a session gets the same batch again, as the same member', async () => {
    const consumer = await Consumer.start(async (batches, calls) => {
      if (batches[0]!.partition !== 0 || calls > 7) return;
      throw calls % 2 === 0 ? new TypeError('undefined is not a function') : new SyntaxError('Unexpected token');
    });
    await waitFor('the group', async () => (await memberIds()).length === 1);
    const [before] = await memberIds();
    await consumer.log.append('ENTRY', [record(KEYS[0], 'a'), record(KEYS[0], 'b')]);
    await consumer.log.append('ENTRY', [record(KEYS[1], 'other partition')]);
    const begunAt = performance.now();
    await waitFor('the batch', () => consumer.texts(0).length === 2, 30_000);
    expect(performance.now() - begunAt).toBeGreaterThan(SESSION_MS);
    const offered = consumer.offered.filter(({ partition }) => partition === 0).map(({ firstOffset, lastOffset }) => `${firstOffset}-${lastOffset}`);
    expect(offered.length).toBeGreaterThanOrEqual(8);
    expect(new Set(offered).size).toBe(1);
    expect(consumer.texts(0)).toEqual(['a', 'b']);
    expect(consumer.texts(1)).toEqual(['other partition']);
    expect(await memberIds()).toEqual([before]);
    expect(consumer.rebalances).toBe(1);
    });

  it('whose receipt was refused is given the partition anew, though nothing more comes', async () => {
    const consumer = await Consumer.start(() => Promise.resolve());
    const [appended] = await consumer.log.append('ENTRY', [record(KEYS[0], 'a')]);
    await waitFor('the record', () => consumer.texts(0).length === 1);
    consumer.lostFrom = { partition: 0, offset: appended!.offset };
    await waitFor('the record again', () => consumer.texts(0).length === 2);
    expect(consumer.texts(0)).toEqual(['a', 'a']);
    expect(consumer.rebalances).toBe(1);
  });

  it('that takes three times the session timeout keeps its membership', async () => {
    const consumer = await Consumer.start(() => systemClock.sleep(3 * SESSION_MS));
    await consumer.log.append('ENTRY', [record(KEYS[0], 'slow')]);
    await waitFor('the handler’s start', () => consumer.offered.length > 0);
    const before = await memberIds();
    await waitFor('the handler’s end', () => consumer.texts(0).length === 1, 5 * SESSION_MS);
    expect(await memberIds()).toEqual(before);
    expect(consumer.rebalances).toBe(1);
    expect(consumer.offered).toHaveLength(1);
    });

  it('that holds the event loop for longer than the session timeout loses its membership, joins again, and nothing is lost or doubled', async () => {
    const bench = await openBench();
    let spins = 1;
    const member = await bench.join('spinning', () => {
      if (spins-- <= 0) return;
      const untilMs = performance.now() + 2 * SESSION_MS;
      while (performance.now() < untilMs);
    });
    await waitFor('the group', async () => (await memberIds()).length === 1);
    const [before] = await memberIds();
    for (let turn = 0; turn < 10; turn += 1) await bench.append('ENTRY', readings(`spin ${turn}`, 20));
    await waitFor('another membership', async () => member.rebalances > 1 && (await memberIds()).length === 1, 30_000);
    expect(await memberIds()).not.toEqual([before]);
    await bench.append('OK', KEYS.map((key) => readingOf('OK', Number(key), 'after', false)));
    await bench.untilAllHandled();
    expect(await bench.reconcile()).toMatchObject({ records: 202, unaccounted: 0, doubled: 0, problems: [] });
  });
});

describe('A change of members while handlers are in work', () => {
  it('moves ENTRY-n and OK-n together, refuses the receipt of who lost them, and leaves nothing out and nothing twice', async () => {
    const bench = await openBench();
    const gate = closedGate();
    const first = await bench.join('first', () => gate.pass());
    await bench.append('ENTRY', readings('before', 40));
    await waitFor('the first member’s handlers', () => gate.waiting === 2);
    // So that the second member's receipts are not word for word those of the first, which would be the same append.
    await bench.append('ENTRY', readings('after the first began', 40));

    const second = await bench.join('second');
    await waitFor('a share for each member', async () => (await shares()).join(' | ') === 'ENTRY-0 OK-0 | ENTRY-1 OK-1');
    await bench.untilReceiptOf('second', 'ENTRY');
    gate.release();
    await bench.untilAllHandled();
    await waitFor('the refusal of the first member’s receipt', () => bench.positionsLost().includes('first'));
    expect(bench.positionsLost()).not.toContain('second');

    await second.leave();
    await waitFor('all for the first member', async () => (await shares()).join(' | ') === 'ENTRY-0 ENTRY-1 OK-0 OK-1');
    await bench.append('ENTRY', readings('after the second left', 40));
    await bench.untilAllHandled();

    const third = holdingChild();
    try {
      await third.holds();
      await waitFor('a share for each member', async () => (await shares()).join(' | ') === 'ENTRY-0 OK-0 | ENTRY-1 OK-1');
      await bench.append('ENTRY', readings('while the third held its runs', 40));
    } finally {
      third.kill();
    }
    await waitFor('all for the first member', async () => (await shares()).join(' | ') === 'ENTRY-0 ENTRY-1 OK-0 OK-1', 30_000);
    await bench.untilAllHandled();
    expect(first.rebalances).toBeGreaterThanOrEqual(5);
    expect(await bench.reconcile()).toMatchObject({ records: 160, unaccounted: 0, doubled: 0, problems: [] });
  });
});

describe('A member that must give a partition up', () => {
  it('is no member again, and keeps no connection, who leaves while another’s leaving makes him join anew', async () => {
    const before = new Set(connectionsTo(kafka));
    const gate = closedGate();
    const bench = await openBench();
    const staying = await bench.join('staying for a moment', () => gate.pass());
    const leaving = await bench.join('leaving');
    await waitFor('a share for each', async () => (await shares()).join(' | ') === 'ENTRY-0 OK-0 | ENTRY-1 OK-1');
    await bench.append('ENTRY', readings('held', 40));
    await waitFor('the handler that is in work', () => gate.waiting === 1);
    const rebalances = staying.rebalances;
    const left = leaving.leave();
    // The next heartbeat says that members change; it joins anew when its handler is done.
    await waitFor('the end of its share', () => staying.isBetweenShares, 10_000);
    const alsoLeft = staying.leave();
    gate.release();
    await Promise.all([left, alsoLeft]);
    expect(staying.rebalances).toBe(rebalances);
    await bench.close();
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await memberIds()).toEqual([]);
      await systemClock.sleep(200);
    }
    expect(connectionsTo(kafka).filter((socket) => !before.has(socket))).toEqual([]);
  });

  it('is no member any more, and keeps no connection, who leaves while it joins for the first time', async () => {
    const gate = closedGate();
    const bench = await openBench();
    await bench.join('holding', () => gate.pass());
    await bench.append('ENTRY', readings('held', 40));
    await waitFor('the handlers that are in work', () => gate.waiting === 2);
    const before = new Set(connectionsTo(kafka));
    const leaving = await bench.join('leaving');
    // It has asked to join, and the answer waits until the other one has joined anew.
    await waitFor('its joining', async () => (await memberIds()).length === 2);
    const left = leaving.leave();
    gate.release();
    await left;
    // Its session would last longer.
    await waitFor('one member', async () => (await memberIds()).length === 1, SESSION_MS / 2);
    await waitFor('all partitions', async () => (await shares()).join() === 'ENTRY-0 ENTRY-1 OK-0 OK-1', 10_000);
    expect(leaving.rebalances).toBe(0);
    expect(connectionsTo(kafka).filter((socket) => !before.has(socket))).toEqual([]);
  });

  it('first comes to an end with the run that it has, when that does not take too long', async () => {
    const bench = await openBench();
    let began = 0;
    await bench.join('first', async () => {
      began += 1;
      await systemClock.sleep(300);
    });
    await bench.append('ENTRY', readings('before', 40));
    await waitFor('the first member’s handlers', () => began >= 2);
    await bench.join('second');
    while ((await shares()).join(' | ') !== 'ENTRY-0 OK-0 | ENTRY-1 OK-1') await bench.append('ENTRY', readings(`meanwhile ${began}`, 40));
    await bench.append('ENTRY', readings('after', 40));
    await waitFor('the second member’s work', () => bench.runs.some(({ member }) => member === 'second'));
    await bench.untilAllHandled();
    expect(bench.positionsLost()).toEqual([]);
    expect(await bench.reconcile()).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
  });

  // The held readings yielded no event the first time, their alarm being open. After the OK of the other member they
  // are decided again, before the receipt is refused: the OK's events say that they had been handled.
  it('raises no alarm from a run that another member has handled since, an OK after it included', async () => {
    const bench = await openBench();
    const gate = closedGate();
    await bench.join('first', () => gate.pass());
    await bench.append('ENTRY', readings('before', 40));
    await waitFor('the first member’s handlers', () => gate.waiting === 2);
    await bench.append('ENTRY', readings('after the first began', 40));
    await bench.join('second');
    await bench.untilReceiptOf('second', 'ENTRY');
    await bench.append('OK', KEYS.map((key) => readingOf('OK', Number(key), `ok ${key}`, false)));
    await waitFor('the second member’s OK', () => bench.runs.some(({ member, topic }) => member === 'second' && topic === 'OK'));
    gate.release();
    await bench.untilAllHandled();
    await waitFor('the refusal of the first member’s receipt', () => bench.positionsLost().includes('first'));
    expect(await bench.reconcile()).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
  });
});

describe('Records that Kafka has deleted', () => {
  let bench: GroupBench;
  beforeEach(async () => {
    bench = await openBench();
  });

  it('change nothing when they had been handled', async () => {
    await bench.join('only');
    await bench.append('ENTRY', readings('handled', 40));
    await bench.untilAllHandled();
    await deleteBelow(bench.log, 'ENTRY', 0, -5);
    await bench.append('ENTRY', readings('after', 40));
    await bench.untilAllHandled();
    expect(bench.missing).toBe(0);
    expect(await bench.reconcile()).toMatchObject({ records: 80, unaccounted: 0, doubled: 0 });
  });

  it('are told as missing when the work begins, and the work goes on after them', async () => {
    const away = await bench.join('away');
    await bench.append('ENTRY', readings('handled', 40));
    await bench.untilAllHandled();
    await away.leave();
    await bench.append('ENTRY', readings('deleted', 40));
    await deleteBelow(bench.log, 'ENTRY', 0, 0);
    await bench.join('back');
    await bench.append('ENTRY', readings('after', 40));
    await bench.untilAllHandled();
    expect(bench.missing).toBe(20);
    expect(await bench.reconcile()).toMatchObject({ records: 120, unaccounted: 20, doubled: 0 });
  });

  it('are told as missing when they go during the work, and what had been handled keeps its receipts', async () => {
    const gate = openGate();
    await bench.join('only', () => gate.pass());
    await bench.append('ENTRY', readings('handled', 40));
    await bench.untilAllHandled();
    gate.close();
    // More than is taken and fetched ahead, so that the next fetch begins among the deleted ones.
    const large = Array.from({ length: 300 }, (_, index) => ({ key: KEYS[0], value: Buffer.from(`{"id":2,"movement":false,"smoke":false,"temperature":20,"maxTemperature":30,"messageId":"large ${index}","comment":"${'x'.repeat(80_000)}"}`) }));
    for (let from = 0; from < large.length; from += 10) await bench.append('ENTRY', large.slice(from, from + 10));
    await waitFor('the handler', () => gate.waiting > 0);
    await deleteBelow(bench.log, 'ENTRY', 0, -1);
    gate.release();
    await waitFor('the missing records', () => bench.missing > 0, 20_000);
    await bench.append('ENTRY', readings('after', 40));
    await bench.untilAllHandled();
    const { unaccounted, doubled, records } = await bench.reconcile();
    expect(bench.missing).toBeLessThan(large.length - 1);
    expect({ unaccounted, doubled, records }).toEqual({ unaccounted: bench.missing, doubled: 0, records: 80 + large.length });
  });

  it('with their whole topic, made anew, raise the epoch; all of the new ones are handled', async () => {
    await bench.join('only');
    await bench.append('ENTRY', readings('of the first topic', 100));
    await bench.append('OK', KEYS.map((key) => readingOf('OK', Number(key), 'first', false)));
    await bench.untilAllHandled();
    await systemClock.sleep(1_100); // the receipts of normal readings wait for a second
    await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: ['ENTRY', 'OK'] }));
    await (await openLog(kafka, OPTIONS)).close();
    await waitFor('the new beginning', () => bench.begunAgain >= 4, 40_000);
    bench.runs.splice(0);
    await bench.append('ENTRY', readings('of the second topic', 60));
    await bench.append('OK', KEYS.map((key) => readingOf('OK', Number(key), 'second', false)));
    await bench.untilAllHandled();
    expect(await bench.reconcile()).toMatchObject({ records: 164, unaccounted: 0, doubled: 0 });
  });

  it('with their whole topic, made anew and longer than before while nobody looked, raise the epoch too', async () => {
    const first = await bench.join('first');
    await bench.append('ENTRY', readings('of the first topic', 60));
    await bench.untilAllHandled();
    await first.leave();
    await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: ['ENTRY', 'OK'] }));
    await (await openLog(kafka, OPTIONS)).close();
    await bench.append('ENTRY', readings('of the second topic', 100));
    bench.runs.splice(0);
    await bench.join('second');
    await bench.untilAllHandled();
    expect(bench.begunAgain).toBe(2);
    expect(bench.missing).toBe(0);
    expect(await bench.reconcile()).toMatchObject({ records: 160, unaccounted: 0, doubled: 0 });
  });
});

describe('The order of ENTRY and OK (P7)', () => {
  beforeEach(() => emptyTopics(kafka));

  it('is that of the append times in a backlog of 20,000 records a partition number', async () => {
    const log = await openLog(kafka, OPTIONS);
    for (let turn = 0; turn < 400; turn += 1) {
      const topic = turn % 2 === 0 ? 'ENTRY' : 'OK';
      await log.append(topic, Array.from({ length: 100 }, (_, index) => record(KEYS[index % 2]!, `${turn}`)));
    }
    const consumer = await Consumer.start(async () => undefined, 'beginning');
    await waitFor('the backlog', () => consumer.handled.length >= 40_000, 60_000);
    expect(consumer.handled).toHaveLength(40_000);
    for (const partition of [0, 1]) {
      const records = consumer.handled.filter((each) => each.partition === partition);
      expect(records.filter((each, index) => index > 0 && isOutOfOrder(records[index - 1]!, each))).toEqual([]);
      expect(new Set(records.map(({ topic, offset }) => `${topic}/${offset}`)).size).toBe(20_000);
    }
      await log.close();
  });

  it.each([
    { what: 'a keyless OK', entryKey: KEYS[0], okKey: null },
    { what: 'an OK after a keyless reading', entryKey: null, okKey: KEYS[0] },
  ])('makes $what wait for all partitions of ENTRY', async ({ entryKey, okKey }) => {
    const gate = closedGate();
    const consumer = await Consumer.start(async ([batch]) => {
      if (batch!.topic === 'ENTRY' && batch!.partition === 1) await gate.pass();
    });
    await consumer.log.append('ENTRY', [record(KEYS[1], 'held')]);
    await waitFor('the handler of ENTRY-1', () => gate.waiting === 1);
    await appendTo('ENTRY', 0, entryKey, 'of partition 0');
    await waitFor('ENTRY-0', () => consumer.texts(0).includes('of partition 0'));
    await appendTo('OK', 0, okKey, 'recovery');
    await appendTo('ENTRY', 0, KEYS[0], 'later');
    await waitFor('the later reading', () => consumer.texts(0).includes('later'), 20_000);
    expect(consumer.texts(0)).not.toContain('recovery');
    gate.release();
    await waitFor('the recovery', () => consumer.texts(0).includes('recovery'));
    expect(consumer.texts(1)).toEqual(['held']);
    });

  it('keeps a later reading behind an OK that waits for another partition, but not for longer than 2 s', async () => {
    const gate = closedGate();
    const consumer = await Consumer.start(async ([batch]) => {
      if (batch!.topic === 'ENTRY' && batch!.partition === 1) await gate.pass();
    });
    await consumer.log.append('ENTRY', [record(KEYS[1], 'held')]);
    await waitFor('the handler of ENTRY-1', () => gate.waiting === 1);
    await appendTo('OK', 0, null, 'first recovery');
    await appendTo('ENTRY', 0, KEYS[0], 'after the first');
    await systemClock.sleep(500);
    expect(consumer.texts(0)).toEqual([]);
    gate.release();
    await waitFor('both', () => consumer.texts(0).length === 2);
    expect(consumer.texts(0)).toEqual(['first recovery', 'after the first']);
  });

  it('an OK that waits for another partition takes no alarm with it whose reading came after it', async () => {
    const bench = await openBench();
    const gate = closedGate();
    await bench.join('only', async ([batch]) => {
      if (batch!.topic === 'ENTRY' && batch!.partition === 1) await gate.pass();
    });
    await bench.append('ENTRY', [readingOf('ENTRY', 2, 'before the OK', true)]);
    await waitFor('the first alarm', () => bench.handledThrough('ENTRY', 0) > 0, 20_000);
    await bench.append('ENTRY', [readingOf('ENTRY', 1, 'held', false)]);
    await bench.append('ENTRY', [readingOf('ENTRY', 1, 'held, and abnormal', true)]);
    await waitFor('the handler of ENTRY-1', () => gate.waiting === 1);
    await appendTo('OK', 0, null, String(readingOf('OK', 2, 'recovery', false).value));
    const before = bench.handledThrough('ENTRY', 0);
    await bench.append('ENTRY', [readingOf('ENTRY', 2, 'after the OK', true)]);
    await waitFor('the later reading', () => bench.handledThrough('ENTRY', 0) > before, 20_000);
    gate.release();
    await bench.untilAllHandled();
    expect(await eventsOf(bench, 2)).toEqual(['AlarmTriggered', 'ReadingNoted', 'AlarmRecovered', 'AlarmTriggered']);
    expect(await bench.reconcile()).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
  });

  it('holds for the records of a sensor that two members have between them, once one of them has met a key that leads elsewhere', async () => {
    const bench = await openBench();
    await bench.join('first');
    await bench.join('second');
    await waitFor('a partition each', async () => (await shares()).length === 2 && (await shares()).every((names) => names.length > 0), 20_000);
    await bench.append('ENTRY', [readingOf('ENTRY', 2, 'at home', true)]);
    await waitFor('the alarm', async () => (await eventsOf(bench, 2)).length === 1, 20_000);
    await appendTo('OK', 1, null, String(readingOf('OK', 2, 'elsewhere', false).value));
    await waitFor('its recovery by the other member', async () => (await eventsOf(bench, 2)).length === 2, 20_000);
    await bench.append('ENTRY', [readingOf('ENTRY', 2, 'at home again', true)]);
    await waitFor('the second alarm', async () => (await eventsOf(bench, 2)).length === 3, 20_000);
    await bench.append('OK', [readingOf('OK', 2, 'the OK at home', false)]);
    await waitFor('its recovery', async () => (await eventsOf(bench, 2)).length === 4, 20_000);
    await appendTo('ENTRY', 1, null, String(readingOf('ENTRY', 2, 'elsewhere', true).value));
    await bench.append('OK', [readingOf('OK', 2, 'after the reading elsewhere', false)]);
    await bench.untilAllHandled();
    expect(await eventsOf(bench, 2)).toEqual(['AlarmTriggered', 'AlarmRecovered', 'AlarmTriggered', 'AlarmRecovered', 'AlarmTriggered', 'AlarmRecovered']);
    expect(await bench.reconcile()).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
  });
});

it('An idle consumer sets fewer than 300 timers a second, where kafkajs alone sets thousands, and costs next to nothing', async () => {
  const consumer = await Consumer.start(async () => undefined);
  await consumer.log.append('ENTRY', [record(KEYS[0], 'a')]);
  await waitFor('the first record', () => consumer.texts(0).length === 1);
  let timers = 0;
  const counting = createHook({ init: (_id, type) => void (timers += type === 'Timeout' ? 1 : 0) }).enable();
  const before = process.cpuUsage();
  const begunAt = performance.now();
  await systemClock.sleep(10_000);
  counting.disable();
  const { user, system } = process.cpuUsage(before);
  const tookMs = performance.now() - begunAt;
  expect(timers / (tookMs / 1_000)).toBeLessThan(300);
  expect((user + system) / 1_000 / tookMs).toBeLessThan(0.1);
});

/** A member that only notes what it is given. */
class Consumer {
  readonly offered: LogBatch[] = [];
  readonly handled: (LogRecord & { readonly topic: SensorTopic; readonly partition: number })[] = [];
  rebalances = 0;
  /** Where another consumer is said to have gone on from, until this one has been told. */
  lostFrom: { readonly partition: number; readonly offset: number } | null = null;
  private readonly stopping = new AbortController();
  private ended: Promise<void> = Promise.resolve();

  private constructor(readonly log: KafkaMessageLog) {}

  /** Begins at the end, or at the beginning. `handle` is told how often it was called for the partition number. */
  static async start(handle: (batches: readonly LogBatch[], calls: number) => Promise<void>, from: 'end' | 'beginning' = 'end'): Promise<Consumer> {
    let isReady = 0;
    const consumer: Consumer = new Consumer(await openLog(kafka, OPTIONS, () => (consumer.rebalances += 1)));
    const next = new Map<string, number>();
    const options: ConsumeOptions = {
      resumeAt: async (topic, partition, { startOffset, endOffset }) => {
        isReady += 1;
        return next.get(`${topic}-${partition}`) ?? (from === 'end' ? endOffset : startOffset);
      },
      requireKept: (partition) => {
        const { lostFrom } = consumer;
        if (lostFrom?.partition !== partition) return;
        consumer.lostFrom = null;
        next.set(`ENTRY-${partition}`, lostFrom.offset);
        throw new PositionLost('the receipt was refused');
      },
      handle: async (batches) => {
        consumer.offered.push(...batches);
        await handle(batches, consumer.offered.filter(({ partition }) => partition === batches[0]!.partition).length);
        for (const { topic, partition, lastOffset, records } of batches) {
          next.set(`${topic}-${partition}`, lastOffset + 1);
          for (const each of records) consumer.handled.push({ ...each, topic, partition });
        }
      },
      signal: consumer.stopping.signal,
    };
    consumer.ended = consumer.log.consume(options);
    consumer.ended.catch(() => undefined);
    opened.push(consumer);
    await waitFor('all partitions', () => isReady >= 4, 30_000);
    return consumer;
  }

  texts(partition: number): string[] {
    return this.handled.filter((each) => each.partition === partition).map(({ value }) => value!.toString());
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.ended;
    await this.log.close();
  }
}

/** The types of a sensor's events, in their order. */
async function eventsOf(bench: GroupBench, sensorId: number): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of bench.store.readStream(sensorStream(sensorId))) types.push(type);
  return types;
}

function openGate(): Gate {
  const gate = new Gate();
  gates.push(gate);
  return gate;
}

function closedGate(): Gate {
  const gate = openGate();
  gate.close();
  return gate;
}

async function openBench(): Promise<GroupBench> {
  const bench = await GroupBench.open(kafka, OPTIONS);
  opened.push(bench);
  return bench;
}

/** A process that joins, takes its first runs and never comes to an end with them. */
function holdingChild() {
  const script = fileURLToPath(new URL('../../../test/faults/group-member.child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', '--import', 'tsx', script, kafka.bootstrapServers, String(SESSION_MS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    holds: async (): Promise<void> => {
      await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error('the child ended')))]);
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** This process's open sockets to the brokers. */
function connectionsTo({ bootstrapServers }: KafkaCluster): Socket[] {
  const handles = (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles();
  return handles.filter((handle): handle is Socket => handle instanceof Socket && !handle.destroyed && bootstrapServers.split(',').includes(`${handle.remoteAddress}:${handle.remotePort}`));
}

async function memberIds(): Promise<string[]> {
  return Object.keys(await assignments(kafka));
}

/** Each member's partitions, in order. */
async function shares(): Promise<string[]> {
  return Object.values(await assignments(kafka)).map((names) => names.join(' ')).sort();
}

function record(key: string | null, value: string) {
  return { key, value: Buffer.from(value) };
}

/** So many readings, half of them for each partition, every tenth of them in motion. */
function readings(messageIds: string, count: number) {
  return Array.from({ length: count }, (_, index) => readingOf('ENTRY', Number(KEYS[index % 2]), `${messageIds} ${index}`, index % 10 < 2));
}

/** Deletes what lies below the partition's end and so much. */
async function deleteBelow(log: KafkaMessageLog, topic: SensorTopic, partition: number, fromEnd: number): Promise<void> {
  const { endOffset } = (await log.describe(topic))[partition]!;
  await withAdmin(kafka, (admin) => deleteRecords(admin, topic, [{ partition, offset: String(endOffset + fromEnd) }]));
}

/** As a foreign producer would, to a partition of its choice. */
async function appendTo(topic: SensorTopic, partition: number, key: string | null, value: string): Promise<void> {
  const producer = testClient(kafka).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, messages: [{ partition, key, value }] });
  await producer.disconnect();
}

function isOutOfOrder(before: { topic: SensorTopic; appendedAtMs: number }, after: { topic: SensorTopic; appendedAtMs: number }): boolean {
  if (before.appendedAtMs !== after.appendedAtMs) return before.appendedAtMs > after.appendedAtMs;
  return before.topic === 'OK' && after.topic === 'ENTRY';
}
