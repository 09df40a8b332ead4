import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import { newDir, triggered } from '../../test/support/projection-events.js';
import { systemClock } from '../clock.js';
import { toAppend } from '../event-store/event-codec.js';
import { StoreUnavailable, type EventStore } from '../event-store/event-store.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { identify, noteOrigin } from '../event-store/store-identity.js';
import { alarms } from './alarms.projection.js';
import { OtherEventStore, openReadModels } from './open-read-models.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';

const logger = pino({ level: 'silent' });
const url = 'esdb://127.0.0.1:2113';

describe('the read models of a data folder', () => {
  /** The data folder, and two places for stores that stand for EventStoreDB: only their identity matters here. */
  let folder: string;
  let places: string[];
  let stores: EventStore[];

  beforeEach(() => {
    folder = newDir();
    places = [newDir(), newDir()];
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    for (const dir of [folder, ...places]) await rm(dir, { recursive: true });
  });

  async function storeIn(dir: string): Promise<EventStore> {
    const store = await LibsqlEventStore.open(dir, { clock: systemClock });
    stores.push(store);
    return store;
  }

  async function alarmIn(store: EventStore): Promise<void> {
    await store.append('sensor-7', [toAppend(triggered({ alarm: 'a' }))], 'no-stream');
  }

  const event = () => ({ id: randomUUID(), type: 'Something', data: {}, metadata: {} });

  async function embedded(): Promise<EventStore> {
    const store = await storeIn(folder);
    await identify(store);
    return store;
  }

  async function open(store: EventStore, eventStoreUrl: string | null = url): Promise<LibsqlProjectionSink> {
    return openReadModels({ dataDir: folder, eventStoreUrl }, store, systemClock, logger);
  }

  /** Works on the folder for a while, so that it has read models of this store. */
  async function work(store: EventStore, eventStoreUrl: string | null = url): Promise<void> {
    const sink = await open(store, eventStoreUrl);
    await sink.makeLive(await sink.createCopy(alarms));
    await sink.close();
  }

  it('go on with the same store', async () => {
    const store = await storeIn(places[0]!);
    await work(store);
    const sink = await open(store);
    expect(await sink.openLive(alarms)).toMatchObject({ projection: alarms });
    await sink.close();
  });

  it('wait for a store that goes away in the middle of the start', async () => {
    const store = await storeIn(places[0]!);
    const readStream = store.readStream.bind(store);
    let failures = 0;
    jest.spyOn(store, 'readStream').mockImplementation((...args) => {
      if ((failures += 1) > 1) return readStream(...args);
      throw new StoreUnavailable('read ECONNRESET');
    });
    const sink = await open(store);
    expect(failures).toBeGreaterThan(1);
    await sink.close();
  });

  it('are refused to another store, and opened to one that has the first one’s events, to be built anew', async () => {
    const [first, second] = [await storeIn(places[0]!), await storeIn(places[1]!)];
    await work(first);
    await expect(open(second)).rejects.toThrow(OtherEventStore);
    await expect(open(second)).rejects.toThrow('set EVENTSTORE_URL as before');
    await noteOrigin(second, { storeId: (await identify(first)).storeId, through: null });
    const sink = await open(second);
    expect(await sink.openLive(alarms)).toBe('outdated');
    await sink.close();
  });

  it('of EventStoreDB are refused to a start without its URL, also when that is made twice', async () => {
    await work(await storeIn(places[0]!));
    const store = await embedded();
    for (let tries = 0; tries < 2; tries += 1) await expect(open(store, null)).rejects.toThrow('set EVENTSTORE_URL, if it was set before');
  });

  it('are refused to EventStoreDB while the folder has an embedded store with events that were not brought over', async () => {
    const before = await embedded();
    await work(before, null);
    await alarmIn(before);
    const { storeId } = await identify(before);
    const through = await before.headPosition();
    const store = await storeIn(places[0]!);
    await expect(open(store)).rejects.toThrow('has an embedded event store');
    await noteOrigin(store, { storeId, through });
    await (await open(store)).close();
    await before.append('checkpoint-x', [event()], 'any');
    await (await open(store)).close();
    await before.append('sensor-7', [event()], 0n);
    await expect(open(store)).rejects.toThrow('bring them over');
  });

  it('are opened to EventStoreDB beside an embedded store that has no events', async () => {
    await (await embedded()).close();
    await (await open(await storeIn(places[0]!))).close();
  });

  it('that name no store, as those of earlier versions, are built anew', async () => {
    const sink = await LibsqlProjectionSink.open(folder);
    await sink.makeLive(await sink.createCopy(alarms));
    await sink.close();
    const opened = await open(await embedded(), null);
    expect(await opened.openLive(alarms)).toBe('outdated');
    await opened.close();
  });
});
