import { ALARM_TYPES, type AlarmType } from '../alarm-domain/reading.js';
import { append, at, life, mail, recovered, rowsAfter, triggered, uuid } from '../../test/support/projection-events.js';
import { ReadModelsBench } from '../../test/support/read-models-bench.js';
import { AlarmReads } from './alarm-reads.js';
import { alarms } from './alarms.projection.js';
import { shelvedSensors } from './shelved-sensors.projection.js';
import { SensorListReads } from './sensor-list-reads.js';

const a = { alarm: 'a' };
const acknowledged = life('AlarmAcknowledged', { alarmId: uuid('a'), sensorId: 7, alarmType: 'smoke', by: 'ana', hasNote: false }, 50);
const commented = life('AlarmCommented', { alarmId: uuid('a'), sensorId: 7, alarmType: 'smoke', by: 'ana' }, 51);
const shelved = (second: number, until: number) => life('SensorShelved', { sensorId: 7, by: 'ana', reason: 'faulty', until: at(until), hasNote: true }, second);
const unshelved = (second: number, emailsOwed: string[]) => life('SensorUnshelved', { sensorId: 7, cause: 'time', by: null, emailsOwed }, second);
const rowOf = (...events: Parameters<typeof rowsAfter>[1]) => rowsAfter(alarms, events)[uuid('a')];

describe('the list of alarms', () => {
  it('keeps active and acknowledged apart: an alarm stands until it is recovered and acknowledged', () => {
    expect(rowOf(triggered(a))).toMatchObject({ status: 'open', acknowledgedAt: null, isStanding: 1, version: 1 });
    expect(rowOf(triggered(a), recovered(a))).toMatchObject({ status: 'recovered', acknowledgedAt: null, isStanding: 1, version: 2 });
    expect(rowOf(triggered(a), acknowledged)).toMatchObject({ status: 'open', acknowledgedAt: at(50), acknowledgedBy: 'ana', isStanding: 1, version: 2 });
    expect(rowOf(triggered(a), acknowledged, recovered(a))).toMatchObject({ status: 'recovered', acknowledgedBy: 'ana', isStanding: 0 });
    expect(rowOf(triggered(a), recovered(a), acknowledged)).toMatchObject({ status: 'recovered', acknowledgedBy: 'ana', isStanding: 0, version: 3 });
  });

  it('counts comments, which change nothing else', () => {
    const before = rowOf(triggered(a), recovered(a));
    expect(rowOf(triggered(a), recovered(a), commented, commented)).toEqual({ ...before, comments: 2, version: 4 });
  });

  it('says of the e-mail of a shelved sensor’s alarm whether it is held, owed after all, or not sent at all', () => {
    const held = triggered({ ...a, shelvedUntil: at(90) });
    expect(rowOf(held)).toMatchObject({ email: 'held' });
    expect(rowOf(held, unshelved(60, [uuid('a')]))).toMatchObject({ email: 'pending', version: 1 });
    expect(rowOf(held, recovered(a))).toMatchObject({ email: 'withheld' });
    expect(rowOf(held, recovered(a), unshelved(60, []))).toMatchObject({ email: 'withheld' });
    expect(rowOf(held, mail('NotificationRequested', a, {}), mail('NotificationClaimed', a, { attempt: 1, by: 'lost', until: at(50), possibleDuplicate: false }))).toMatchObject({ email: 'held' });
    const sent = mail('NotificationSent', a, { attempt: 1, mailId: '<x@vigia>', possibleDuplicate: false, customer: 'complete' });
    expect(rowOf(held, unshelved(60, [uuid('a')]), sent, recovered(a))).toMatchObject({ email: 'sent' });
  });

  it('finds what stands, by index, with its number, in pages', async () => {
    const bench = await ReadModelsBench.open();
    const reads = new AlarmReads(bench.sink);
    const names = ['open', 'recovered', 'seen', 'seen and recovered'];
    for (const [index, alarm] of names.entries()) await append(bench.store, [triggered({ alarm, sensorId: index, second: index })]);
    for (const sensorId of [1, 3]) await append(bench.store, [recovered({ alarm: names[sensorId]!, sensorId })]);
    for (const sensorId of [2, 3]) {
      await append(bench.store, [life('AlarmAcknowledged', { alarmId: uuid(names[sensorId]!), sensorId, alarmType: 'smoke', by: 'ana', hasNote: false }, 60)]);
    }
    await bench.settle();
    const standing = await reads.list({ status: 'standing', limit: 2 });
    expect({ ids: standing.items.map(({ sensorId }) => sensorId), total: standing.total }).toEqual({ ids: ['2', '1'], total: 3 });
    const rest = await reads.list({ status: 'standing', limit: 2, cursor: standing.next as string });
    expect({ ids: rest.items.map(({ sensorId }) => sensorId), next: rest.next }).toEqual({ ids: ['0'], next: null });
    expect((await reads.list({ status: 'standing', limit: 5, sensorId: 3 })).total).toBe(0);
    expect((await reads.list({ status: 'standing', limit: 5, zone: 'UK' })).total).toBe(0);
    await bench.place([{ sensorId: 1, geohash: 'gcpvj0duq', zone: 'UK' }, { sensorId: 3, geohash: 'gcpvj0duq', zone: 'UK' }]);
    expect((await reads.list({ status: 'standing', limit: 5, zone: 'UK' })).items.map(({ sensorId }) => sensorId)).toEqual(['1']);
    const which = async (filter: object) => {
      const { items, total } = await reads.list({ limit: 5, ...filter });
      expect(total).toBe(items.length);
      return items.map(({ sensorId }) => Number(sensorId));
    };
    expect(await which({ acknowledged: 'no' })).toEqual([1, 0]);
    expect(await which({ acknowledged: 'no', status: 'standing', order: 'oldest' })).toEqual([0, 1]);
    expect(await which({ acknowledged: 'no', status: 'recovered' })).toEqual([1]);
    expect(await which({ acknowledged: 'no', status: 'open' })).toEqual([0]);
    expect(await which({ acknowledged: 'yes', status: 'standing' })).toEqual([2]);
    expect(await which({ acknowledged: 'yes', order: 'oldest' })).toEqual([2, 3]);
    expect(await which({ acknowledged: 'no', zone: 'UK' })).toEqual([1]);
    expect(await which({ email: 'sent' })).toEqual([]);
    expect(await which({ email: 'pending', acknowledged: 'yes' })).toEqual([3, 2]);
    await bench.close();
  });

  it('gives the alarms of some types in the order of all, those of one moment too', async () => {
    const bench = await ReadModelsBench.open();
    const reads = new AlarmReads(bench.sink);
    const events = Array.from({ length: 24 }, (_, sensorId) => triggered({ alarm: `t${sensorId}`, sensorId, second: Math.floor(sensorId / 8), type: ALARM_TYPES[sensorId % 3] as AlarmType }));
    await bench.append(events);
    await bench.settle();
    for (const order of ['newest', 'oldest'] as const) {
      const all = await reads.list({ order, limit: 100 });
      const expected = all.items.filter(({ type }) => type !== 'smoke').map(({ alarmId }) => alarmId);
      const seen: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await reads.list({ types: ['temperature', 'motion'], order, limit: 5, ...(cursor === undefined ? {} : { cursor }) });
        expect(page.total).toBe(16);
        seen.push(...page.items.map(({ alarmId }) => alarmId));
        cursor = page.next;
      }
      expect(seen).toEqual(expected);
    }
    await bench.close();
  });

  it.each([{ zone: 'UK' }, { cell: 'gcp' }, { zone: 'UK', cell: 'g' }])('gives thousands of %j page by page, each once, in either order', async (place) => {
    const bench = await ReadModelsBench.open();
    const reads = new AlarmReads(bench.sink);
    const many = 5200;
    const sensors = Array.from({ length: many }, (_, sensorId) => sensorId);
    // Three in every second, so that pages and slices end within one.
    const events = sensors.map((sensorId) => triggered({ alarm: `m${sensorId}`, sensorId, second: Math.floor(sensorId / 3) }));
    for (let from = 0; from < many; from += 1000) await append(bench.store, events.slice(from, from + 1000));
    await bench.settle();
    await bench.place(sensors.map((sensorId) => (sensorId % 2 === 0 ? { sensorId, geohash: 'gcpvj0duq', zone: 'UK' } : { sensorId, geohash: 'eztz8kqyz', zone: 'Mediterranean' })));
    for (const order of ['newest', 'oldest'] as const) {
      const seen: { at: string; sensorId: number }[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await reads.list({ ...place, acknowledged: 'no', order, limit: 900, ...(cursor === undefined ? {} : { cursor }) });
        expect(page.total).toBe(many / 2);
        seen.push(...page.items.map(({ triggeredAt, sensorId }) => ({ at: triggeredAt, sensorId: Number(sensorId) })));
        cursor = page.next;
      }
      expect(new Set(seen.map(({ sensorId }) => sensorId)).size).toBe(many / 2);
      expect(seen).toHaveLength(many / 2);
      const times = seen.map(({ at: time }) => time);
      expect(times).toEqual(order === 'oldest' ? [...times].sort() : [...times].sort().reverse());
    }
    await bench.close();
  });
});

describe('the list of silent sensors', () => {
  it('has who is silent, since when, the last first', async () => {
    const bench = await ReadModelsBench.open();
    const reads = new SensorListReads(bench.sink);
    for (const sensorId of [1, 2, 3]) await append(bench.store, [life('SensorWentSilent', { sensorId, intervalMs: 60_000, silentForMs: 300_000 + sensorId }, sensorId)]);
    await append(bench.store, [life('SensorReturned', { sensorId: 3 }, 10)]);
    await bench.place([{ sensorId: 2, geohash: 'gcpvj0duq', zone: 'UK' }]);
    await bench.settle();
    const first = reads.silent(1, null);
    expect(first).toEqual({ items: [{ sensorId: '2', since: at(2), intervalMs: 60_000, silentForMs: 300_002, zone: 'UK', geohash: 'gcpvj0duq' }], last: [at(2), 2], total: 2 });
    expect(reads.silent(1, first.last)).toMatchObject({ items: [{ sensorId: '1' }], last: null });
    await bench.close();
  });
});

describe('the list of shelved sensors', () => {
  const row = (...events: Parameters<typeof rowsAfter>[1]) => rowsAfter(shelvedSensors, events)['7'];

  it('says since when, until when, why, by whom, and how many alarms opened meanwhile', () => {
    const first = shelved(10, 90);
    expect(row(first, triggered({ ...a, shelvedUntil: at(90) }), triggered({ alarm: 'b' }))).toEqual({
      sensorId: 7, isShelved: 1, since: at(10), until: at(90), by: 'ana', reason: 'faulty', hasNote: 1, eventId: first.id, alarms: 1, version: 1,
    });
  });

  it('goes on when it is made longer, and begins anew after its end', () => {
    const held = triggered({ ...a, shelvedUntil: at(90) });
    expect(row(shelved(10, 90), held, shelved(20, 120))).toMatchObject({ since: at(10), until: at(120), alarms: 1, version: 2 });
    expect(row(shelved(10, 90), held, unshelved(30, []))).toMatchObject({ isShelved: 0, version: 2 });
    expect(row(shelved(10, 90), held, unshelved(30, []), shelved(40, 99))).toMatchObject({ isShelved: 1, since: at(40), alarms: 0, version: 3 });
  });

  it('is given in pages, and by whose time is over', async () => {
    const bench = await ReadModelsBench.open();
    const reads = new SensorListReads(bench.sink);
    for (const sensorId of [1, 2, 3, 4]) {
      await append(bench.store, [life('SensorShelved', { sensorId, by: 'ana', reason: 'test', until: at(100 - sensorId), hasNote: false }, sensorId < 3 ? 1 : 2)]);
    }
    await append(bench.store, [life('SensorUnshelved', { sensorId: 4, cause: 'operator', by: 'ana', emailsOwed: [] }, 50)]);
    await bench.place([{ sensorId: 2, geohash: 'gcpvj0duq', zone: 'UK' }]);
    await bench.settle();
    const page = reads.shelved(2, null);
    expect(page.items.map(({ sensorId, zone }) => [sensorId, zone])).toEqual([['3', null], ['2', 'UK']]);
    expect({ last: page.last, total: page.total }).toEqual({ last: [at(1), 2], total: 3 });
    expect(reads.shelved(2, page.last)).toMatchObject({ items: [{ sensorId: '1' }], last: null });
    expect(reads.endedBy(at(97), 10)).toEqual([3]);
    expect(reads.endedBy(at(99), 2)).toEqual([3, 2]);
    await bench.close();
  });
});
