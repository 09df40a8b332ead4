import { randomUUID } from 'node:crypto';
import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import { systemClock } from '../clock.js';
import { toAppend } from '../event-store/event-codec.js';
import type { EventStore } from '../event-store/event-store.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { COUNT_TOPIC, LogUnavailable } from '../message-log/message-log.js';
import { alarmTriggered, raise } from '../../test/support/alarm-fixtures.js';
import { CountBench, idsOf, losingAnswers, withoutCheckpoints } from '../../test/support/count-bench.js';
import { newDir } from '../../test/support/projection-events.js';
import { waitFor } from '../../test/support/wait-for.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { toCountRecord } from './count-record.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { ProjectionRunner } from './projection-runner.js';

let bench: CountBench;
afterEach(() => bench.close());

async function raiseSome(count: number, store: EventStore = bench.store): Promise<AlarmTriggered[]> {
  const alarms = Array.from({ length: count }, (_, index) => alarmTriggered(index, ALARM_TYPES[index % ALARM_TYPES.length]));
  await Promise.all(alarms.map((alarm) => raise(store, alarm)));
  return alarms;
}

const checkpointStream = (): string => `checkpoint-count-${bench.log.identity}`;

describe('R4: publishing alarms to topic COUNT', () => {
  beforeEach(async () => {
    bench = await CountBench.open();
  });

  it('publishes each alarm once, those of before and those that come, and nothing else', async () => {
    const before = await raiseSome(3);
    const publisher = bench.start();
    await bench.caughtUp(publisher);
    const after = await raiseSome(1200);
    await bench.caughtUp(publisher);
    expect(await bench.alarmIds()).toEqual(idsOf([...before, ...after]));
    expect(await bench.records()).toHaveLength(1203);
    expect(publisher.totals).toEqual({ published: 1203, recognised: 0 });
    expect(bench.problems).toEqual([]);
  });

  it('keeps the order of the alarms of one type, on one partition', async () => {
    const alarms: AlarmTriggered[] = [];
    for (let index = 0; index < 20; index += 1) alarms.push(await raise(bench.store, alarmTriggered(index, 'smoke')));
    await bench.runThrough();
    const records = await bench.records();
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
    expect(records.map(({ headers }) => headers['ce_id'])).toEqual(alarms.map(({ data }) => data.alarmId));
    const { key, value, headers } = toCountRecord(alarms[0]!);
    expect(records[0]).toMatchObject({ key: Buffer.from(key!), value, headers });
  });

  it('goes on after a restart without reading COUNT, and publishes nothing twice', async () => {
    const first = await raiseSome(10);
    await bench.runThrough();
    const second = await raiseSome(10);
    const publisher = await bench.runThrough();
    expect(publisher.totals).toEqual({ published: 10, recognised: 0 });
    expect(await bench.alarmIds()).toEqual(idsOf([...first, ...second]));
  });

  it('publishes nothing twice when it died after an append and before the checkpoint', async () => {
    const alarms = await raiseSome(10);
    await bench.runThrough();
    const unmarked = await raiseSome(700);
    const dying = bench.start({ store: withoutCheckpoints(bench.store) });
    await waitFor('the first batch on COUNT', async () => (await bench.records()).length > 10);
    await dying.stop();
    const found = (await bench.records()).length - 10;
    const publisher = await bench.runThrough();
    expect(publisher.totals).toEqual({ published: 700 - found, recognised: found });
    expect(await bench.alarmIds()).toEqual(idsOf([...alarms, ...unmarked]));
  });

  it('reads back what it appended when the answer was lost, before it appends again', async () => {
    const alarms = await raiseSome(10);
    const publisher = await bench.runThrough({ log: losingAnswers(bench.log, 2) });
    expect(bench.problems).toEqual([expect.stringContaining('the answer was lost')]);
    expect(publisher.totals).toEqual({ published: 0, recognised: 10 });
    const live = bench.start({ log: losingAnswers(bench.log, 3) });
    await bench.caughtUp(live);
    const more = await raiseSome(10);
    await bench.caughtUp(live);
    expect(await bench.alarmIds()).toEqual(idsOf([...alarms, ...more]));
  });

  it('reads COUNT back from its beginning when the checkpoint is lost, as often as its bound asks for', async () => {
    const alarms = await raiseSome(50);
    await bench.runThrough();
    await bench.store.deleteStream(checkpointStream());
    const more = await raiseSome(5);
    const publisher = await bench.runThrough({ maxSought: 7 });
    expect(publisher.totals).toEqual({ published: 5, recognised: 50 });
    expect(await bench.alarmIds()).toEqual(idsOf([...alarms, ...more]));
    expect((await bench.runThrough()).totals).toEqual({ published: 0, recognised: 0 });
  });

  it('after an import into another event store publishes only what is not there, whatever checkpoint came along', async () => {
    const alarms = await raiseSome(20);
    await bench.runThrough();
    const imported = await LibsqlEventStore.open(newDir(), { clock: systemClock });
    // In another order and with other alarms between, so that the old position means something else here.
    const late = await raiseSome(30, imported);
    for (const alarm of [...alarms].reverse()) await imported.append(sensorStream(alarm.data.sensorId), [toAppend(alarm)], 'any');
    for await (const { id, type, data, metadata } of bench.store.readStream(checkpointStream())) {
      await imported.append(checkpointStream(), [{ id, type, data, metadata }], 'any');
    }
    const publisher = await bench.runThrough({ store: imported, maxSought: 7 });
    expect(publisher.totals).toEqual({ published: 30, recognised: 20 });
    expect(await bench.alarmIds()).toEqual(idsOf([...alarms, ...late]));
    await imported.close();
  });

  it('looks for everything again when the topic is shorter than the checkpoint says', async () => {
    const alarms = await raiseSome(10);
    await bench.runThrough();
    for await (const { type, data, metadata } of bench.store.readStream(checkpointStream())) {
      const { alarm, places } = data as { alarm: object; places: { partition: number; nextOffset: number }[] };
      const beyond = { alarm, places: places.map((place) => ({ ...place, nextOffset: place.nextOffset + 1000 })) };
      await bench.store.append(checkpointStream(), [{ id: randomUUID(), type, data: beyond, metadata }], 'any');
    }
    expect((await bench.runThrough()).totals).toEqual({ published: 0, recognised: 10 });
    expect(await bench.alarmIds()).toEqual(idsOf(alarms));
  });

  it('passes over records of others, with and without headers, and those that only look like ours', async () => {
    const [alarm] = await raiseSome(1);
    const { headers, value } = toCountRecord(alarm!);
    await bench.log.append(COUNT_TOPIC, [
      { key: null, value: Buffer.from('not ours') },
      { key: 'smoke', value: Buffer.alloc(0), headers: { ce_id: alarm!.data.alarmId } },
      { key: 'smoke', value, headers: { ...headers, ce_source: '/another/system' } },
    ]);
    const publisher = await bench.runThrough();
    expect(publisher.totals).toEqual({ published: 1, recognised: 0 });
    expect(await bench.alarmIds()).toEqual(idsOf([alarm!]));
  });

  it('publishes nothing when the read models are rebuilt', async () => {
    const alarms = await raiseSome(20);
    const publisher = bench.start();
    await bench.caughtUp(publisher);
    const sink = await LibsqlProjectionSink.open(newDir());
    const runner = new ProjectionRunner(ALL_PROJECTIONS, bench.store, sink, systemClock, () => undefined);
    await runner.start();
    for (const name of runner.names) await runner.rebuild(name);
    await runner.stop();
    await sink.close();
    await bench.caughtUp(publisher);
    expect(await bench.alarmIds()).toEqual(idsOf(alarms));
  });

  it('publishes the others beside an alarm that it can’t read, and keeps the checkpoint before that one', async () => {
    const before = await raiseSome(2);
    const { id, metadata } = alarmTriggered();
    await bench.store.append(sensorStream(7), [{ id, type: 'AlarmTriggered', data: { alarmId: 7 }, metadata }], 'any');
    const after = await raiseSome(2);
    for (const totals of [{ published: 4, recognised: 0 }, { published: 0, recognised: 4 }]) {
      const publisher = await bench.runThrough();
      expect(await publisher.status()).toMatchObject({ ...totals, unreadable: 1 });
    }
    expect(await bench.alarmIds()).toEqual(idsOf([...before, ...after]));
    expect(bench.problems).toEqual(Array(2).fill(expect.stringContaining('AlarmTriggered')));
  });
});

describe('R4: publishing to COUNT while the log takes nothing', () => {
  beforeEach(async () => {
    bench = await CountBench.open({ maxLogBytes: 3 * 1024 * 1024 });
  });

  it('waits, says how far it is behind, and goes on by itself', async () => {
    const fill = async (bytes: number): Promise<void> => {
      for (;;) await bench.log.append('ENTRY', [{ key: '7', value: Buffer.alloc(bytes) }]);
    };
    for (const bytes of [50_000, 1000, 1]) await expect(fill(bytes)).rejects.toThrow(LogUnavailable);
    const publisher = bench.start();
    const alarms = await raiseSome(200);
    await waitFor('a refusal', () => bench.problems.length >= 3);
    expect(await bench.alarmIds()).toEqual([]);
    const status = await publisher.status();
    expect(status).toMatchObject({ running: true, isCaughtUp: expect.any(Boolean), published: 0, lagEvents: 200, lastError: expect.stringContaining('full') });
    expect(status.lagSeconds).toBeGreaterThan(0);

    for (const { partition, endOffset } of await bench.log.describe('ENTRY')) {
      await bench.log.trim('ENTRY', partition, { appendedBeforeMs: Infinity, throughOffset: endOffset - 1 });
    }
    await bench.caughtUp(publisher);
    expect(await bench.alarmIds()).toEqual(idsOf(alarms));
    expect(await publisher.status()).toMatchObject({ published: 200, lagEvents: 0, lagSeconds: 0, lastError: null });
  });

  it('stops in time while it waits', async () => {
    const publisher = bench.start({ log: losingAnswers(bench.log, Infinity) });
    await raiseSome(1);
    await waitFor('a refusal', () => bench.problems.length >= 1);
    const startedAt = performance.now();
    await publisher.stop();
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
