import { randomUUID } from 'node:crypto';
import { eventStoreContract, type StoreFaults } from '../../test/contracts/event-store.contract.js';
import { EventStoreDbDouble } from '../../test/doubles/eventstoredb/eventstoredb-double.js';
import { systemClock } from '../clock.js';
import { OutcomeUnknown, StoreUnavailable, type EventToAppend, type Position } from './event-store.js';
import { EventStoreDbEventStore, type EventStoreDbOptions } from './eventstoredb-event-store.js';
import { all, rejection, repeatedly } from '../../test/support/outcomes.js';

const clock = systemClock;
const { EVENTSTORE_URL } = process.env;

const notOnDemand = (): never => {
  throw new Error('a real server does not fail on demand');
};
const NO_FAULTS: StoreFaults = { loseNextOutcome: notOnDemand, goAway: notOnDemand, comeBack: notOnDemand };

eventStoreContract(
  'EventStoreDbEventStore',
  async () => {
    if (EVENTSTORE_URL !== undefined) return { open: () => EventStoreDbEventStore.open(EVENTSTORE_URL, { clock }), remove: async () => undefined, faults: NO_FAULTS };
    const double = await EventStoreDbDouble.start();
    useBefore(double);
    return {
      open: () => EventStoreDbEventStore.open(double.url, { clock }),
      remove: () => double.stop(),
      faults: {
        loseNextOutcome: (wasStored) => {
          double.faults[wasStored ? 'cutsAfterApplying' : 'cutsBeforeApplying'] = 1;
        },
        goAway: () => double.stop(),
        comeBack: () => double.start(),
      },
    };
  },
  { failsOnDemand: EVENTSTORE_URL === undefined },
);

/** A real server is in use: others have streams with limits, deleted ones and ones that a scavenge made holes in. */
function useBefore({ log }: EventStoreDbDouble): void {
  const json = { isJson: true, data: Buffer.from('{"a":1}'), metadata: Buffer.from('{}') };
  for (let index = 0; index < 300; index += 1) log.append(`other-${index % 7}`, [{ ...json, id: randomUUID(), type: 'Something' }], 'any');
  log.append('$$other-1', [{ ...json, id: randomUUID(), type: '$metadata', data: Buffer.from('{"$maxCount":3}') }], 'any');
  log.delete('other-2', 'any', 'soft');
  log.scavenge();
  log.delete('other-3', 'any', 'tombstone');
  log.append('$settings', [{ ...json, id: randomUUID(), type: 'Something' }], 'any');
}

/** These need a server that fails on demand: left out when the suite runs against a real one. */
(EVENTSTORE_URL === undefined ? describe : describe.skip)('EventStoreDbEventStore and a server that fails', () => {
  let double: EventStoreDbDouble;
  let store: EventStoreDbEventStore;
  let abort: AbortController;

  async function open(options: Partial<EventStoreDbOptions> = {}): Promise<void> {
    double = await EventStoreDbDouble.start();
    // Limits of some ms are for a server that is silent: one that answers may need longer.
    store = await repeatedly(() => EventStoreDbEventStore.open(double.url, { clock, ...options }));
  }
  beforeEach(() => {
    abort = new AbortController();
  });
  afterEach(async () => {
    abort.abort();
    await store.close();
    await double.stop();
  });

  it('is not opened without an answer', async () => {
    await open();
    await double.stop();
    await expect(EventStoreDbEventStore.open(double.url, { clock })).rejects.toThrow(StoreUnavailable);
  });

  it('settles every append of many when the connection breaks among them, and loses or doubles none', async () => {
    await open();
    const batches = Array.from({ length: 100 }, () => events(1));
    setTimeout(() => {
      double.faults.cutsAfterApplying = 1;
    }, 5);
    await Promise.all(batches.map((batch, index) => repeatedly(() => store.append(`s${index}`, batch, 'no-stream'))));
    for (const [index, batch] of batches.entries()) expect((await all(store.readStream(`s${index}`))).map((one) => one.id)).toEqual([batch[0]?.id]);
  });

  it('does not wait longer than its deadline, and builds its client anew when none of several is answered', async () => {
    await open({ appendMs: 60 });
    const first = await store.append('a', events(1), 'no-stream');
    double.faults.swallowedAppends = 3;
    const batch = events(1);
    for (let tries = 0; tries < 3; tries += 1) await expect(store.append('a', batch, 0n)).rejects.toThrow('no answer within 60 ms');
    const sessions = double.faults.openedBatchStreams;
    expect((await repeatedly(() => store.append('a', batch, 0n))).revision).toBe(first.revision + 1n);
    expect(double.faults.openedBatchStreams).toBe(sessions + 1);
  });

  it('goes on with the appends that are under way while reads have no answers and their client is built anew', async () => {
    await open({ waitMs: 60 });
    await store.append('a', events(1), 'no-stream');
    double.faults.appendDelayMs = 800;
    double.faults.areReadsSilent = true;
    const appends = Array.from({ length: 10 }, (_, index) => store.append(`s${index}`, events(1), 'no-stream'));
    const taken = double.connectionsTaken;
    for (let tries = 0; tries < 3; tries += 1) await expect(all(store.readStream('a'))).rejects.toThrow('no answer within 60 ms');
    double.faults.areReadsSilent = false;
    expect(await repeatedly(() => all(store.readStream('a')))).toHaveLength(1);
    expect(double.connectionsTaken).toBeGreaterThan(taken);
    expect((await Promise.all(appends)).map(({ revision }) => revision)).toEqual(Array.from({ length: 10 }, () => 0n));
  });

  it('goes on by itself after the server gave no answers for a time', async () => {
    await open({ appendMs: 60, waitMs: 60 });
    double.faults.isSilent = true;
    const batch = events(1);
    await expect(store.append('a', batch, 'no-stream')).rejects.toThrow(/no answer within 60 ms/);
    await expect(all(store.readStream('a'))).rejects.toThrow(StoreUnavailable);
    double.faults.isSilent = false;
    expect((await repeatedly(() => store.append('a', batch, 'no-stream'))).revision).toBe(0n);
    expect(await repeatedly(() => all(store.readStream('a')))).toHaveLength(1);
  });

  it.each([
    ['was sent', true, OutcomeUnknown],
    ['waits for a connection', false, StoreUnavailable],
  ] as const)('closes within 4 s while an append %s and has no answer', async (_what, isConnected, outcome) => {
    await open();
    if (isConnected) await store.append('a', events(1), 'no-stream');
    double.faults.isSilent = true;
    const append = rejection(store.append('b', events(1), 'no-stream'));
    await clock.sleep(50);
    const startMs = performance.now();
    await store.close();
    expect(performance.now() - startMs).toBeLessThan(4000);
    expect(await append).toBeInstanceOf(outcome);
  });

  it('refuses appends while too many wait', async () => {
    await open({ appendMs: 500 });
    double.faults.appendDelayMs = 300;
    const results = await Promise.allSettled(Array.from({ length: 4200 }, (_, index) => store.append(`s${index}`, events(1), 'any')));
    const refused = results.filter((result) => result.status === 'rejected' && String(result.reason).includes('wait for EventStoreDB already'));
    expect(refused).toHaveLength(4200 - 4096);
    expect(results.every((result) => result.status === 'fulfilled' || result.reason instanceof StoreUnavailable || result.reason instanceof OutcomeUnknown)).toBe(true);
  });

  it.each([
    ['is cut', async () => double.cutConnections()],
    ['stands still', async () => double.faults.stallSubscriptions()],
    [
      'ends with the server, which comes back',
      async () => {
        await double.stop();
        await double.start();
      },
    ],
  ])('goes on with a subscription that %s, with every event once', async (_what, breakIt) => {
    await open({ idleMs: 60 });
    const seen: string[] = [];
    const sent = events(6);
    await store.append('a', sent.slice(0, 3), 'any');
    let position: Position | null = null;
    for await (const message of store.subscribe({ signal: abort.signal })) {
      if (message.type === 'caught-up') {
        position = message.position;
        if (seen.length === 3) {
          await breakIt();
          void repeatedly(() => store.append('a', sent.slice(3), 2n));
        }
        if (seen.length === 6) break;
      } else {
        seen.push(message.event.id);
      }
    }
    expect(seen).toEqual(sent.map((one) => one.id));
    expect(position).toBe(await store.headPosition());
  });

  it('moves the checkpoint of a subscription on though nothing passes its filter', async () => {
    await open({ idleMs: 50 });
    const positions: (Position | null)[] = [];
    for await (const message of store.subscribe({ filter: { types: ['Rare'] }, signal: abort.signal })) {
      if (message.type === 'caught-up') positions.push(message.position);
      if (positions.length === 1) await store.append('a', events(1), 'any');
      if (positions.length === 2) break;
    }
    expect(positions).toEqual([null, await store.headPosition()]);
  });

  it('begins after an event that was scavenged, and misses none', async () => {
    await open();
    const { position } = await store.append('a', events(1), 'no-stream');
    const rest = events(2);
    await store.append('a', rest, 0n);
    await store.setStreamMetadata('a', { truncateBefore: 1n });
    double.log.scavenge();
    const seen: string[] = [];
    for await (const message of store.subscribe({ after: position, signal: abort.signal })) {
      if (message.type === 'caught-up') break;
      seen.push(message.event.id);
    }
    expect(seen).toEqual(rest.map((one) => one.id));
    expect((await all(store.readAll({ after: position }))).map((one) => one.id)).toEqual(seen);
  });

  it('holds the server back while a subscriber does not take', async () => {
    await open();
    for (let index = 0; index < 250; index += 1) await store.append('a', [event({ text: 'x'.repeat(100_000) })], 'any');
    const messages = store.subscribe({ signal: abort.signal })[Symbol.asyncIterator]();
    await messages.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(double.faults.sentEvents).toBeLessThan(125);
    for (let index = 1; index < 250; index += 1) expect((await messages.next()).value).toMatchObject({ type: 'event' });
    expect((await messages.next()).value).toMatchObject({ type: 'caught-up' });
  });

  it('refuses a position of another store, and one that lies ahead', async () => {
    await open();
    await store.append('a', events(1), 'any');
    await expect(all(store.readAll({ after: '0000000000000003' }))).rejects.toThrow('is not of EventStoreDB');
    await expect(all(store.readAll({ after: '00000000000000009999' }))).rejects.toThrow('lies after the newest event');
    await expect(all(store.subscribe({ after: '00000000000000009999', signal: abort.signal }))).rejects.toThrow(RangeError);
  });

  it('refuses appends to a stream with a tombstone', async () => {
    await open();
    await store.append('a', events(1), 'any');
    double.log.delete('a', 'any', 'tombstone');
    await expect(store.append('a', events(1), 'any')).rejects.toThrow('deleted for good');
    expect(await all(store.readStream('a'))).toEqual([]);
    await store.deleteStream('a');
  });
});

function event(data: object = { a: 1 }): EventToAppend {
  return { id: randomUUID(), type: 'Something', data, metadata: {} };
}

function events(count: number): EventToAppend[] {
  return Array.from({ length: count }, () => event());
}
