import type { ProjectionCopy, ProjectionSink, ProjectionStep } from '../../src/projections/projection-sink.js';
import type { Projection, StoredRow } from '../../src/projections/projection.js';

/** What a suite needs of an adapter: an empty sink, and the same data opened anew after `close`. */
export interface ProjectionSinkUnderTest {
  open(): Promise<ProjectionSink>;
}

type ExampleRow = { readonly name: string; readonly size: number; readonly note: string | null };

const example: Projection<ExampleRow, 'AlarmTriggered'> = {
  name: 'example-rows',
  version: 1,
  handles: ['AlarmTriggered'],
  columns: { name: 'text', size: 'integer', note: 'text or null' },
  indexes: [['size', 'name']],
  keys: ({ data }) => [data.alarmId],
  project: (_row, { data }) => ({ name: data.alarmId, size: data.sensorId, note: null }),
};
const projection: Projection = example;

const position = (n: number): string => String(n).padStart(16, '0');
const row = (key: string, at: number, size: number, note: string | null = null): StoredRow => ({
  key,
  position: position(at),
  values: { name: `name of ${key}`, size, note },
});
const step = (rows: readonly StoredRow[], checkpoint: number, parked: ProjectionStep['parked'] = []): ProjectionStep => ({ rows, steps: rows, checkpoint: position(checkpoint), parked });
const parkedAt = (at: number) => ({
  position: position(at), stream: 'sensor-7', revision: at, eventId: `event ${at}`, type: 'AlarmTriggered', error: 'bad', parkedAt: '2026-03-01T12:00:00.000Z',
});

/** The behaviour that every adapter of `ProjectionSink` has. Each test gets a sink of its own from `create`. */
export function projectionSinkContract(name: string, create: () => Promise<ProjectionSinkUnderTest>): void {
  describe(`ProjectionSink contract: ${name}`, () => {
    let underTest: ProjectionSinkUnderTest;
    let sink: ProjectionSink;

    beforeEach(async () => {
      underTest = await create();
      sink = await underTest.open();
    });
    afterEach(() => sink.close());

    const reopen = async () => {
      await sink.close();
      sink = await underTest.open();
    };
    const newLive = async () => {
      const copy = await sink.createCopy(projection);
      await sink.makeLive(copy);
      return copy;
    };
    const live = async () => (await sink.openLive(projection)) as ProjectionCopy;
    const rowsOf = async (copy: ProjectionCopy, ...keys: string[]) => [...(await copy.load(keys)).values()].sort((a, b) => (a.key < b.key ? -1 : 1));

    it('has no live copy at first, and an empty one once it is made', async () => {
      expect(await sink.openLive(projection)).toBeNull();
      await newLive();
      expect(await (await live()).checkpoint()).toBeNull();
      expect((await (await live()).summary()).rows).toBe(0);
    });

    it('keeps rows and checkpoint when it is closed and opened again', async () => {
      await (await newLive()).save(step([row('a', 1, 10), row('b', 2, 2 ** 53 - 1, "it's \" a; --\nnote 👩‍👩‍👧")], 5));
      await reopen();
      const copy = await live();
      expect(await copy.checkpoint()).toBe(position(5));
      expect(await rowsOf(copy, 'a', 'b', 'c')).toEqual([row('a', 1, 10), row('b', 2, 2 ** 53 - 1, "it's \" a; --\nnote 👩‍👩‍👧")]);
    });

    it('never overwrites a row by one of an older position', async () => {
      const copy = await newLive();
      await copy.save(step([row('a', 9, 90)], 9));
      await copy.save(step([row('a', 3, 30), row('b', 3, 30)], 3));
      expect(await rowsOf(copy, 'a', 'b')).toEqual([row('a', 9, 90), row('b', 3, 30)]);
      await copy.save(step([row('a', 10, 100)], 10));
      expect(await rowsOf(copy, 'a')).toEqual([row('a', 10, 100)]);
    });

    it('loads thousands of keys at once', async () => {
      const copy = await newLive();
      const rows = Array.from({ length: 2300 }, (_, i) => row(`key ${i}`, i + 1, i));
      await copy.save(step(rows, 2300));
      expect((await copy.load(rows.map(({ key }) => key))).size).toBe(2300);
    });

    it('has the same summary for the same rows, however they came, and another for any other', async () => {
      const rows = Array.from({ length: 1200 }, (_, i) => row(`key ${i}`, i + 1, i));
      const [one, other] = [await sink.createCopy(projection), await sink.createCopy(projection)];
      await one.save(step(rows, 1200));
      for (const part of [rows.slice(600).reverse(), rows.slice(0, 600)]) await other.save(step(part, 1200));
      expect(await one.summary()).toEqual(await other.summary());
      expect((await one.summary()).rows).toBe(1200);
      const summaries = [(await one.summary()).checksum];
      for (const change of [row('key 5', 2000, 5), row('key 5', 2001, 6), row('key 5', 2002, 6, ''), row('new', 1, 1)]) {
        await other.save(step([change], 2002));
        summaries.push((await other.summary()).checksum);
      }
      expect(new Set(summaries).size).toBe(5);
    });

    it('parks an event once, and keeps it', async () => {
      await (await newLive()).save(step([], 4, [parkedAt(3), parkedAt(4)]));
      await (await live()).save(step([], 4, [parkedAt(3)]));
      await reopen();
      expect(await (await live()).countParked()).toBe(2);
      expect(await (await live()).parked(1)).toEqual([parkedAt(3)]);
    });

    it('switches to another copy for every reader at once, and forgets the one before with what it had parked', async () => {
      const before = await newLive();
      await before.save(step([row('a', 1, 1)], 1, [parkedAt(1)]));
      const built = await sink.createCopy(projection);
      await built.save(step([row('b', 2, 2)], 2));
      expect(await rowsOf(await live(), 'a', 'b')).toEqual([row('a', 1, 1)]);
      await sink.makeLive(built);
      expect(await rowsOf(await live(), 'a', 'b')).toEqual([row('b', 2, 2)]);
      expect(await (await live()).countParked()).toBe(0);
      await expect(before.save(step([row('c', 3, 3)], 3))).rejects.toMatchObject({ name: 'ReadModelUnavailable' });
      await reopen();
      expect(await rowsOf(await live(), 'a', 'b')).toEqual([row('b', 2, 2)]);
    });

    it('drops what an unfinished rebuild left, and nothing live', async () => {
      await (await newLive()).save(step([row('a', 1, 1)], 1));
      const left = await sink.createCopy(projection);
      await left.save(step([row('b', 2, 2)], 2));
      await reopen();
      await sink.dropLeftovers();
      expect(await rowsOf(await live(), 'a')).toEqual([row('a', 1, 1)]);
      await expect(left.checkpoint()).rejects.toMatchObject({ name: 'ReadModelUnavailable' });
    });

    it('does not drop the live copy', async () => {
      const copy = await newLive();
      await expect(sink.drop(copy)).rejects.toThrow('live');
      expect(await (await live()).checkpoint()).toBeNull();
    });

    it.each([
      ['another version', { ...projection, version: 2 }],
      ['other columns', { ...projection, columns: { ...projection.columns, more: 'text' as const } }],
      ['other indexes', { ...projection, indexes: [] }],
    ])('calls a copy outdated that was made with %s', async (_what, changed) => {
      await newLive();
      expect(await sink.openLive(changed)).toBe('outdated');
    });

    it('keeps copies of several projections apart', async () => {
      const second = { ...projection, name: 'other-rows' };
      await (await newLive()).save(step([row('a', 1, 1)], 1));
      const other = await sink.createCopy(second);
      await sink.makeLive(other);
      await other.save(step([row('a', 2, 2)], 2));
      expect(await rowsOf(await live(), 'a')).toEqual([row('a', 1, 1)]);
      expect(await rowsOf((await sink.openLive(second)) as ProjectionCopy, 'a')).toEqual([row('a', 2, 2)]);
    });
  });
}

