import { randomUUID } from 'node:crypto';
import { EventStoreDbDouble } from '../../test/doubles/eventstoredb/eventstoredb-double.js';
import { all } from '../../test/support/outcomes.js';
import { systemClock } from '../clock.js';
import type { EventStore, EventToAppend, RecordedEvent } from './event-store.js';
import { EventStoreDbEventStore } from './eventstoredb-event-store.js';

/** More than a server's HTTP/2 takes of calls that are broken off, which is 1,000 at once and 33 a second. */
const READS = 1500;
const AT_A_TIME = 50;

describe('Reads of EventStoreDB', () => {
  let double: EventStoreDbDouble;
  let store: EventStore;

  beforeEach(async () => {
    double = await EventStoreDbDouble.start();
    store = await EventStoreDbEventStore.open(double.url, { clock: systemClock });
    for (let from = 0; from < 200; from += 100) await store.append('a', events(100), 'any');
  });
  afterEach(async () => {
    await store.close();
    await double.stop();
  });

  it.each<[string, () => AsyncIterable<RecordedEvent>]>([
    ['with a limit', () => store.readStream('a', { limit: 1 })],
    ['without a limit', () => store.readStream('a')],
    ['of all streams', () => store.readAll()],
    ['by a filter', () => store.readAll({ filter: { streamPrefixes: ['a'] } })],
    ['of a stream that is not there', () => store.readStream('none')],
  ])('%s, thousands of them and each left at its first event, all go over one connection', async (_what, read) => {
    const taken = double.connectionsTaken;
    await inTurns(READS, async () => {
      for await (const event of read()) {
        expect(event.stream).toBe('a');
        break;
      }
    });
    expect(double.connectionsTaken).toBe(taken);
    expect(await all(store.readStream('a'))).toHaveLength(200);
  }, 60_000);

  it('give each event once where one page ends and the next begins', async () => {
    for (let from = 0; from < 4200; from += 600) await store.append('b', events(600), 'any');
    const revisions = Array.from({ length: 4200 }, (_, index) => BigInt(index));
    expect((await all(store.readStream('b'))).map(({ revision }) => revision)).toEqual(revisions);
    expect((await all(store.readStream('b', { direction: 'backwards' }))).map(({ revision }) => revision)).toEqual(revisions.toReversed());
    const everything = (await all(store.readAll())).map(({ position }) => position);
    expect(everything).toEqual([...new Set(everything)].sort());
    expect(everything).toHaveLength(4400);
  });

  it('of all streams go on behind a page whose last event was scavenged meanwhile', async () => {
    let count = 0;
    for await (const { revision } of store.readAll()) {
      expect(revision).toBe(BigInt(count));
      count += 1;
      if (count !== 16) continue;
      await store.setStreamMetadata('a', { truncateBefore: 16n });
      double.log.scavenge();
    }
    expect(count).toBe(200);
  });

  it('by a filter give each event once where the server begins to filter', async () => {
    for (let from = 0; from < 1200; from += 300) {
      await store.append('b', events(300), 'any');
      await store.append('a', events(1), 'any');
    }
    const read = await all(store.readAll({ filter: { streamPrefixes: ['a'] } }));
    expect(read.map(({ revision }) => Number(revision))).toEqual(Array.from({ length: 204 }, (_, index) => index));
    expect(await all(store.readAll({ filter: { streamPrefixes: ['b'] }, limit: 1100 }))).toHaveLength(1100);
  });

  it('bring a reader who leaves early no more than as much again as it took', async () => {
    for (let from = 0; from < 1000; from += 500) await store.append('b', events(500), 'any');
    let count = 0;
    for await (const _event of store.readStream('b')) {
      count += 1;
      if (count === 100) break;
    }
    expect(double.faults.readEvents).toBe(16 + 32 + 64);
  });
});

function events(count: number): EventToAppend[] {
  return Array.from({ length: count }, (_, index) => ({ id: randomUUID(), type: 'Something', data: { index }, metadata: {} }));
}

async function inTurns(times: number, work: () => Promise<void>): Promise<void> {
  let left = times;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, one));
}
