import { rm } from 'node:fs/promises';
import { newDir } from '../../test/support/projection-events.js';
import { systemClock } from '../clock.js';
import { OutcomeUnknown, type EventStore } from './event-store.js';
import { LibsqlEventStore } from './libsql-event-store.js';
import { identify, noteOrigin } from './store-identity.js';

describe('the identity of a store', () => {
  let dir: string;
  let store: EventStore;
  beforeEach(async () => {
    dir = newDir();
    store = await LibsqlEventStore.open(dir, { clock: systemClock });
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  it('is given once and stays, whoever asks, and however many at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => identify(store)));
    expect(new Set(all.map(({ storeId }) => storeId)).size).toBe(1);
    expect(await identify(store)).toEqual(all[0]);
  });

  it('is the one that was stored, also when that was not known', async () => {
    const append = store.append.bind(store);
    let isFirst = true;
    store.append = async (...args) => {
      const result = await append(...args);
      if (isFirst) {
        isFirst = false;
        throw new OutcomeUnknown('cut');
      }
      return result;
    };
    const { storeId } = await identify(store);
    store.append = append;
    expect((await identify(store)).storeId).toBe(storeId);
  });

  it('names the stores whose events were brought here, each once', async () => {
    const { storeId } = await identify(store);
    for (const from of ['x', 'y', 'x', storeId]) await noteOrigin(store, { storeId: from, through: '1' });
    expect(await identify(store)).toEqual({ storeId, origins: [{ storeId: 'x', through: '1' }, { storeId: 'y', through: '1' }] });
  });

  it('says how far the events of another were brought the last time', async () => {
    for (const through of ['1', '2']) await noteOrigin(store, { storeId: 'x', through });
    expect((await identify(store)).origins).toEqual([{ storeId: 'x', through: '2' }]);
  });
});
