import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { anyHistory, append, newDir, recovered, rowsAfter, triggered, type ProjectedEvent } from '../../test/support/projection-events.js';
import { systemClock } from '../clock.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { alarms } from './alarms.projection.js';
import { alarmsPerMinute } from './alarms-per-minute.projection.js';
import { ALL_PROJECTIONS } from './all-projections.js';
import { decodeBatch, foldEvents, keyEvents } from './fold-events.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { LiveProjection } from './live-projection.js';
import { ProjectionRunner } from './projection-runner.js';
import type { ProjectionCopy } from './projection-sink.js';
import type { Projection, ProjectionRow } from './projection.js';
import { rebuild } from './rebuild.js';

/** The real event store and sink on one folder, and a runner of its own for each start. */
class Bench {
  private constructor(
    private readonly dir: string,
    readonly store: LibsqlEventStore,
    readonly sink: LibsqlProjectionSink,
  ) {}

  static async open(dir = newDir()): Promise<Bench> {
    return new Bench(dir, await LibsqlEventStore.open(dir, { clock: systemClock }), await LibsqlProjectionSink.open(dir));
  }

  /** As after a power failure: of the log of the read models' file so many bytes have reached the disk. */
  async afterPowerFailure(keptOfLog: (bytes: number) => number): Promise<Bench> {
    const dir = newDir();
    copyFileSync(join(this.dir, 'read-models.db'), join(dir, 'read-models.db'));
    const log = readFileSync(join(this.dir, 'read-models.db-wal'));
    writeFileSync(join(dir, 'read-models.db-wal'), log.subarray(0, keptOfLog(log.length)));
    return new Bench(dir, this.store, await LibsqlProjectionSink.open(dir));
  }

  /** Runs until every read model has every event, or has parked it, then `use`, then stops. */
  async run<T>(use: (runner: ProjectionRunner) => Promise<T>, projections: readonly Projection[] = ALL_PROJECTIONS): Promise<T> {
    const runner = new ProjectionRunner(projections, this.store, this.sink, systemClock, () => undefined);
    await runner.start();
    while ((await runner.status()).some(({ running, lagEvents }) => !running || lagEvents > 0)) await systemClock.sleep(2);
    try {
      return await use(runner);
    } finally {
      await runner.stop();
    }
  }

  rows(projection: Projection): Record<string, ProjectionRow> {
    const { table } = this.sink.liveTable(projection);
    const rows = this.sink.db.all<ProjectionRow & { key: string; position: string }>(`SELECT * FROM ${table}`);
    return Object.fromEntries(rows.map(({ key, position: _position, ...values }): [string, ProjectionRow] => [key, values]));
  }

  async close(): Promise<void> {
    await this.sink.close();
    await this.store.close();
  }

  async reopened(): Promise<Bench> {
    await this.close();
    return Bench.open(this.dir);
  }
}

const alarmsOf = (count: number): ProjectedEvent[] => Array.from({ length: count }, (_, index) => triggered({ alarm: `alarm ${index}`, sensorId: index, second: index }));

/** The alarms per minute, which can't take an alarm of sensor 1 while that is so. */
const disliking = (isSo: () => boolean): Projection => ({
  ...alarmsPerMinute,
  project: (row, event, key) => {
    if (isSo() && event.data.sensorId === 1) throw new Error('sensor 1 is not liked');
    return alarmsPerMinute.project(row as never, event as never, key);
  },
});

/** Counts the events that are read of the store as a whole. */
function countReads(store: LibsqlEventStore): () => number {
  let read = 0;
  const readAll = store.readAll.bind(store);
  store.readAll = async function* (options) {
    for await (const event of readAll(options)) {
      if (options?.limit === undefined) read += 1;
      yield event;
    }
  };
  return () => read;
}

describe('LiveProjection', () => {
  it('never goes back to the copy before a rebuild that was asked for while it was being opened', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(2));
    await bench.run(async () => undefined);
    let answer: () => void = () => undefined;
    const isAnswered = new Promise<void>((resolve) => (answer = resolve));
    let asked = 0;
    // The event store takes long to answer the first question.
    const slow = Object.assign(Object.create(bench.store) as LibsqlEventStore, {
      headPosition: async () => {
        asked += 1;
        if (asked === 1) await isAnswered;
        return bench.store.headPosition();
      },
    });
    const live = new LiveProjection(alarmsPerMinute, slow, bench.sink, systemClock);
    const opening = live.open();
    const rebuilding = rebuild(live, { store: slow, sink: bench.sink, clock: systemClock, signal: new AbortController().signal, onProgress: () => undefined });
    await Promise.race([rebuilding, systemClock.sleep(300)]);
    answer();
    await Promise.all([opening, rebuilding]);
    expect((await live.open())!.id).toBe(((await bench.sink.openLive(alarmsPerMinute as Projection)) as ProjectionCopy).id);
    await bench.close();
  });
});

describe('ProjectionRunner', () => {
  it('has the rows of all events, whenever they came, and the same again rebuilt from zero (P6)', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.nat(), async (events, cut) => {
        let bench = await Bench.open();
        const some = events.slice(0, events.length === 0 ? 0 : cut % events.length);
        for (const event of some) await append(bench.store, [event]);
        await bench.run(async () => undefined);
        bench = await bench.reopened();
        for (const event of events.slice(some.length)) await append(bench.store, [event]);
        await bench.run(async (runner) => {
          for (const projection of ALL_PROJECTIONS) {
            expect(bench.rows(projection)).toEqual(rowsAfter(projection, events));
            expect(await runner.rebuild(projection.name)).toMatchObject({ equal: true });
            expect(bench.rows(projection)).toEqual(rowsAfter(projection, events));
          }
          const { readModels } = await runner.rebuildAll();
          expect(readModels.map(({ name, ...how }) => [name, 'equal' in how && how.equal])).toEqual(ALL_PROJECTIONS.map(({ name }) => [name, true]));
          for (const projection of ALL_PROJECTIONS) expect(bench.rows(projection)).toEqual(rowsAfter(projection, events));
        });
        await bench.close();
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('has the indexes of its read models, those that follow and those that were rebuilt', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(20));
    const indexed = (): number[] =>
      ALL_PROJECTIONS.map((projection) => bench.sink.db.all("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", bench.sink.liveTable(projection).table).length);
    const wanted = ALL_PROJECTIONS.map(({ indexes }) => indexes.length);
    await bench.run(async (runner) => {
      expect(indexed()).toEqual(wanted);
      for (const { name } of ALL_PROJECTIONS) await runner.rebuild(name);
      expect(indexed()).toEqual(wanted);
    });
    await bench.close();
  });

  it('reads a row again in a rebuild only when so many others were written since that it is not remembered', async () => {
    const bench = await Bench.open();
    const opened = alarmsOf(5_400);
    const closed = opened.map((_, index) => recovered({ alarm: `alarm ${index}`, sensorId: index, second: index }));
    // Those at the end are closed at once, those before when they are forgotten.
    for (const events of [opened.slice(0, 2_700), opened.slice(2_700), closed.slice(5_000), closed.slice(0, 400)]) await append(bench.store, events);
    const loads: string[] = [];
    const createCopy = bench.sink.createCopy.bind(bench.sink);
    bench.sink.createCopy = async (projection) => {
      const copy = await createCopy(projection);
      const load = copy.load.bind(copy);
      copy.load = (keys) => {
        loads.push(...keys);
        return load(keys);
      };
      return copy;
    };
    await bench.run(async (runner) => {
      loads.length = 0;
      expect(await runner.rebuild(alarms.name)).toMatchObject({ equal: true, rows: 5_400 });
    });
    // Each once, to see that it is not there; a few hundred of the first ones again.
    expect(loads.length).toBeGreaterThanOrEqual(5_400 + 300);
    expect(loads.length).toBeLessThanOrEqual(5_400 + 400);
    await bench.close();
  }, 60_000);

  it('goes on from whatever a power failure leaves of its file', async () => {
    const bench = await Bench.open();
    // Few enough that the log is not begun anew.
    const events = alarmsOf(8);
    await bench.run(async (runner) => {
      // One after the other, so that each is in a transaction of its own.
      for (const event of events) {
        const position = await append(bench.store, [event]);
        while (runner.projectedTo() !== position) await systemClock.sleep(1);
      }
    });
    const counted = new Set<number>();
    for (const part of [0.999, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7]) {
      const after = await bench.afterPowerFailure((bytes) => Math.floor(bytes * part));
      counted.add(Object.values(after.rows(alarmsPerMinute)).reduce((sum, row) => sum + Number(row['count']), 0));
      await after.run(async () => {
        for (const projection of ALL_PROJECTIONS) expect(after.rows(projection)).toEqual(rowsAfter(projection, events));
      });
      await after.sink.close();
    }
    expect(counted.size).toBeGreaterThan(1);
    await bench.close();
  });

  it('tells by a rebuild that a row was wrong, and mends it', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(3));
    await bench.run(async (runner) => {
      const { table } = bench.sink.liveTable(alarmsPerMinute);
      const spoil = await bench.sink.db.writeStatement(`UPDATE ${table} SET count = count + 1`);
      await bench.sink.db.write(() => spoil.run());
      expect(await runner.rebuild('alarms-per-minute')).toMatchObject({ rows: 1, equal: false });
      expect(await runner.rebuild('alarms-per-minute')).toMatchObject({ rows: 1, equal: true });
      expect(Object.values(bench.rows(alarmsPerMinute))).toEqual([expect.objectContaining({ count: 3 })]);
    });
    await bench.close();
  });

  it('parks an event that a projection can’t take, goes on with the others, and takes it in a rebuild once that is mended', async () => {
    const bench = await Bench.open();
    let isMended = false;
    const broken = disliking(() => !isMended);
    await append(bench.store, alarmsOf(3));
    await bench.run(async (runner) => {
      expect((await runner.status())[0]).toMatchObject({ parked: 1, lagEvents: 0 });
      expect(await runner.parked(broken.name, 10)).toEqual([expect.objectContaining({ stream: 'sensor-1', error: 'sensor 1 is not liked' })]);
      expect(Object.values(bench.rows(broken))).toEqual([expect.objectContaining({ count: 2 })]);
      await expect(runner.rebuild(broken.name)).rejects.toThrow('stopped at event AlarmTriggered');
      isMended = true;
      await runner.rebuild(broken.name);
      expect(Object.values(bench.rows(broken))).toEqual([expect.objectContaining({ count: 3 })]);
      expect((await runner.status())[0]).toMatchObject({ parked: 0 });
    }, [broken]);
    await bench.close();
  });
});

describe('ProjectionRunner.rebuildAll', () => {
  it('reads each event once for all read models', async () => {
    const bench = await Bench.open();
    const opened = alarmsOf(1_200);
    await append(bench.store, [...opened, ...opened.map((_, index) => recovered({ alarm: `alarm ${index}`, sensorId: index, second: index }))]);
    await bench.run(async (runner) => {
      const reads = countReads(bench.store);
      const told: number[] = [];
      const { events, readModels } = await runner.rebuildAll((done, of) => told.push(done / of));
      expect(events).toBe(2_400);
      expect(reads()).toBe(2_400);
      expect(readModels).toContainEqual({ name: 'alarm-map', events: 2_400, rows: 1_200, equal: true });
      expect(readModels).toContainEqual({ name: 'alarms-per-minute', events: 1_200, rows: 20, equal: true });
      expect(told.at(-1)).toBe(1);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    });
    await bench.close();
  });

  it('goes on with the others when one can’t take an event, and says which and why', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(3));
    let isMended = true;
    const broken = disliking(() => !isMended);
    await bench.run(async (runner) => {
      isMended = false;
      const { table } = bench.sink.liveTable(broken);
      const { readModels } = await runner.rebuildAll();
      expect(readModels).toContainEqual({ name: broken.name, problem: expect.stringMatching(/^rebuild of alarms-per-minute stopped at event AlarmTriggered .*: sensor 1 is not liked; mend the projection first$/) });
      expect(readModels).toContainEqual({ name: 'alarms', events: 3, rows: 3, equal: true });
      // It is as it was, its copy is gone, and it can be asked for again.
      expect(bench.sink.liveTable(broken).table).toBe(table);
      expect(bench.sink.db.all('SELECT id FROM projection_copies WHERE is_live = 0')).toEqual([]);
      isMended = true;
      expect(await runner.rebuild(broken.name)).toMatchObject({ equal: true });
    }, [broken, alarms as Projection]);
    await bench.close();
  });

  it('is refused while one of them is rebuilt, and refuses the rebuild of one meanwhile', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(1_200));
    await bench.run(async (runner) => {
      const one = runner.rebuild('alarms');
      await expect(runner.rebuildAll()).rejects.toThrow('projection alarms is being rebuilt; try again when that is done');
      await one;
      const all = runner.rebuildAll();
      await expect(runner.rebuild('alarm-map')).rejects.toThrow('projection alarm-map is being rebuilt');
      await all;
      await runner.rebuild('alarm-map');
    });
    await bench.close();
  });
});

describe('ProjectionRunner.compare', () => {
  it('tells an event that a read model can’t take as a difference, and compares the others', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(3));
    const broken = disliking(() => true);
    await bench.run(async (runner) => {
      const told: string[] = [];
      expect(await runner.compare(() => undefined, (line) => told.push(line))).toEqual([
        { name: broken.name, rows: null, differing: 1 },
        { name: 'alarms', rows: 3, differing: 0 },
      ]);
      expect(told).toEqual([expect.stringMatching(/^rebuild of alarms-per-minute stopped at event AlarmTriggered .*: sensor 1 is not liked/)]);
    }, [broken, alarms as Projection]);
    await bench.close();
  });
});

describe('the first start with many events', () => {
  it('builds all read models together, each event read once, their indexes last', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(1_500));
    const reads = countReads(bench.store);
    const followed: (string | null | undefined)[] = [];
    const subscribe = bench.store.subscribe.bind(bench.store);
    bench.store.subscribe = (options) => {
      followed.push(options.after);
      return subscribe(options);
    };
    const head = await bench.store.headPosition();
    await bench.run(async () => undefined);
    expect(reads()).toBe(1_500);
    // Those that none of the events is for have nothing to build.
    expect(followed.sort()).toEqual(ALL_PROJECTIONS.map(({ handles }) => ((handles as readonly string[]).includes('AlarmTriggered') ? head : null)).sort());
    for (const projection of ALL_PROJECTIONS) expect(bench.rows(projection)).toEqual(rowsAfter(projection, alarmsOf(1_500)));
    await bench.close();
  });

  it('parks an event that a read model can’t take, as one that follows does', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(1_500));
    const broken = disliking(() => true);
    await bench.run(async (runner) => {
      expect(await runner.status()).toMatchObject([{ name: broken.name, parked: 1 }, { name: 'alarms', parked: 0 }]);
    }, [broken, alarms as Projection]);
    await bench.close();
  });
});

describe('foldEvents', () => {
  it('passes over an event that a row has already taken', async () => {
    const bench = await Bench.open();
    await append(bench.store, alarmsOf(2));
    const recorded = [];
    for await (const event of bench.store.readAll()) recorded.push(event);
    const { keyed } = keyEvents(alarmsPerMinute, decodeBatch(recorded));
    const { changed } = foldEvents(alarmsPerMinute, new Map(), keyed);
    expect(changed).toEqual([expect.objectContaining({ values: expect.objectContaining({ count: 2 }) })]);
    expect(foldEvents(alarmsPerMinute, new Map(changed.map((row) => [row.key, row])), keyed).changed).toEqual([]);
    await bench.close();
  });
});
