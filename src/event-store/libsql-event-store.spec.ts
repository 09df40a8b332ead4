import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventStoreContract } from '../../test/contracts/event-store.contract.js';
import { systemClock, type Clock } from '../clock.js';
import { CommitOutcomeUnknown, EmbeddedDatabase } from '../storage/embedded-database.js';
import { EVENT_STORE_SCHEMA } from './event-rows.js';
import { StoreUnavailable, WrongExpectedRevision, type EventToAppend } from './event-store.js';
import { LibsqlEventStore } from './libsql-event-store.js';
import { all } from '../../test/support/outcomes.js';

const clock = systemClock;

function newDir(): string {
  return mkdtempSync(join(tmpdir(), 'vigia-events-'));
}

eventStoreContract('LibsqlEventStore', async () => {
  const dir = newDir();
  let isAway = false;
  let nextOutcome: 'told' | 'lost' | 'undone' = 'told';
  const refuseWhenAway = (): void => {
    if (isAway) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
  };
  const failing = (db: EmbeddedDatabase): EmbeddedDatabase =>
    override(db, {
      all: <T extends object>(...args: Parameters<EmbeddedDatabase['all']>): T[] => {
        refuseWhenAway();
        return db.all<T>(...args);
      },
      write: async <T>(work: () => T): Promise<T> => {
        refuseWhenAway();
        const outcome = nextOutcome;
        nextOutcome = 'told';
        if (outcome === 'told') return db.write(work);
        if (outcome === 'lost') await db.write(work);
        throw new CommitOutcomeUnknown(db.file, new Error('disk I/O error'));
      },
    });
  return {
    open: async () => LibsqlEventStore.on(failing(await EmbeddedDatabase.open(join(dir, 'event-store.db'), EVENT_STORE_SCHEMA)), { clock }),
    remove: async () => rmSync(dir, { recursive: true }),
    faults: {
      loseNextOutcome: (wasStored) => {
        nextOutcome = wasStored ? 'lost' : 'undone';
      },
      goAway: async () => void (isAway = true),
      comeBack: async () => void (isAway = false),
    },
  };
});

describe('LibsqlEventStore', () => {
  let dir: string;
  let db: EmbeddedDatabase;
  let store: LibsqlEventStore;
  beforeEach(async () => {
    dir = newDir();
    db = await EmbeddedDatabase.open(join(dir, 'event-store.db'), EVENT_STORE_SCHEMA);
    store = await LibsqlEventStore.on(db, { clock });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });

  describe('append', () => {
    it.each([
      ['an empty stream name', '', event(), 'any' as const, 'stream ""'],
      ['a stream of the system', '$all', event(), 'any' as const, 'stream "$all"'],
      ['a NUL in the stream name', 'a\u0000b', event(), 'any' as const, 'a\\u0000b'],
      ['a lone surrogate in the stream name', 'a\ud800', event(), 'any' as const, 'a\\ud800'],
      ['an event without a type', 'a', { ...event(), type: '' }, 'any' as const, 'event 0 has the type ""'],
      ['data that holds a bigint', 'a', event({ n: 1n }), 'any' as const, 'data of event 0 (Something)'],
      ['data that renders as nothing', 'a', event(() => 1), 'any' as const, 'data of event 0 (Something) is nothing as JSON'],
      ['metadata that renders as text', 'a', event({}, new Date(0)), 'any' as const, 'metadata of event 0 (Something) is "1970-'],
      ['a negative revision', 'a', event(), -1n, "for a new stream say 'no-stream'"],
    ])('refuses %s', async (_what, stream, bad, expected, message) => {
      await expect(store.append(stream, [bad], expected)).rejects.toThrow(message);
      await expect(store.append(stream, [bad], expected)).rejects.toMatchObject({ name: 'InvalidAppend' });
      expect(await store.headPosition()).toBeNull();
    });

    it('without events gives the end of the stream, and minds the expected revision', async () => {
      expect(await store.append('a', [], 'no-stream')).toEqual({ revision: -1n, position: '0000000000000000' });
      const { position } = await store.append('a', events(2), 'no-stream');
      expect(await store.append('a', [], 1n)).toEqual({ revision: 1n, position });
      await expect(store.append('a', [], 0n)).rejects.toThrow(WrongExpectedRevision);
      await expect(store.append('a', [], 'no-stream')).rejects.toThrow(WrongExpectedRevision);
    });

    it('recognises a repeat by ids in capitals', async () => {
      const one = event();
      const first = await store.append('a', [one], 'no-stream');
      expect(await store.append('a', [{ ...one, id: one.id.toUpperCase() }], 'no-stream')).toEqual(first);
      expect((await all(store.readStream('a')))[0]?.id).toBe(one.id);
    });

    it('recognises a repeat to any among the newest 64 events', async () => {
      const batch = events(3);
      const first = await store.append('a', batch, 'any');
      await store.append('a', events(61), 'any');
      expect(await store.append('a', batch, 'any')).toEqual(first);
      const [one, two] = batch;
      await expect(store.append('a', [one!, two!, event()], 'any')).rejects.toThrow(WrongExpectedRevision);
      await expect(store.append('a', [event(), two!], 'any')).rejects.toThrow(WrongExpectedRevision);
      expect(await all(store.readStream('a'))).toHaveLength(64);
    });

    it('recognises a repeat of which the first events were trimmed', async () => {
      await store.setStreamMetadata('a', { maxCount: 2 });
      const batch = events(5);
      const first = await store.append('a', batch, 'no-stream');
      expect(await store.append('a', batch, 'no-stream')).toEqual(first);
      expect(await store.append('a', batch, 'any')).toEqual(first);
      await expect(store.append('a', [...batch.slice(0, 4), event()], 'no-stream')).rejects.toThrow(WrongExpectedRevision);
    });

    it('knows the streams as they are when an append of the same transaction is refused', async () => {
      const [first, refused, second] = await Promise.allSettled([
        store.append('a', events(2), 'no-stream'), store.append('b', [event()], 5n), store.append('a', [event()], 1n),
      ]);
      expect([first, second].map((each) => each.status === 'fulfilled' && each.value.revision)).toEqual([1n, 2n]);
      expect(refused).toMatchObject({ reason: { name: 'WrongExpectedRevision' } });
      expect((await store.append('a', [event()], 2n)).revision).toBe(3n);
      expect(await all(store.readStream('a'))).toHaveLength(4);
    });

    it('is refused while too many wait, and taken again when they are stored', async () => {
      const appends = Array.from({ length: 5000 }, (_, index) => store.append(`s${index}`, [event()], 'any'));
      const results = await Promise.allSettled(appends);
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).toHaveLength(5000 - 4096);
      expect(refused.every((result) => result.reason instanceof StoreUnavailable)).toBe(true);
      expect(await all(store.readAll())).toHaveLength(4096);
      await store.append('later', [event()], 'no-stream');
    });

    it('is refused while too many bytes wait', async () => {
      const large = event({ text: 'x'.repeat(1_000_000) });
      const results = await Promise.allSettled(Array.from({ length: 100 }, (_, index) => store.append(`s${index}`, [large], 'any')));
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(Math.ceil((64 * 1024 * 1024) / 1_000_030));
    });
  });

  describe('trouble with the disk', () => {
    it('that is full refuses appends as unavailable and stores nothing; all goes on when there is room', async () => {
      await store.append('a', events(2), 'no-stream');
      await db.define('PRAGMA max_page_count = 40');
      const batch = Array.from({ length: 4 }, () => event({ text: 'x'.repeat(100_000) }));
      const [full, small] = await Promise.allSettled([store.append('a', batch, 1n), store.append('b', [event()], 'no-stream')]);
      expect(full).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
      expect(await all(store.readStream('a'))).toHaveLength(2);
      expect(await all(store.readStream('b'))).toHaveLength(small.status === 'fulfilled' ? 1 : 0);
      await db.define('PRAGMA max_page_count = 1000000');
      expect((await store.append('a', batch, 1n)).revision).toBe(5n);
    });

    it('does not end a subscription, which reads on after a pause', async () => {
      await store.append('a', events(3), 'no-stream');
      const pauses: number[] = [];
      const patient: Clock = { now: () => 0, sleep: async (ms) => void pauses.push(ms) };
      let failures = 2;
      const failing = override(db, {
        all: <T extends object>(...args: Parameters<EmbeddedDatabase['all']>): T[] => {
          if (failures > 0 && args[0].includes('FROM events')) {
            failures -= 1;
            throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
          }
          return db.all<T>(...args);
        },
      });
      const shaky = await LibsqlEventStore.on(failing, { clock: patient });
      const seen: bigint[] = [];
      for await (const message of shaky.subscribe({ signal: new AbortController().signal })) {
        if (message.type === 'caught-up') break;
        seen.push(message.event.revision);
      }
      expect(seen).toEqual([0n, 1n, 2n]);
      expect(pauses).toEqual([500, 500]);
      failures = 1;
      await expect(all(shaky.readAll())).rejects.toThrow(StoreUnavailable);
    });
  });

  describe('reading', () => {
    it('holds one page for a subscriber that does not pull', async () => {
      for (let index = 0; index < 20; index += 1) await store.append('a', events(200), 'any');
      let pages = 0;
      const counting = override(db, {
        all: <T extends object>(...args: Parameters<EmbeddedDatabase['all']>): T[] => {
          if (args[0].includes('FROM events')) pages += 1;
          return db.all<T>(...args);
        },
      });
      const counted = await LibsqlEventStore.on(counting, { clock });
      const messages = counted.subscribe({ signal: new AbortController().signal })[Symbol.asyncIterator]();
      await messages.next();
      for (let index = 0; index < 50; index += 1) await counted.append('a', [event()], 'any');
      expect(pages).toBe(1);
      for (let index = 1; index < 4050; index += 1) expect((await messages.next()).value).toMatchObject({ type: 'event' });
      expect((await messages.next()).value).toMatchObject({ type: 'caught-up' });
      expect(pages).toBeLessThan(12);
    });

    it('lets other work run between two pages', async () => {
      for (let index = 0; index < 10; index += 1) await store.append('a', events(500), 'any');
      let turns = 0;
      let reading = true;
      const turn = () => {
        turns += 1;
        if (reading) setImmediate(turn);
      };
      setImmediate(turn);
      expect(await all(store.readAll())).toHaveLength(5000);
      const turnsOfReadAll = turns;
      expect(await all(store.readStream('a'))).toHaveLength(5000);
      reading = false;
      expect(turnsOfReadAll).toBeGreaterThanOrEqual(9);
      expect(turns - turnsOfReadAll).toBeGreaterThanOrEqual(9);
    });

    it.each([['types' as const], ['streamPrefixes' as const]])('finds rare events by %s through an index, however many others there are', async (by) => {
      const filter = by === 'types' ? { types: ['Rare', 'Rarer'] } : { streamPrefixes: ['rare-', 'rarer-'] };
      for (let index = 0; index < 40; index += 1) await store.append(`often-${index}`, events(500), 'any');
      await store.append('rare-1', [{ ...event(), type: 'Rare' }], 'any');
      const sql: string[] = [];
      const watched = override(db, {
        all: <T extends object>(...args: Parameters<EmbeddedDatabase['all']>): T[] => {
          sql.push(args[0]);
          return db.all<T>(...args);
        },
      });
      const read = await all((await LibsqlEventStore.on(watched, { clock })).readAll({ filter }));
      expect(read.map((one) => one.stream)).toEqual(['rare-1']);
      const page = sql.find((text) => text.includes('UNION ALL'));
      const plan = db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${page}`, 0, 1, 1, 'x', 'y').map((row) => row.detail).join('\n');
      expect(plan.match(new RegExp(`events_by_${by === 'types' ? 'type' : 'category'} \\(`, 'g'))).toHaveLength(2);
      expect(plan).not.toContain('SCAN events');
    });

    it('refuses a position of another store, and one that lies ahead', async () => {
      await store.append('a', events(2), 'any');
      await expect(all(store.readAll({ after: 'C:12/P:12' }))).rejects.toThrow('position "C:12/P:12" is not of the embedded event store');
      await expect(all(store.readAll({ after: '0000000000000003' }))).rejects.toThrow('lies after the newest event');
      await expect(all(store.subscribe({ after: '3', signal: new AbortController().signal }))).rejects.toThrow(RangeError);
    });
  });

  describe('what was trimmed or deleted', () => {
    it('is gone from readAll, of long streams too', async () => {
      await store.append('a', events(1), 'any');
      for (let index = 0; index < 4; index += 1) await store.append('long', events(500), 'any');
      await store.setStreamMetadata('long', { maxCount: 3 });
      expect((await all(store.readAll())).map((one) => `${one.stream} ${one.revision}`)).toEqual(['a 0', 'long 1997', 'long 1998', 'long 1999']);
      await store.append('long', events(2), 1999n);
      expect((await all(store.readAll())).map((one) => `${one.stream} ${one.revision}`)).toEqual(['a 0', 'long 1999', 'long 2000', 'long 2001']);
      await store.deleteStream('long');
      expect((await all(store.readAll())).map((one) => one.stream)).toEqual(['a']);
    });

    it('does not give its positions to others, after the store is opened again either', async () => {
      const { position } = await store.append('a', events(3), 'no-stream');
      await store.deleteStream('a');
      await store.close();
      store = await LibsqlEventStore.open(dir, { clock });
      expect(await store.headPosition()).toBe(position);
      expect((await store.append('b', [event()], 'no-stream')).position > position).toBe(true);
    });

    it('counts on, with no event left and no limits any more, after the store is opened again too', async () => {
      await store.append('a', events(3), 'no-stream');
      await store.setStreamMetadata('a', { truncateBefore: 9n });
      await store.append('a', events(2), 2n);
      await store.close();
      store = await LibsqlEventStore.open(dir, { clock });
      expect((await store.append('a', [event()], 4n)).revision).toBe(5n);
      await store.setStreamMetadata('a', {});
      expect(await all(store.readAll())).toEqual([]);
      expect((await store.append('a', [event()], 5n)).revision).toBe(6n);
    });

    it('counts on where a row of the stream is behind its events', async () => {
      await store.setStreamMetadata('a', {});
      await store.append('a', events(3), 'any');
      await store.close();
      store = await LibsqlEventStore.open(dir, { clock });
      expect((await store.append('a', [event()], 2n)).revision).toBe(3n);
      expect((await all(store.readStream('a', { direction: 'backwards' }))).map(({ revision }) => revision)).toEqual([3n, 2n, 1n, 0n]);
    });

    it('may be a stream that never was', async () => {
      await store.deleteStream('never');
      expect((await store.append('never', [event()], 'no-stream')).revision).toBe(0n);
    });

    it.each([
      [{ maxCount: 0 }, 'maxCount of stream a is 0'],
      [{ maxCount: 1.5 }, 'maxCount of stream a is 1.5'],
      [{ truncateBefore: -1n }, 'truncateBefore of stream a is -1'],
    ])('is not by bad metadata %p', async (metadata, message) => {
      await expect(store.setStreamMetadata('a', metadata)).rejects.toThrow(message);
    });
  });
});

function event(data: object = { a: 1 }, metadata: object = {}): EventToAppend {
  return { id: randomUUID(), type: 'Something', data, metadata };
}

function events(count: number): EventToAppend[] {
  return Array.from({ length: count }, () => event());
}

/** The same database but for some methods. */
function override(db: EmbeddedDatabase, methods: Partial<EmbeddedDatabase>): EmbeddedDatabase {
  return Object.assign(Object.create(db) as EmbeddedDatabase, methods);
}
