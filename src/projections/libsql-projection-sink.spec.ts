import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectionSinkContract } from '../../test/contracts/projection-sink.contract.js';
import { newDir } from '../../test/support/projection-events.js';
import { alarms } from './alarms.projection.js';
import { LibsqlProjectionSink } from './libsql-projection-sink.js';

projectionSinkContract('libsql', async () => {
  const dir = newDir();
  return { open: () => LibsqlProjectionSink.open(dir) };
});

describe('LibsqlProjectionSink', () => {
  it('leaves no table behind of copies that were dropped or replaced', async () => {
    const sink = await LibsqlProjectionSink.open(newDir());
    for (let i = 0; i < 3; i += 1) await sink.makeLive(await sink.createCopy(alarms));
    await sink.drop(await sink.createCopy(alarms));
    await sink.createCopy(alarms);
    await sink.dropLeftovers();
    const { table } = sink.liveTable(alarms);
    expect(sink.db.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'alarms%'")).toEqual([{ name: table }]);
    await sink.close();
  });

  it('says of a read model that was never built, or is being rebuilt with other columns, that it is not available', async () => {
    const sink = await LibsqlProjectionSink.open(newDir());
    expect(() => sink.liveTable(alarms)).toThrow('never built');
    await sink.makeLive(await sink.createCopy(alarms));
    expect(() => sink.liveTable({ ...alarms, columns: {}, indexes: [] })).toThrow('other columns');
    expect(sink.liveTable({ ...alarms, version: 2 }).table).toBe(sink.liveTable(alarms).table);
    await sink.close();
  });

  it('calls a copy outdated that was made from another event store, and knows from which', async () => {
    const dir = newDir();
    const first = await LibsqlProjectionSink.open(dir, 'store-1');
    await first.makeLive(await first.createCopy(alarms));
    await first.close();
    const second = await LibsqlProjectionSink.open(dir, 'store-2');
    expect(await second.openLive(alarms)).toBe('outdated');
    expect([...second.madeFrom]).toEqual(['store-1']);
    await second.makeLive(await second.createCopy(alarms));
    expect([...second.madeFrom]).toEqual(['store-2']);
    expect(await second.openLive(alarms)).toMatchObject({ projection: alarms });
    await second.close();
  });

  it('makes the indexes of a copy when it is prepared, and leaves off when it is told to stop', async () => {
    const sink = await LibsqlProjectionSink.open(newDir());
    const copy = await sink.createCopy(alarms);
    const indexes = (): number => sink.db.all("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'alarms%'").length;
    const stopping = new AbortController();
    const prepared = copy.prepare(stopping.signal);
    stopping.abort(new Error('it is told to stop'));
    await expect(prepared).rejects.toThrow('it is told to stop');
    expect(indexes()).toBe(1);
    await copy.prepare();
    expect(indexes()).toBe(alarms.indexes.length);
    await sink.close();
  });

  it('names a file that is no database', async () => {
    const dir = newDir();
    writeFileSync(join(dir, 'read-models.db'), 'not a database, but long enough to be looked at as the header of one.'.repeat(20));
    await expect(LibsqlProjectionSink.open(dir)).rejects.toThrow(join(dir, 'read-models.db'));
  });
});
