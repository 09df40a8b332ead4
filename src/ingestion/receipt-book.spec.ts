import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../clock.js';
import type { EventStore } from '../event-store/event-store.js';
import { OutcomeUnknown, StoreUnavailable } from '../event-store/event-store.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { PositionLost, type ResumeRange } from '../message-log/message-log.js';
import { ReceiptBook } from './receipt-book.js';
import { joinReceipts, receiptStream, type Receipt } from './receipt.js';

function receipt(first: number, last: number, more: Partial<Receipt> = {}): Receipt {
  return { log: 'log', topic: 'ENTRY', partition: 0, epoch: 0, first, last, lastAppendedAtMs: 1000 + last, normal: last - first + 1, events: [], ignored: {}, deadLettered: [], skipped: [], remembered: [], ...more };
}

function range(startOffset: number, endOffset: number): ResumeRange {
  return { startOffset, endOffset, firstOffsetAfter: (ms) => Promise.resolve(Math.min(endOffset, ms - 1000)) };
}

async function stored(store: EventStore): Promise<string[]> {
  const ranges: string[] = [];
  for await (const { data } of store.readStream(receiptStream('log', 'ENTRY', 0))) ranges.push(`${(data as Receipt).first}-${(data as Receipt).last}`);
  return ranges;
}

describe('ReceiptBook', () => {
  let store: LibsqlEventStore;
  let nowMs: number;
  const clock: Clock = { now: () => nowMs, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
  beforeEach(async () => {
    store = await LibsqlEventStore.open(mkdtempSync(join(tmpdir(), 'vigia-receipts-')), { clock: systemClock });
    nowMs = 1_000_000;
  });
  afterEach(() => store.close());

  const open = async (over: EventStore = store): Promise<ReceiptBook> => {
    const book = new ReceiptBook(over, 'log', clock);
    await book.open('ENTRY', 0, range(0, 1_000_000));
    return book;
  };

  it('stores a receipt however much there is to remember, with the newest of it', async () => {
    const book = await open();
    const remembered = Array.from({ length: 5000 }, (_, index) => [index, `${index}-`.padEnd(200, '\u706b')] as const);
    await book.add(receipt(0, 4999, { normal: 0, ignored: { 'alarm-open': remembered.map(([index]) => index) }, remembered }));
    const { next, remembered: recalled } = await book.open('ENTRY', 0, range(0, 5000));
    expect(next).toBe(5000);
    expect(recalled.length).toBeGreaterThan(500);
    expect(recalled).toEqual(remembered.slice(-recalled.length));
  });

  it('says what was handled of ENTRY: here, and by others as far as their receipts are stored', async () => {
    const [mine, other] = [await open(), new ReceiptBook(store, 'log', clock)];
    await other.open('ENTRY', 1, range(0, 1_000_000));
    await mine.add(receipt(0, 9));
    await other.add(receipt(0, 4, { partition: 1 }));
    const handled = async (book: ReceiptBook) => {
      await book.lookAtOthers();
      return book.handledReadings();
    };
    const at = (partition: number, offset: number) => ({ log: 'log', topic: 'ENTRY', partition, epoch: 0, offset });
    expect(await handled(mine)).toEqual([at(0, 9)]);
    expect(await handled(other)).toEqual([at(1, 4)]);
    await mine.flush(true);
    await other.flush(true);
    await other.add(receipt(5, 7, { partition: 1 }));
    expect(await handled(mine)).toEqual([at(0, 9), at(1, 4)]);
    expect(await handled(other)).toEqual([at(1, 7), at(0, 9)]);
    await mine.open('ENTRY', 1, range(0, 1_000_000));
    expect(mine.handledReadings()).toEqual([at(0, 9), at(1, 4)]);
  });

  it('joins receipts of normal readings for a second', async () => {
    const book = await open();
    await book.add(receipt(0, 9));
    await book.add(receipt(10, 19));
    expect(await stored(store)).toEqual([]);
    expect(book.next('ENTRY', 0)).toBe(20);
    nowMs += 1000;
    await book.flush();
    expect(await stored(store)).toEqual(['0-19']);
  });

  it('stores at once what must not be met again', async () => {
    const book = await open();
    await book.add(receipt(0, 0));
    await book.add(receipt(1, 1, { normal: 0, ignored: { 'alarm-open': [1] } }));
    expect(await stored(store)).toEqual(['0-1']);
    await book.add(receipt(2, 2, { normal: 0, deadLettered: [2] }));
    expect(await stored(store)).toEqual(['0-1', '2-2']);
  });

  it('goes on after the last stored receipt, and recalls the ids of ignored records', async () => {
    const book = await open();
    await book.add(receipt(0, 1, { normal: 1, ignored: { 'alarm-open': [1] }, remembered: [[7, 'm1']] }));
    await book.add(receipt(2, 3, { normal: 1, ignored: { 'alarm-open': [3] }, remembered: [[7, 'm2']] }));
    const next = new ReceiptBook(store, 'log', clock);
    expect(await next.open('ENTRY', 0, range(0, 4))).toEqual({ next: 4, missing: 0, hasBegunAgain: false, remembered: [[7, 'm1'], [7, 'm2']] });
  });

  it('begins a log that had records before at the first one that is there', async () => {
    expect(await new ReceiptBook(store, 'log', clock).open('ENTRY', 0, range(50, 60))).toMatchObject({ next: 50, missing: 0 });
  });

  it('begins the next epoch when the partition ends before its last receipt, with what was appended after it', async () => {
    const book = await open();
    await book.add(receipt(0, 9, { normal: 9, ignored: { 'alarm-open': [3] } }));
    const next = new ReceiptBook(store, 'log', clock);
    const asked: number[] = [];
    const anew = { startOffset: 0, endOffset: 9, firstOffsetAfter: (ms: number) => Promise.resolve((asked.push(ms), 2)) };
    expect(await next.open('ENTRY', 0, anew)).toMatchObject({ next: 2, missing: 0, hasBegunAgain: true });
    expect(asked).toEqual([1009]);
    expect(next.epoch('ENTRY', 0)).toBe(1);
    await next.add(receipt(2, 4, { epoch: 1, normal: 2, ignored: { late: [4] } }));
    expect(await stored(store)).toEqual(['0-9', '2-4']);
    expect(await new ReceiptBook(store, 'log', clock).open('ENTRY', 0, range(0, 9))).toMatchObject({ next: 5, hasBegunAgain: false });
  });

  it('begins the next epoch also when another, newer record is where its last one was', async () => {
    const book = await open();
    await book.add(receipt(0, 9, { normal: 9, ignored: { 'alarm-open': [3] } }));
    const grown = (at: number | null) => ({ startOffset: 0, endOffset: 30, firstOffsetAfter: () => Promise.resolve(0), appendedAt: (offset: number) => Promise.resolve(offset === 9 ? at : 1) });
    // The same record, one that compaction has taken, one that an older leader's clock gave: none of them tells of another topic.
    for (const at of [1009, null, 1008]) expect(await new ReceiptBook(store, 'log', clock).open('ENTRY', 0, grown(at))).toMatchObject({ next: 10, hasBegunAgain: false });
    const next = new ReceiptBook(store, 'log', clock);
    expect(await next.open('ENTRY', 0, grown(1010))).toMatchObject({ next: 0, missing: 0, hasBegunAgain: true });
    expect(next.epoch('ENTRY', 0)).toBe(1);
  });

  it('tells how many records the log deleted before they were processed, and goes on with the first one left', async () => {
    const book = await open();
    await book.add(receipt(0, 9, { normal: 9, ignored: { late: [3] } }));
    expect(await new ReceiptBook(store, 'log', clock).open('ENTRY', 0, range(25, 60))).toMatchObject({ next: 25, missing: 15, hasBegunAgain: false });
  });

  it('stores what waits when a partition is released, and closes it', async () => {
    const book = await open();
    await book.add(receipt(0, 9));
    await book.release(0);
    expect(await stored(store)).toEqual(['0-9']);
    expect(book.isOpen('ENTRY', 0)).toBe(false);
  });

  it('keeps a receipt that could not be stored, and stores it before later ones', async () => {
    let away = true;
    const book = await open(
      Object.assign(Object.create(store) as EventStore, {
        append: (...args: Parameters<EventStore['append']>) => (away ? Promise.reject(new StoreUnavailable('away')) : store.append(...args)),
      }),
    );
    await expect(book.add(receipt(0, 0, { normal: 0, ignored: { 'alarm-open': [0] } }))).rejects.toThrow('away');
    expect(book.storedThrough()).toEqual([{ topic: 'ENTRY', partition: 0, stored: -1 }]);
    away = false;
    await book.add(receipt(1, 5));
    await book.flush();
    expect(await stored(store)).toEqual(['0-0', '1-5']);
    expect(book.storedThrough()).toEqual([{ topic: 'ENTRY', partition: 0, stored: 5 }]);
  });

  it('repeats an append whose outcome is unknown, and stores it once', async () => {
    let cut = true;
    const book = await open(
      Object.assign(Object.create(store) as EventStore, {
        append: async (...args: Parameters<EventStore['append']>) => {
          const result = await store.append(...args);
          if (cut) {
            cut = false;
            throw new OutcomeUnknown('cut');
          }
          return result;
        },
      }),
    );
    await book.add(receipt(0, 0, { normal: 0, deadLettered: [0] }));
    await book.add(receipt(1, 1, { normal: 0, deadLettered: [1] }));
    expect(await stored(store)).toEqual(['0-0', '1-1']);
  });

  it('can’t write a receipt once another process has', async () => {
    const zombie = await open();
    const owner = await open();
    await owner.add(receipt(0, 5, { normal: 5, ignored: { late: [3] } }));
    await expect(zombie.add(receipt(0, 2, { normal: 2, ignored: { late: [1] } }))).rejects.toThrow(PositionLost);
    expect(await stored(store)).toEqual(['0-5']);
    // Other partitions are not held up by it; this one says so until it is opened anew.
    await zombie.flush(true);
    await zombie.flushPartition(1);
    await expect(zombie.flushPartition(0)).rejects.toThrow(PositionLost);
    expect(() => zombie.requireKept(0)).toThrow(PositionLost);
    expect(() => zombie.requireKept(1)).not.toThrow();
    expect(await zombie.open('ENTRY', 0, range(0, 10))).toMatchObject({ next: 6 });
    await zombie.flushPartition(0);
    expect(() => zombie.requireKept(0)).not.toThrow();
  });

  it('loses nothing when flushes by time and additions run at once', async () => {
    const book = await open();
    const work: Promise<void>[] = [];
    for (let offset = 0; offset < 200; offset += 1) {
      work.push(book.add(receipt(offset, offset, offset % 3 === 0 ? { normal: 0, ignored: { late: [offset] } } : {})));
      nowMs += 400;
      work.push(book.flush());
    }
    await Promise.all(work);
    await book.flush(true);
    const ranges = (await stored(store)).map((range) => range.split('-').map(Number) as [number, number]);
    ranges.forEach(([first], index) => expect(first).toBe(index === 0 ? 0 : (ranges[index - 1] as [number, number])[1] + 1));
    expect(ranges.at(-1)?.[1]).toBe(199);
  });
});

describe('joinReceipts', () => {
  it('adds up', () => {
    expect(joinReceipts(receipt(0, 4, { normal: 3, events: [1], ignored: { late: [2] } }), receipt(5, 9, { normal: 3, events: [6], ignored: { late: [7], duplicate: [] }, remembered: [[1, 'a']] }))).toEqual(
      receipt(0, 9, { normal: 6, events: [1, 6], ignored: { late: [2, 7], duplicate: [] }, remembered: [[1, 'a']] }),
    );
  });
});
