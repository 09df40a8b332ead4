import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { EventStoreDbDouble } from '../../test/doubles/eventstoredb/eventstoredb-double.js';
import { contents, event, movedContents, openStore, type Kind, type MovingStore } from '../../test/support/moving-stores.js';
import { newDir } from '../../test/support/projection-events.js';
import { systemClock } from '../clock.js';
import { EventTooLarge, MAX_EVENT_BYTES, OutcomeUnknown, StoreUnavailable, type EventStore } from '../event-store/event-store.js';
import { identify } from '../event-store/store-identity.js';
import { exportEvents, type ExportReport } from './export-events.js';
import { ExportFile } from './export-file.js';
import { checkExport, importEvents, type ImportReport } from './import-events.js';

const quiet = () => undefined;
/** Pauses take no time here. */
const clock = { now: () => systemClock.now(), sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };

describe('moving events', () => {
  let dir: string;
  let file: string;
  let opened: MovingStore[];

  beforeEach(() => {
    dir = newDir();
    file = join(dir, 'events.jsonl');
    opened = [];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    await rm(dir, { recursive: true });
  });

  async function open(kind: Kind): Promise<MovingStore> {
    const store = await openStore(kind);
    opened.push(store);
    return store;
  }

  async function exported(store: EventStore, to = file): Promise<ExportReport> {
    const target = await ExportFile.open(to);
    try {
      return await exportEvents(store, target, quiet);
    } finally {
      await target.close();
    }
  }

  async function imported({ store, appendsAtATime }: Pick<MovingStore, 'store' | 'appendsAtATime'>): Promise<ImportReport> {
    return importEvents(await checkExport(file, quiet), store, { clock, appendsAtATime, onProgress: quiet });
  }

  const lines = (): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

  /** Streams in turn, so that the order of all is not that of the streams, with all that JSON may hold. */
  async function fill(store: EventStore): Promise<void> {
    const last = new Map<string, bigint>();
    const append = async (stream: string, ...events: ReturnType<typeof event>[]) => {
      last.set(stream, (await store.append(stream, events, last.get(stream) ?? 'no-stream')).revision);
    };
    for (let round = 0; round < 20; round += 1) {
      for (let sensor = round % 7; sensor < 60; sensor += 7) await append(`sensor-${sensor}`, event({ sensor, round }));
      await append('checkpoint-notifications', event({ position: '7' }, {}, 'CheckpointStored'));
      await append('lease-notify', event({ holder: 'a' }));
      await append('receipts-log-ENTRY-0', event({ round }), event({ round, more: true }), event({ round, most: true }));
      await append(`notification-${round}`, event({ alarmId: round }));
    }
    await append('odd names, Ñ 👩‍👩‍👧 "quoted"', event({}, {}), event([1, 'two', null]));
    await append('texts', event({ text: 'line\nfeed \r\u2028\u2029 \u0000 \ud800 "\\" 👩‍👩‍👧', number: -0.1e-9, big: 2 ** 53 - 1, none: null, yes: true, deep: [[{ a: [] }]] }, { é: 1 }));
    await append('texts', event({ text: 'x'.repeat(MAX_EVENT_BYTES - 1000) }));
  }

  describe.each<[Kind, Kind]>([
    ['embedded', 'embedded'],
    ['embedded', 'EventStoreDB'],
    ['EventStoreDB', 'embedded'],
    ['EventStoreDB', 'EventStoreDB'],
  ])('from %s to %s', (from, to) => {
    it('keeps stream, revision, id, type, data, metadata and the order of all, and leaves checkpoints, leases and the identity', async () => {
      const [source, target] = [await open(from), await open(to)];
      await fill(source.store);
      const sent = await movedContents(source.store);
      expect(await exported(source.store)).toEqual({ events: sent.length, added: sent.length });
      expect(await imported(target)).toEqual({ events: sent.length, stored: sent.length });
      const received = await contents(target.store);
      expect(received.slice(0, sent.length)).toEqual(sent);
      expect(received.slice(sent.length)).toEqual([expect.objectContaining({ stream: 'store-identity' }), expect.objectContaining({ stream: 'store-identity' })]);
      expect(sent.length).toBeGreaterThan(250);
      const { storeId } = await identify(source.store);
      expect((await identify(target.store)).origins).toEqual([{ storeId, through: expect.stringMatching(/^\d+$/) }]);
    });

    it('brings back the same file from the second store, but for what belongs to a store', async () => {
      const [source, target] = [await open(from), await open(to)];
      await fill(source.store);
      await exported(source.store);
      await imported(target);
      const again = join(dir, 'again.jsonl');
      await exported(target.store, again);
      const strip = (name: string) => readFileSync(name, 'utf8').split('\n').slice(1).map((line) => line.replace(/"position":"\d+",|,"crc32":"\w+"/g, ''));
      expect(strip(again)).toEqual(strip(file));
      const { storeId, origins } = await identify(target.store);
      expect(lines()[0]).not.toContain(storeId);
      expect(JSON.parse(readFileSync(again, 'utf8').split('\n')[0] as string)).toMatchObject({ storeId, origins });
    });
  });

  describe('an export', () => {
    it('goes on after whatever an interrupted one has left, byte by byte', async () => {
      const { store } = await open('embedded');
      for (let index = 0; index < 6; index += 1) await store.append(`s${index % 2}`, [event({ index })], 'any');
      await exported(store);
      const whole = readFileSync(file, 'utf8');
      const header = whole.indexOf('\n') + 1;
      for (let bytes = header; bytes < whole.length; bytes += 13) {
        writeFileSync(file, whole.slice(0, bytes));
        await exported(store);
        expect(readFileSync(file, 'utf8')).toBe(whole);
      }
      writeFileSync(file, '');
      await exported(store);
      expect(readFileSync(file, 'utf8')).toBe(whole);
    });

    it('that was complete takes what came since, and changes nothing when nothing came', async () => {
      const [{ store }, target] = [await open('embedded'), await open('embedded')];
      await store.append('a', [event(), event()], 'no-stream');
      await exported(store);
      const before = readFileSync(file, 'utf8');
      expect(await exported(store)).toEqual({ events: 2, added: 0 });
      expect(readFileSync(file, 'utf8')).toBe(before);
      await imported(target);
      await store.append('a', [event(), event()], 1n);
      await store.append('b', [event()], 'no-stream');
      expect(await exported(store)).toEqual({ events: 5, added: 3 });
      expect(await imported(target)).toEqual({ events: 5, stored: 3 });
      expect(await movedContents(target.store)).toEqual(await movedContents(store));
    });

    it('leaves the file of another store, one that is no export, and one that is corrupt as it is', async () => {
      const [one, other] = [await open('embedded'), await open('embedded')];
      await one.store.append('a', [event()], 'no-stream');
      await exported(one.store);
      const before = readFileSync(file, 'utf8');
      await expect(exported(other.store)).rejects.toThrow('an export of another event store');
      expect(readFileSync(file, 'utf8')).toBe(before);
      for (const text of ['my notes', 'my notes\n', '{"a":1}\n', `${before.replace('Something', 'Somethink')}`]) {
        writeFileSync(file, text);
        await expect(exported(one.store)).rejects.toThrow(`${file}:${text.includes('Someth') ? 2 : 1}: `);
        expect(readFileSync(file, 'utf8')).toBe(text);
      }
    });

    it('does not go on in a store that has lost the last event that the file has', async () => {
      const { store } = await open('embedded');
      await store.append('a', [event()], 'no-stream');
      await exported(store);
      await store.deleteStream('a');
      await expect(exported(store)).rejects.toThrow('revision 0 of stream a, is not in the event store');
    });

    it.each<[Kind, string, (moving: MovingStore) => Promise<unknown>]>([
      ['embedded', 'truncateBefore', ({ store }) => store.setStreamMetadata('sensor-9', { truncateBefore: 2n })],
      ['embedded', 'maxCount', ({ store }) => store.setStreamMetadata('sensor-9', { maxCount: 1 })],
      ['EventStoreDB', '$tb', ({ store }) => store.setStreamMetadata('sensor-9', { truncateBefore: 2n })],
      ['EventStoreDB', '$maxCount', ({ store }) => store.setStreamMetadata('sensor-9', { maxCount: 1 })],
      ['EventStoreDB', '$tb, scavenged', async ({ store, double }) => {
        await store.setStreamMetadata('sensor-9', { truncateBefore: 2n });
        double?.log.scavenge();
      }],
      ['EventStoreDB', '$maxAge', async ({ double }) => {
        setMaxAge(double, 'sensor-9', 1);
        await new Promise((resolve) => setTimeout(resolve, 1100));
        double?.log.append('sensor-9', [stored()], 'any');
      }],
      ['EventStoreDB', 'a deletion after which it was begun again', async ({ store }) => {
        await store.deleteStream('sensor-9');
        await store.append('sensor-9', [event()], 'no-stream');
      }],
    ])('from %s is refused by the name of a stream that has lost events by %s', async (kind, _how, truncate) => {
      const moving = await open(kind);
      await moving.store.append('sensor-8', [event()], 'no-stream');
      await moving.store.append('sensor-9', [event(), event(), event()], 'no-stream');
      await truncate(moving);
      await expect(exported(moving.store)).rejects.toThrow('stream sensor-9 is truncated');
      await expect(imported(await open('embedded'))).rejects.toThrow(`${file}:`);
    });

    it('is refused by name for a deleted stream whose events are still among all, and goes without them once they are gone', async () => {
      const { store, double } = await open('EventStoreDB');
      await store.append('a', [event()], 'no-stream');
      await store.append('b', [event()], 'no-stream');
      await store.deleteStream('a');
      await expect(exported(store)).rejects.toThrow('stream a is deleted');
      double?.log.scavenge();
      expect(await exported(store)).toEqual({ events: 1, added: 1 });
    });

    it('takes a stream with limits that have removed nothing', async () => {
      const { store } = await open('EventStoreDB');
      await store.append('a', [event(), event()], 'no-stream');
      await store.setStreamMetadata('a', { maxCount: 2 });
      expect(await exported(store)).toEqual({ events: 2, added: 2 });
    });

    it('looks at the first event of thousands of streams, and the connection holds', async () => {
      const { store } = await open('EventStoreDB');
      for (let from = 0; from < 3000; from += 500) await Promise.all(Array.from({ length: 500 }, (_, index) => store.append(`s${from + index}`, [event()], 'no-stream')));
      expect(await exported(store)).toEqual({ events: 3000, added: 3000 });
    });

    it('names an event that is not JSON', async () => {
      const { store, double } = await open('EventStoreDB');
      double?.log.append('pictures', [{ ...stored(), isJson: false, data: Buffer.from([1, 2]) }], 'any');
      await expect(exported(store)).rejects.toThrow('revision 0 of stream pictures is not JSON');
    });

    it('says how far it is', async () => {
      const { store } = await open('embedded');
      for (let index = 0; index < 30; index += 1) await store.append('a', Array.from({ length: 40 }, () => event()), 'any');
      const told: [number, number, string][] = [];
      const target = await ExportFile.open(file);
      await exportEvents(store, target, (...words) => told.push(words));
      await target.close();
      expect(told.map(([done]) => done)).toEqual([512, 1024, 1200, 1200]);
      expect(told.at(-1)).toEqual([1200, 1200, 'events']);
      expect(Math.abs((told[0]?.[1] ?? 0) - 1200)).toBeLessThan(20);
    });
  });

  describe('an import', () => {
    async function exportOf(events: number): Promise<void> {
      const { store } = await open('embedded');
      for (let index = 0; index < events; index += 1) await store.append(`s${index % 3}`, [event({ index })], 'any');
      await exported(store);
    }

    it('is refused to a store that holds other events, which stays as it was', async () => {
      await exportOf(4);
      const target = await open('embedded');
      await target.store.append('mine', [event()], 'any');
      const before = await contents(target.store);
      await expect(imported(target)).rejects.toThrow(/holds other events: Something \S+ at revision 0 of stream mine stands where .*events.jsonl:2 has Something/);
      expect(await contents(target.store)).toEqual(before);
    });

    it('is refused to a store that has gone on since', async () => {
      await exportOf(4);
      const target = await open('embedded');
      await imported(target);
      expect(await imported(target)).toEqual({ events: 4, stored: 0 });
      await target.store.append('mine', [event()], 'any');
      await expect(imported(target)).rejects.toThrow('revision 0 of stream mine is not in');
    });

    it('tells events apart that differ in nothing but their data', async () => {
      const same = event({ a: 1 });
      const [source, target] = [await open('embedded'), await open('embedded')];
      await source.store.append('a', [same], 'any');
      await target.store.append('a', [{ ...same, data: { a: 2 } }], 'any');
      await exported(source.store);
      await expect(imported(target)).rejects.toThrow('holds other events');
    });

    it('goes on in a store that has nothing but checkpoints of its own', async () => {
      await exportOf(4);
      const target = await open('EventStoreDB');
      await target.store.append('checkpoint-notifications', [event()], 'any');
      await identify(target.store);
      expect(await imported(target)).toEqual({ events: 4, stored: 4 });
    });

    it.each<Kind>(['embedded', 'EventStoreDB'])('that was killed at any append goes on where it was, into %s', async (kind) => {
      await exportOf(12);
      for (const dies of [1, 2, 7, 12]) {
        const target = await open(kind);
        await expect(imported({ ...target, store: failingFrom(target.store, dies, () => new Error('killed')) })).rejects.toThrow('killed');
        const isThere = (await movedContents(target.store)).length;
        expect(isThere).toBe(dies - 1);
        expect(await imported(target)).toEqual({ events: 12, stored: 12 - isThere });
        expect(await movedContents(target.store)).toEqual(await movedContents(opened[0]!.store));
      }
    });

    it('repeats an append that is cut after it was stored, and waits for a store that is away', async () => {
      await exportOf(20);
      const target = await open('EventStoreDB');
      let appends = 0;
      const store = changedAppend(target.store, async (append, ...call) => {
        appends += 1;
        if (appends === 3) target.double!.faults.cutsAfterApplying = 1;
        if (appends === 9) throw new StoreUnavailable('away');
        if (appends === 15) {
          await append(...call);
          throw new OutcomeUnknown('cut');
        }
        return append(...call);
      });
      expect(await imported({ store, appendsAtATime: 1 })).toEqual({ events: 20, stored: 20 });
      expect(await movedContents(target.store)).toEqual(await movedContents(opened[0]!.store));
    });

    it('gives up on a store that stays away, and says what to do', async () => {
      await exportOf(3);
      const target = await open('embedded');
      await expect(imported({ ...target, store: failingFrom(target.store, 2, () => new StoreUnavailable('away')) })).rejects.toThrow('away');
      expect(await imported(target)).toMatchObject({ events: 3 });
    });

    it('is refused while something else writes to the store', async () => {
      await exportOf(9);
      const target = await open('embedded');
      let appends = 0;
      const store = changedAppend(target.store, async (append, ...call) => {
        appends += 1;
        if (appends === 4) await target.store.append('s2', [event()], 'any');
        return append(...call);
      });
      await expect(imported({ store, appendsAtATime: 1 })).rejects.toThrow(/events.jsonl:\d+: stream s2 is at revision/);
    });

    it('notices when events came to stand in another order', async () => {
      await exportOf(9);
      const target = await open('embedded');
      // Delays the first append of each turn behind the others.
      let appends = 0;
      const store = changedAppend(target.store, async (append, ...call) => {
        appends += 1;
        if (appends === 1) await systemClock.sleep(50);
        return append(...call);
      });
      await expect(imported({ store, appendsAtATime: 3 })).rejects.toThrow('holds other events');
    });

    it('names what the store does not take', async () => {
      const source = await open('embedded');
      await source.store.append('a', [event()], 'any');
      await source.store.append('large', [event()], 'any');
      await exported(source.store);
      const target = await open('EventStoreDB');
      const store = changedAppend(target.store, async (append, stream, ...call) => {
        if (stream === 'large') throw new EventTooLarge(stream, 'Something', 1048577);
        return append(stream, ...call);
      });
      await expect(imported({ ...target, store })).rejects.toThrow(`${file}:3: event Something for stream large has 1048577 bytes`);
    });

    it.each<[string, (whole: string) => string, number, string]>([
      ['was cut in a line', (whole) => whole.slice(0, -30), 6, 'was cut'],
      ['was cut behind a line', (whole) => `${whole.split('\n').slice(0, 3).join('\n')}\n`, 4, 'is missing: the export has not come to its end'],
      ['is empty', () => '', 1, 'is missing'],
      ['lacks a line', (whole) => without(whole, 2), 3, 'has event 3, expected 2'],
      ['lacks its last event', (whole) => without(whole, 4), 5, 'ends 4 events, there are 3'],
      ['has a line twice', (whole) => whole.replace(/\n(.*)\n/, '\n$1\n$1\n'), 3, 'has event 1, expected 2'],
      ['has two lines exchanged', (whole) => whole.replace(/\n(.*)\n(.*)\n/, '\n$2\n$1\n'), 2, 'has event 2, expected 1'],
      ['has a changed digit', (whole) => whole.replace('"index":2', '"index":7'), 4, 'is corrupt: its checksum is'],
      ['has a line cut short', (whole) => whole.replace(/"index":1.*/, ''), 3, 'does not end as a line'],
      ['has an empty line', (whole) => whole.replace('\n', '\n\n'), 2, 'does not end as a line'],
      ['goes on behind its end', (whole) => whole + whole, 7, 'stands behind the end'],
      ['has no header', (whole) => without(whole, 0), 1, 'is no header'],
      ['is a list', () => '[1,2]\n', 1, 'does not end as a line'],
      ['has an event without a field', (whole) => withLine(whole, 2, (line) => ({ ...line, stream: undefined })), 3, 'is of no kind'],
      ['is of a later version', (whole) => withLine(whole, 0, (line) => ({ ...line, version: 2 })), 1, 'is of no kind that version 1 of the format has: version'],
    ])('of a file that %s is refused by file and line, and stores nothing', async (_what, spoil, line, problem) => {
      await exportOf(4);
      writeFileSync(file, spoil(readFileSync(file, 'utf8')));
      const target = await open('embedded');
      await expect(imported(target)).rejects.toThrow(`${file}:${line}: ${problem}`);
      expect(await contents(target.store)).toEqual([]);
    });

    it('names a file that is not there, and a folder', async () => {
      const target = await open('embedded');
      await expect(imported(target)).rejects.toThrow(`${file}: ENOENT`);
      file = dir;
      await expect(imported(target)).rejects.toThrow(`${dir}: EISDIR`);
    });

    it('does not take any other large file into memory', async () => {
      writeFileSync(file, '');
      truncateSync(file, 50 * 1024 * 1024);
      await expect(imported(await open('embedded'))).rejects.toThrow(`${file}:1: has more than`);
      appendFileSync(file, '\n');
      await expect(exported(opened[0]!.store)).rejects.toThrow(`${file}:1: has more than`);
    });
  });
});

function without(whole: string, index: number): string {
  return whole.split('\n').filter((_line, at) => at !== index).join('\n');
}

/** The file with one line changed and a checksum that fits. */
function withLine(whole: string, index: number, change: (line: object) => object): string {
  const all = whole.split('\n');
  const { crc32: _old, ...line } = JSON.parse(all[index] as string) as Record<string, unknown>;
  all[index] = encodeAny(change(line));
  return all.join('\n');
}

/** As `encodeLine` would write it, if it could. */
function encodeAny(line: object): string {
  const text = JSON.stringify(line).slice(0, -1);
  return `${text},"crc32":"${crc32(text).toString(16).padStart(8, '0')}"}`;
}

/** An event as the double keeps it. */
function stored() {
  return { id: randomUUID(), type: 'Something', isJson: true, data: Buffer.from('{}'), metadata: Buffer.from('{}') };
}

function setMaxAge(double: EventStoreDbDouble | null, stream: string, seconds: number): void {
  double?.log.append(`$$${stream}`, [{ ...stored(), type: '$metadata', data: Buffer.from(JSON.stringify({ $maxAge: seconds })) }], 'any');
}

type Call = Parameters<EventStore['append']>;

function changedAppend(store: EventStore, change: (append: EventStore['append'], ...call: Call) => ReturnType<EventStore['append']>): EventStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'append') return (...call: Call) => change(target.append.bind(target), ...call);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A store of a process that is killed at its nth append: neither that one nor any later one happens. */
function failingFrom(store: EventStore, nth: number, error: () => Error): EventStore {
  let appends = 0;
  return changedAppend(store, async (append, ...call) => {
    if (!call[0].startsWith('store-')) appends += 1;
    if (appends >= nth) throw error();
    return append(...call);
  });
}
