import { EventStoreDbDouble } from '../../test/doubles/eventstoredb/eventstoredb-double.js';
import { alarmTriggered, raise } from '../../test/support/alarm-fixtures.js';
import { withAppend } from '../../test/support/notifier-bench.js';
import { Pipeline } from '../../test/support/pipeline.js';
import { newDir } from '../../test/support/projection-events.js';
import { SkippableClock } from '../../test/support/skippable-clock.js';
import type { SensorEvent } from '../alarm-domain/alarm-events.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import { isoTime, systemClock, type Clock } from '../clock.js';
import { OutcomeUnknown, StoreUnavailable, type EventStore } from '../event-store/event-store.js';
import { EventStoreDbEventStore } from '../event-store/eventstoredb-event-store.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';
import { reconcile } from '../ingestion/reconcile.js';
import { CommandRefused, SensorCommands, StaleVersion } from './sensor-commands.js';

const HOUR_MS = 3_600_000;

interface StoreUnderTest {
  readonly store: EventStore;
  close(): Promise<void>;
}

const STORES: readonly (readonly [name: string, open: () => Promise<StoreUnderTest>])[] = [
  [
    'libsql',
    async () => {
      const store = await LibsqlEventStore.open(newDir(), { clock: systemClock });
      return { store, close: () => store.close() };
    },
  ],
  [
    'the double of EventStoreDB',
    async () => {
      const double = await EventStoreDbDouble.start();
      const store = await EventStoreDbEventStore.open(double.url, { clock: systemClock });
      return { store, close: () => store.close().then(() => double.stop()) };
    },
  ],
];

async function eventsOf(store: EventStore, sensorId: number): Promise<SensorEvent[]> {
  const events: SensorEvent[] = [];
  for await (const recorded of store.readStream(sensorStream(sensorId))) events.push(decodeSensorEvent(recorded));
  return events;
}

const commandsOn = (store: EventStore, clock: Clock = systemClock) => new SensorCommands(store, clock, 8 * HOUR_MS);
const inAnHour = () => isoTime(Date.now() + HOUR_MS);

describe.each(STORES)('SensorCommands on %s', (_name, open) => {
  let underTest: StoreUnderTest;
  let store: EventStore;
  beforeEach(async () => {
    underTest = await open();
    ({ store } = underTest);
  });
  afterEach(() => underTest.close());

  it('appends what follows, and gives the version after it', async () => {
    const { alarmId, sensorId } = (await raise(store)).data;
    const commands = commandsOn(store);
    expect(await commands.execute(sensorId, { type: 'comment', alarmId, by: 'ana' }, { expected: [1] })).toMatchObject({ version: 2 });
    expect(await commands.execute(sensorId, { type: 'acknowledge', alarmId, by: 'ana', hasNote: false }, { expected: [1, 2] })).toMatchObject({ version: 3 });
    expect(await commands.execute(sensorId, { type: 'acknowledge', alarmId, by: 'eva', hasNote: false }, { expected: [3] })).toMatchObject({ version: 3, events: [] });
    expect((await eventsOf(store, sensorId)).map(({ type }) => type)).toEqual(['AlarmTriggered', 'AlarmCommented', 'AlarmAcknowledged']);
  });

  it('shelves a sensor that has no event yet', async () => {
    expect(await commandsOn(store).execute(9, { type: 'shelve', by: 'ana', reason: 'test', until: inAnHour(), hasNote: false }, { expected: [0] })).toMatchObject({ version: 1 });
  });

  it('refuses a stale version and what makes no sense, and stores nothing', async () => {
    const { alarmId, sensorId } = (await raise(store)).data;
    const commands = commandsOn(store);
    const acknowledge = { type: 'acknowledge', alarmId, by: 'ana', hasNote: false } as const;
    await expect(commands.execute(sensorId, acknowledge, { expected: [2] })).rejects.toEqual(new StaleVersion([2], 1));
    await expect(commands.execute(sensorId, acknowledge, { expected: [] })).rejects.toBeInstanceOf(StaleVersion);
    await expect(commands.execute(sensorId + 1, acknowledge, { expected: [1] })).rejects.toEqual(new CommandRefused('unknown-alarm', sensorId + 1));
    await expect(commands.execute(sensorId, { type: 'unshelve', by: 'ana' }, { expected: [0] })).rejects.toEqual(new CommandRefused('not-shelved', sensorId));
    expect(await eventsOf(store, sensorId)).toHaveLength(1);
  });

  it('of many at the same time with the same expected version one is carried out', async () => {
    const { alarmId, sensorId } = (await raise(store)).data;
    const all = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => commandsOn(store).execute(sensorId, { type: 'acknowledge', alarmId, by: `operator-${i}`, hasNote: false }, { expected: [1] })),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of all) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(StaleVersion);
    expect(await eventsOf(store, sensorId)).toHaveLength(2);
  });

  it('of many ends by time one is stored', async () => {
    const { sensorId } = (await raise(store)).data;
    const clock = new SkippableClock();
    await commandsOn(store, clock).execute(sensorId, { type: 'shelve', by: 'ana', reason: 'test', until: inAnHour(), hasNote: false });
    clock.skip(HOUR_MS);
    await Promise.all(Array.from({ length: 10 }, () => commandsOn(store, clock).execute(sensorId, { type: 'unshelve-by-time' })));
    expect((await eventsOf(store, sensorId)).map(({ type }) => type)).toEqual(['AlarmTriggered', 'SensorShelved', 'SensorUnshelved']);
  });

  it('and readings of the same sensor at the same time: neither loses or doubles anything', async () => {
    const pipeline = await Pipeline.open({ disturb: () => store });
    const commands = commandsOn(store);
    let isOver = false;
    const done = { comments: 0, shelvings: 0 };
    const comment = async (): Promise<void> => {
      for (let alarmId: string | undefined; !isOver; await systemClock.sleep(5)) {
        alarmId ??= (await eventsOf(store, 7)).flatMap((event) => (event.type === 'AlarmTriggered' ? [event.data.alarmId] : []))[0];
        if (alarmId === undefined) continue;
        const { events } = await commands.execute(7, { type: 'comment', alarmId, by: 'ana' });
        done.comments += events.length;
      }
    };
    const shelveAndUnshelve = async (): Promise<void> => {
      for (; !isOver; await systemClock.sleep(7)) {
        const shelved = await commands.execute(7, { type: 'shelve', by: 'eva', reason: 'test', until: inAnHour(), hasNote: false });
        await systemClock.sleep(7);
        const unshelved = await commands.execute(7, { type: 'unshelve', by: 'eva' });
        done.shelvings += shelved.events.length + unshelved.events.length;
      }
    };
    const racing = [comment(), comment(), shelveAndUnshelve()];
    let conflicts = 0;
    pipeline.observer.conflict = () => void (conflicts += 1);
    const rounds = 12;
    for (let round = 0; round < rounds; round += 1) {
      await pipeline.send('ENTRY', '[7,true,false,20,30]', '[7,true,false,20,30]');
      await pipeline.drain();
      await pipeline.send('OK', '[7,false,false,20,30]');
      await pipeline.drain();
    }
    isOver = true;
    await Promise.all(racing);

    const events = await eventsOf(store, 7);
    const count = (type: SensorEvent['type']) => events.filter((event) => event.type === type).length;
    expect({ triggered: count('AlarmTriggered'), recovered: count('AlarmRecovered') }).toEqual({ triggered: rounds, recovered: rounds });
    expect({ comments: count('AlarmCommented'), shelvings: count('SensorShelved') + count('SensorUnshelved') }).toEqual(done);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(await reconcile(pipeline.log, store, pipeline.deadLetters)).toMatchObject({ records: 3 * rounds, unaccounted: 0, doubled: 0, problems: [] });
    expect(conflicts).toBeGreaterThan(0);
    expectHeldAsShelved(events);
    await pipeline.close();
  }, 60_000);

  it('repeats an append whose outcome is unknown: the event is there once', async () => {
    const { alarmId, sensorId } = (await raise(store)).data;
    let answersLost = 2;
    const forgetful = withAppend(store, async (append, ...call) => {
      const result = await append(...call);
      if ((answersLost -= 1) >= 0) throw new OutcomeUnknown('the spec has lost the answer');
      return result;
    });
    expect(await commandsOn(forgetful).execute(sensorId, { type: 'comment', alarmId, by: 'ana' })).toMatchObject({ version: 2 });
    expect(await eventsOf(store, sensorId)).toHaveLength(2);
  });

  it('gives up against a writer that is always quicker, for a retry', async () => {
    const { alarmId, sensorId } = (await raise(store)).data;
    const crowded = withAppend(store, async (append, ...call) => {
      await raise(store, alarmTriggered(sensorId));
      return append(...call);
    });
    await expect(commandsOn(crowded).execute(sensorId, { type: 'comment', alarmId, by: 'ana' })).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

/** Whether each alarm's e-mail is held is what the stream before it says; each shelving's end names those that are open of them. */
function expectHeldAsShelved(events: readonly SensorEvent[]): void {
  let isShelved = false;
  let held: string[] = [];
  for (const event of events) {
    if (event.type === 'SensorShelved') isShelved = true;
    if (event.type === 'SensorUnshelved') {
      expect(event.data.emailsOwed).toEqual(held);
      isShelved = false;
      held = [];
    }
    if (event.type === 'AlarmTriggered') {
      expect(event.data.shelvedUntil !== undefined).toBe(isShelved);
      if (isShelved) held.push(event.data.alarmId);
    }
    if (event.type === 'AlarmRecovered') held = held.filter((alarmId) => alarmId !== event.data.alarmId);
  }
}
